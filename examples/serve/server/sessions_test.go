package server

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/egru/egru/graph/stream"
)

func TestASessionGoesOnWhereItEnded(t *testing.T) {
	h := listening(t, serverOf(t, nil))
	whole := scored(t, h.URL, "w1 w2 w3 w4", "")
	parts := scored(t, h.URL, "w1 w2", "a").Words
	scored(t, h.URL, "w9 w9 w9", "b") // another session is nothing to it
	scored(t, h.URL, "w9", "")
	parts = append(parts, scored(t, h.URL, "w3 w4", "a").Words...)
	if !slices.Equal(parts, whole.Words) {
		t.Errorf("in two %v, in one %v", parts, whole.Words)
	}
	// The likeliest words do not depend on where the text is cut.
	all, _ := generated(t, h.URL, `{"prompt": "w1", "tokens": 8, "seed": 1, "top_k": 1}`)
	first, _ := generated(t, h.URL, `{"prompt": "w1", "tokens": 3, "seed": 1, "top_k": 1, "session": "c"}`)
	then, _ := generated(t, h.URL, `{"tokens": 5, "seed": 1, "top_k": 1, "session": "c"}`)
	if got := append(first, then...); !slices.Equal(got, all) {
		t.Errorf("in two %v, in one %v", got, all)
	}
}

func TestABusySessionIsRefusedAndAFailureLeavesItAsItWas(t *testing.T) {
	var hook func(string)
	s := serverOf(t, func(c *Config) {
		c.beforeAnswer = func(r string) {
			if hook != nil {
				hook(r)
			}
		}
	})
	h := listening(t, s)
	whole := scored(t, h.URL, "w1 w2", "").Words
	scored(t, h.URL, "w1", "s")
	hook = func(string) { panic("once") }
	if status, _ := ask(t, h.URL+routeScore, `{"text": "w7 w8", "session": "s"}`); status != 500 {
		t.Fatal(status)
	}
	g := newGate()
	hook = g.hold
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if got := scored(t, h.URL, "w2", "s").Words; !slices.Equal(got, whole[1:]) {
			t.Errorf("after a failure %v, want %v", got, whole[1:])
		}
	}()
	<-g.entered
	if status, raw := ask(t, h.URL+routeScore, `{"text": "w1", "session": "s"}`); status != 409 {
		t.Errorf("status %d, %s", status, raw)
	}
	close(g.open)
	<-ended
	if n := len(s.slots); n != 0 {
		t.Errorf("%d slots taken", n)
	}
}

func TestOldSessionsAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	s := serverOf(t, func(c *Config) {
		c.Streams, c.Sessions, c.SessionTime = 1, 3, time.Minute
		c.now = func() time.Time { return now }
	})
	h := listening(t, s)
	fresh, second := scored(t, h.URL, "w1 w1", "").Words[:1], scored(t, h.URL, "w1 w1", "").Words[1:]
	remembers := func(id string) bool {
		t.Helper()
		switch got := scored(t, h.URL, "w1", id).Words; {
		case slices.Equal(got, fresh):
			return false
		case slices.Equal(got, second):
			return true
		default:
			t.Fatalf("%s: %v", id, got)
			return false
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		remembers(id)
		now = now.Add(time.Second)
	}
	if !remembers("a") { // a is now the last used, b the first to go
		t.Error("a was forgotten")
	}
	remembers("d")
	if remembers("b") {
		t.Error("b was kept, though d needed its place")
	}
	now = now.Add(59 * time.Second)
	if n := s.sessions.count(now); n != 3 {
		t.Errorf("%d sessions, want 3", n)
	}
	now = now.Add(time.Second)
	if n := s.sessions.count(now); n != 0 || remembers("d") {
		t.Errorf("%d sessions after their time", n)
	}
}

func TestSessionsInUseAreNeverForgotten(t *testing.T) {
	ss := newSessions(2, time.Minute)
	now := time.Unix(0, 0)
	a, err := ss.take("a", now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 { // first there is no room for others, then their time is over
		now = now.Add(time.Second + time.Duration(i/5)*time.Hour)
		b, err := ss.take(fmt.Sprint(i), now)
		if err != nil {
			t.Fatal(err)
		}
		ss.release(b, stream.State{Layers: make([]stream.LayerState, 1)}, now)
		if len(ss.by) != 2 || ss.by["a"] != a {
			t.Fatalf("after %d others: %d sessions", i, len(ss.by))
		}
	}
	now = now.Add(time.Hour)
	if n := ss.count(now); n != 1 {
		t.Errorf("%d sessions, want the one in use", n)
	}
	if _, err := ss.take("a", now); err == nil {
		t.Error("a was given to two")
	}
	ss.release(a, a.state, now)
	if len(ss.by) != 0 || ss.order.Len() != 0 {
		t.Errorf("%d and %d left of sessions that never had a state", len(ss.by), ss.order.Len())
	}
}
