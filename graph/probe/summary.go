package probe

import (
	"fmt"
	"slices"
	"strconv"
)

// Summary is what a record comes to, in a few numbers. It encodes to JSON under
// field names that stay.
type Summary struct {
	Layer string `json:"layer"`
	Steps int    `json:"steps"` // of all rows
	Units int    `json:"units"`

	Activity       float64 `json:"activity"`        // of all units and steps
	LowestActivity float64 `json:"lowest_activity"` // of a unit
	MedianActivity float64 `json:"median_activity"`
	TopActivity    float64 `json:"top_activity"`

	Silent    int `json:"silent"`    // units that never sent an event
	Saturated int `json:"saturated"` // units that sent one at every step

	Intervals      int     `json:"intervals"`       // between two events of a unit
	MedianInterval float64 `json:"median_interval"` // steps
	MeanInterval   float64 `json:"mean_interval"`   // steps

	Passage Passage `json:"passage"`
}

// Summary counts over all pieces.
func (r Record) Summary() Summary {
	units, intervals := r.UnitActivity(), r.Intervals()
	s := Summary{
		Layer:     r.Layer,
		Steps:     r.Steps(),
		Units:     len(r.Units),
		Activity:  r.Activity(),
		Silent:    len(r.Silent()),
		Saturated: len(r.Saturated()),
		Intervals: len(intervals),
		Passage:   r.Passage(),
	}
	if len(units) > 0 {
		s.LowestActivity, s.MedianActivity, s.TopActivity = slices.Min(units), median(units), slices.Max(units)
	}
	if len(intervals) > 0 {
		s.MedianInterval = median(intervals)
		sum := 0
		for _, n := range intervals {
			sum += n
		}
		s.MeanInterval = float64(sum) / float64(len(intervals))
	}
	return s
}

func median[N int | float64](of []N) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	return (float64(sorted[(n-1)/2]) + float64(sorted[n/2])) / 2
}

// Summaries are those of several layers, which notebooks show as a table.
type Summaries []Summary

// Summarize gives the summaries of records.
func Summarize(records ...Record) Summaries {
	all := make(Summaries, len(records))
	for i, r := range records {
		all[i] = r.Summary()
	}
	return all
}

// String is a table in plain text: the activity of all units, and of the least
// active, the median and the most active of them; how many never sent an event or
// did so at every step; the median interval between events in steps; where the
// gradient went. A dash stands for what was not recorded.
func (s Summaries) String() string { return s.table().text() }

// Markdown is the same in Markdown.
func (s Summaries) Markdown() string { return s.table().markdown() }

// Table is the same for pages.
func (s Summaries) Table() Table {
	t := s.table()
	return Table{Caption: "recorded units", Head: t[0], Rows: t[1:]}
}

func (s Summaries) table() table {
	t := table{{
		"layer", "steps", "units", "activity", "units low mid top", "silent", "saturated", "interval",
		"gradient passed", "by events", "cut",
	}}
	for _, r := range s {
		row := []string{r.Layer, strconv.Itoa(r.Steps), strconv.Itoa(r.Units), none, none, none, none, none, none, none, none}
		if r.Steps > 0 {
			row[3] = fmt.Sprintf("%.3f", r.Activity)
			row[4] = fmt.Sprintf("%.2f %.2f %.2f", r.LowestActivity, r.MedianActivity, r.TopActivity)
			row[5], row[6] = strconv.Itoa(r.Silent), strconv.Itoa(r.Saturated)
		}
		if r.Intervals > 0 {
			row[7] = fmt.Sprintf("%.3g", r.MedianInterval)
		}
		if p := r.Passage; p.Units > 0 {
			row[8], row[9], row[10] = inPercent(p.Passed()), inPercent(p.Event), inPercent(p.Cut)
		}
		t = append(t, row)
	}
	return t
}

func inPercent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
