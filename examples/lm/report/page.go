package report

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/probe"
)

// Page puts a run on a page. Parts that the run lacks are left out, with their
// headings. ErrRun is returned for a run that Validate refuses; an event raster
// that cannot be drawn gives probe.ErrFigure.
func Page(r Run) (*probe.Page, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	page := &probe.Page{Title: r.Title, Lead: r.lead()}
	for _, s := range []struct {
		heading string
		blocks  func() ([]probe.Block, error)
	}{
		{"Results", r.results},
		{"Training", r.training},
		{"Activity", r.activity},
		{"Work", r.work},
		{"Thresholds", r.thresholds},
		{"Events", r.events},
		{"Settings", r.settings},
	} {
		blocks, err := s.blocks()
		if err != nil {
			return nil, errors.Wrap(err, s.heading)
		}
		if len(blocks) > 0 {
			page.Sections = append(page.Sections, probe.Section{Heading: s.heading, Blocks: blocks})
		}
	}
	return page, nil
}

// lead is warnings and facts.
func (r Run) lead() []probe.Block {
	var blocks []probe.Block
	if r.Interrupted {
		blocks = append(blocks, probe.Warning("The run was interrupted. The page tells what there was until then."))
	}
	for _, w := range r.Warnings {
		blocks = append(blocks, probe.Warning(w))
	}
	if facts := r.facts(); len(facts) > 0 {
		blocks = append(blocks, facts)
	}
	return blocks
}

func (r Run) facts() probe.Facts {
	const minute = "2006-01-02 15:04 MST"
	var facts probe.Facts
	if c := r.Corpus; c != nil {
		facts = append(facts, probe.Fact{Name: "text", Value: c.Name})
		for _, part := range []struct {
			name   string
			tokens int
		}{{"to train on", c.Train}, {"to validate", c.Valid}, {"to test", c.Test}} {
			if part.tokens > 0 {
				facts = append(facts, probe.Fact{Name: part.name, Value: whole(part.tokens) + " tokens"})
			}
		}
		if c.Vocabulary > 0 {
			facts = append(facts, probe.Fact{Name: "vocabulary", Value: whole(c.Vocabulary) + " words"})
		}
	}
	if !r.Started.IsZero() {
		facts = append(facts, probe.Fact{Name: "started", Value: r.Started.Format(minute)})
	}
	if !r.Finished.IsZero() {
		facts = append(facts, probe.Fact{Name: "finished", Value: r.Finished.Format(minute)})
	}
	if !r.Started.IsZero() && !r.Finished.IsZero() {
		facts = append(facts, probe.Fact{Name: "took", Value: r.Finished.Sub(r.Started).Round(time.Second).String()})
	}
	return append(facts, r.Facts...)
}

func (r Run) settings() ([]probe.Block, error) {
	if len(r.Config) == 0 {
		return nil, nil
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, r.Config, "", "  "); err != nil {
		return nil, errors.Wrap(err, "Config")
	}
	return []probe.Block{probe.Preformatted{Text: pretty.String()}}, nil
}
