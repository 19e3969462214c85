package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// narrow is a listener whose connections buffer little.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(4 << 10)
	}
	return c, err
}

// hasty is a listener whose connections end every read within a time.
type hasty struct {
	net.Listener
	within time.Duration
}

type hastyConnection struct {
	net.Conn
	within time.Duration
}

func (h hasty) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	return hastyConnection{c, h.within}, err
}

func (c hastyConnection) SetReadDeadline(t time.Time) error {
	if most := time.Now().Add(c.within); t.After(most) {
		t = most
	}
	return c.Conn.SetReadDeadline(t)
}

// serving runs Serve until stop is called.
func serving(t *testing.T, s *Server) (addr string, stop func(), ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	ended = make(chan error, 1)
	go func() { ended <- s.Serve(ctx, narrow{l}) }()
	return l.Addr().String(), cancel, ended
}

const endless = `{"tokens": 1000000, "seed": 1, "session": "s"}`

// begun asks for an endless text and reads its first word.
func begun(t *testing.T, addr string) *http.Response {
	t.Helper()
	answer, err := http.Post("http://"+addr+routeGenerate, "application/json", strings.NewReader(endless))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatal(answer.Status, answer.Header)
	}
	return answer
}

func TestShutdownLetsRequestsEndAndTakesNoOthers(t *testing.T) {
	g := newGate()
	s := serverOf(t, func(c *Config) { c.beforeAnswer = g.hold })
	addr, stop, ended := serving(t, s)
	whole := make(chan Done)
	go func() {
		_, done := generated(t, "http://"+addr, `{"tokens": 20, "seed": 1}`)
		whole <- done
	}()
	<-g.entered
	stop()
	eventually(t, "it drains", s.draining.Load)
	eventually(t, "it takes no connection", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	// What comes over a connection that was open before is told.
	h := listening(t, s)
	for _, path := range []string{routeScore, routeGenerate} {
		if status, raw := ask(t, h.URL+path, `{}`); status != 503 || !strings.Contains(raw, "shutting down") {
			t.Errorf("%s while it drains: status %d, %s", path, status, raw)
		}
	}
	if answer, err := http.Get(h.URL + routeHealth); err != nil || answer.StatusCode != 503 {
		t.Errorf("health while it drains: %v, %v", answer, err)
	} else {
		answer.Body.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended before its requests: %v", err)
	default:
	}
	close(g.open)
	if done := <-whole; !done.Done || done.Tokens != 20 {
		t.Errorf("%+v", done)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWhatDoesNotEndInTimeIsCutOffAndTold(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.WriteTokens, c.DrainTime = maxCount, 50*time.Millisecond })
	addr, stop, ended := serving(t, s)
	answer := begun(t, addr)
	stop()
	_, done, problem := linesOf(t, answer.Body)
	if done.Done || !strings.Contains(problem, "shutting down") {
		t.Errorf("%+v, %s", done, problem)
	}
	if err := <-ended; !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), "1 were at work") {
		t.Error(err)
	}
}

func TestAClientThatLeavesFreesItsStream(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.WriteTokens, c.Streams = maxCount, 1 })
	addr, stop, ended := serving(t, s)
	for range 3 {
		answer := begun(t, addr)
		if n := len(s.slots); n != 1 {
			t.Fatalf("%d at work", n)
		}
		answer.Body.Close()
		eventually(t, "the slot is free", func() bool { return len(s.slots) == 0 })
	}
	if n := s.sessions.count(time.Now()); n != 0 {
		t.Errorf("%d sessions of texts that were not read to their end", n)
	}
	url := "http://" + addr
	eventually(t, "they are counted", func() bool {
		return metric(t, url, `egru_requests_total{code="499",route="/v1/generate"}`) == "3"
	})
	scored(t, url, "w1", "")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.WriteTokens, c.Streams, c.WriteTime = maxCount, 1, 200*time.Millisecond })
	addr, stop, ended := serving(t, s)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", routeGenerate, len(endless), endless)
	if _, err := bufio.NewReaderSize(c, 16).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the slot is free", func() bool { return len(s.slots) == 0 })
	if got := metric(t, "http://"+addr, `egru_rejected_total{reason="reader"}`); got != "1" {
		t.Errorf("%q counted as slow readers, want 1", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestALostListenerIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := serverOf(t, nil).Serve(t.Context(), l); err == nil {
		t.Error("no error")
	}
}

// The time of the body would be mistaken for the client's leaving.
func TestTheTimeToReadABodyEndsWithTheBody(t *testing.T) {
	const within = 500 * time.Millisecond
	s := serverOf(t, func(c *Config) { c.beforeAnswer = func(string) { time.Sleep(2 * within) } })
	h := httptest.NewUnstartedServer(s.Handler())
	h.Listener = hasty{h.Listener, within}
	h.Start()
	t.Cleanup(h.Close)
	if ws, _ := generated(t, h.URL, `{"tokens": 5, "seed": 1}`); len(ws) != 5 {
		t.Errorf("%d words, want 5", len(ws))
	}
	// It is such a listener: a body that does not come is given up.
	p := dialed(t, h.Listener.Addr().String())
	p.send("POST", routeScore, "application/json", 100, "{")
	if answer, raw := p.answer(t); answer.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, %s", answer.StatusCode, raw)
	}
}
