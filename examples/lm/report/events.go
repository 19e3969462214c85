package report

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/probe"
)

// events are a raster for each model that has one.
func (r Run) events() ([]probe.Block, error) {
	var blocks []probe.Block
	for _, m := range r.Models {
		if m.Raster == nil {
			continue
		}
		raster := *m.Raster
		if raster.Title == "" {
			raster.Title = "Events of " + m.Name
		}
		f, err := raster.Figure()
		if err != nil {
			return nil, errors.Wrapf(err, "model %q", m.Name)
		}
		var said []string
		for _, l := range raster.Layers {
			said = append(said, fmt.Sprintf("%s with activity %s", l.Name, percent(l.Activity())))
		}
		blocks = append(blocks, probe.Picture{
			Figure:  f,
			Caption: "The units of " + m.Name + " reading a text: a mark is an event.",
			Alt:     fmt.Sprintf("Event raster of %s: %s.", m.Name, strings.Join(said, ", ")),
		})
	}
	return blocks, nil
}
