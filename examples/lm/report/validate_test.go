package report

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestARunMustNotContradictItself(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Run)
		want  []string
	}{
		{"no title", func(r *Run) { r.Title = " " }, []string{"Title is empty"}},
		{"times", func(r *Run) { r.Finished = r.Started.Add(-time.Second) }, []string{"Finished is 2025-03-03 09:29:59 +0000 UTC, before Started"}},
		{"config", func(r *Run) { r.Config = json.RawMessage("{") }, []string{"Config is no JSON"}},
		{"empty config", func(r *Run) { r.Config = json.RawMessage{} }, []string{"Config is no JSON"}},
		{"no name", func(r *Run) { r.Models[1].Name = "" }, []string{"model 1 has no name"}},
		{"names", func(r *Run) { r.Models[1].Name = "egru" }, []string{`model 1 has the name of another, "egru"`}},
		{"baseline", func(r *Run) { r.Baselines[1].Name = "" }, []string{"baseline 1 has no name"}},
		{"published", func(r *Run) { r.Published[0].Name = "" }, []string{"published result 0 has no name"}},
		{"epochs", func(r *Run) { r.Models[0].Epochs[2].Number = 2 }, []string{`model "egru": epoch 2 comes after epoch 2`}},
		{"layers", func(r *Run) { r.Models[0].Epochs[0].Layers[1].Name = "rnn.0" }, []string{`model "egru", epoch 1: two layers have the name "rnn.0"`}},
		{"layer", func(r *Run) { r.Models[0].Epochs[0].Layers[1].Name = "" }, []string{`model "egru", epoch 1: a layer has no name`}},
		{"losses", func(r *Run) { r.Models[0].Curve.Loss = []float64{1} }, []string{`model "egru": Curve has 1 losses, want 360`}},
		{"activities", func(r *Run) { r.Models[0].Curve.Activity = []float64{} }, []string{`model "egru": Curve has 0 activities, want 360`}},
		{"windows", func(r *Run) { r.Models[0].Curve.Epochs[3] = math.NaN() }, []string{`model "egru": window 3 of Curve is at epoch NaN`}},
		{"thresholds", func(r *Run) { r.Models[0].Thresholds[1].Values = nil }, []string{`model "egru": there are no thresholds of "rnn.1"`}},
		{"several at once", func(r *Run) { r.Title = ""; r.Models[1].Name = ""; r.Config = json.RawMessage("nil") }, []string{"Title is empty; ", "model 1 has no name", "Config is no JSON; "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := exampleRun(t)
			c.spoil(&r)
			page, err := Page(r)
			if page != nil || !errors.Is(err, ErrRun) {
				t.Fatalf("page %v, error %v; want none and %v", page, err, ErrRun)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %s", err, want)
				}
			}
		})
	}
}
