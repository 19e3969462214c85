package probe

import "github.com/pkg/errors"

// Passage says where the gradient of a layer went: what share of its units and
// steps passed it through an event, through a surrogate that is not 0 without an
// event, or cut it. The shares sum up to 1, if there was a backward pass.
type Passage struct {
	Units     int     `json:"units"`     // times steps with a backward pass
	Event     float64 `json:"event"`     // share
	Surrogate float64 `json:"surrogate"` // share
	Cut       float64 `json:"cut"`       // share
}

// Passed is the share that a gradient could pass.
func (p Passage) Passed() float64 { return p.Event + p.Surrogate }

// Passage counts over all pieces.
func (r Record) Passage() Passage {
	var event, alone, cut int
	for _, p := range r.Pieces {
		for t, units := range p.Events {
			for i, e := range units {
				switch passed, known := p.Passed(t, i); {
				case !known:
				case e:
					event++
				case passed:
					alone++
				default:
					cut++
				}
			}
		}
	}
	all := event + alone + cut
	return Passage{all, share(event, all), share(alone, all), share(cut, all)}
}

// PassageBars describes a figure of where the gradients of layers went. Layers
// without a backward pass are left out; if none had any it gives ErrRecord.
func PassageBars(records ...Record) (Bars, error) {
	const percent = 100
	p := BarPanel{Series: []BarSeries{{Name: "passed by an event"}, {Name: "passed by the surrogate alone"}, {Name: "cut"}}}
	for _, r := range records {
		of := r.Passage()
		if of.Units == 0 {
			continue
		}
		p.Groups = append(p.Groups, r.Layer)
		for i, v := range []float64{of.Event, of.Surrogate, of.Cut} {
			p.Series[i].Values = append(p.Series[i].Values, percent*v)
		}
	}
	if p.Groups == nil {
		return Bars{}, errors.Wrap(ErrRecord, "passage: no backward pass was recorded")
	}
	return Bars{Title: "Where the gradient went", XLabel: "share of units and steps (%)", Panels: []BarPanel{p}}, nil
}
