package server

import (
	"container/list"
	"sync"
	"time"

	"github.com/egru/egru/graph/stream"
)

// sessions keeps states by id. Those in use stay; of the others the one that was
// not used for longest makes room.
type sessions struct {
	most int
	keep time.Duration

	mu    sync.Mutex
	by    map[string]*session
	order *list.List // of *session; the last used in front
}

type session struct {
	id    string
	state stream.State // no layers: the text has not begun
	busy  bool
	used  time.Time
	at    *list.Element
}

func newSessions(most int, keep time.Duration) *sessions {
	return &sessions{most: most, keep: keep, by: map[string]*session{}, order: list.New()}
}

// take gives the state of a session to one request alone, until release.
func (ss *sessions) take(id string, now time.Time) (*session, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.expire(now)
	s := ss.by[id]
	switch {
	case s == nil:
		ss.makeRoom()
		s = &session{id: id}
		s.at = ss.order.PushFront(s)
		ss.by[id] = s
	case s.busy:
		return nil, errBusySession
	}
	s.busy = true
	return s, nil
}

// release ends the use of a session. A state with layers is kept; one without
// leaves the session as it was, and forgets it if it had none.
func (ss *sessions) release(s *session, state stream.State, now time.Time) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s.busy, s.used = false, now
	if len(state.Layers) > 0 {
		s.state = state
	}
	if len(s.state.Layers) == 0 {
		ss.remove(s)
		return
	}
	ss.order.MoveToFront(s.at)
}

func (ss *sessions) remove(s *session) {
	ss.order.Remove(s.at)
	delete(ss.by, s.id)
}

// expire forgets those whose time is over. They stand in the order of their last
// use; those in use do wherever they were before.
func (ss *sessions) expire(now time.Time) {
	for e := ss.order.Back(); e != nil; {
		s, before := e.Value.(*session), e.Prev()
		if !s.busy {
			if now.Sub(s.used) < ss.keep {
				return
			}
			ss.remove(s)
		}
		e = before
	}
}

// makeRoom for one more. As many as may be at work are fewer than there is room
// for, so that one is found.
func (ss *sessions) makeRoom() {
	for e := ss.order.Back(); e != nil && len(ss.by) >= ss.most; {
		s, before := e.Value.(*session), e.Prev()
		if !s.busy {
			ss.remove(s)
		}
		e = before
	}
}

func (ss *sessions) count(now time.Time) int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.expire(now)
	return len(ss.by)
}
