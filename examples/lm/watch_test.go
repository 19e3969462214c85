package main

import (
	"context"
	"strings"
	"testing"
)

func TestWhatLooksWrongIsSaidOnce(t *testing.T) {
	p := &progress{Cell: "egru", Warned: map[string]bool{}}
	e := epochResult{Epoch: 2, Clipped: 1, Layers: []layerActivity{
		{Name: "rnn.0", Activity: 0.0001}, {Name: "rnn.1", Activity: 0.2}, {Name: "rnn.2", Activity: 1},
	}}
	said := watch(p, e)
	for i, want := range []string{"rnn.0 has fallen silent", "rnn.2 sends events at every step", "every window were clipped"} {
		if i >= len(said) || !strings.Contains(said[i], want) || !strings.HasPrefix(said[i], "epoch 2: ") {
			t.Fatalf("said %q, want %q", said, want)
		}
	}
	if again := watch(p, e); len(said) != 3 || len(again) != 0 {
		t.Errorf("said %q, and then %q", said, again)
	}
	quiet := epochResult{Clipped: 0.9, Layers: []layerActivity{{Name: "rnn.0", Activity: 0.2}}}
	if said := watch(&progress{Cell: "egru", Warned: map[string]bool{}}, quiet); said != nil {
		t.Errorf("said %q of an epoch as it should be", said)
	}
	dense := epochResult{Layers: []layerActivity{{Name: "rnn.0", Activity: 1}}}
	if said := watch(&progress{Cell: "gru", Warned: map[string]bool{}}, dense); said != nil {
		t.Errorf("said %q of a GRU, whose units always speak", said)
	}
}

func TestALossThatIsNoNumberStopsAndKeepsTheLastGoodCheckpoint(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-words", "10000", "-hidden", "8", "-batch", "20", "-cell", "egru", "-epochs", "2", "-checkpoint", "1ns", "-lr", "1e30", "-clip", "1e30", "-out", dir}
	status, _, errs := runLM(t, context.Background(), args...)
	if status != exitFailure || !strings.Contains(errs, "window") || !strings.Contains(errs, "last good checkpoint is "+dir) {
		t.Errorf("status %d: %s", status, errs)
	}
}
