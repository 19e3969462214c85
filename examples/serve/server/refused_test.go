package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// peer is a connection that a test writes to and reads from by hand.
type peer struct {
	net.Conn
	answers *bufio.Reader
}

func dialed(t *testing.T, addr string) *peer {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	// Far less than a request may take: what waits for that fails here.
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &peer{c, bufio.NewReader(c)}
}

// send sends the head of a request whose body is to have so many bytes, and what
// there is of it.
func (p *peer) send(method, path, kind string, length int, body string) {
	fmt.Fprintf(p, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", method, path, kind, length, body)
}

// answer reads one whole.
func (p *peer) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	answer, err := http.ReadResponse(p.answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(raw)
}

func TestWhatIsRefusedByItsHeadersIsAnsweredBeforeItsBodyComes(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.BodyBytes = 200 })
	h := listening(t, s)
	for _, c := range []struct {
		method, path, kind string
		length, status     int
		says               string
	}{
		{"POST", routeScore, "application/json", 201, 413, "more than 200 bytes"},
		{"POST", routeGenerate, "application/json", 1 << 40, 413, "more than 200 bytes"},
		{"POST", routeScore, "text/plain", 100, 415, "want application/json"},
		{"PUT", routeScore, "application/json", 100, 405, "want POST"},
		{"POST", "/v1/scores", "application/json", 100, 404, "nothing at"},
	} {
		p := dialed(t, h.Listener.Addr().String())
		p.send(c.method, c.path, c.kind, c.length, `{"text"`)
		answer, raw := p.answer(t)
		if answer.StatusCode != c.status || !strings.Contains(raw, c.says) || !answer.Close {
			t.Errorf("%s %s of %d bytes: status %d, closes %v, %s; want %d, %q", c.method, c.path, c.length, answer.StatusCode, answer.Close, raw, c.status, c.says)
		}
		if _, err := p.answers.ReadByte(); err != io.EOF {
			t.Errorf("%s %s: then %v, want the connection closed", c.method, c.path, err)
		}
	}
}

func TestAConnectionGoesOnAfterAnErrorWhoseBodyWasRead(t *testing.T) {
	h := listening(t, serverOf(t, nil))
	p := dialed(t, h.Listener.Addr().String())
	for range 2 {
		p.send("POST", routeScore, "application/json", 2, "{}")
		if answer, raw := p.answer(t); answer.StatusCode != 400 || answer.Close {
			t.Errorf("status %d, closes %v, %s", answer.StatusCode, answer.Close, raw)
		}
	}
	p.send("GET", "/nowhere", "", 0, "")
	if answer, raw := p.answer(t); answer.StatusCode != 404 || answer.Close {
		t.Errorf("status %d, closes %v, %s", answer.StatusCode, answer.Close, raw)
	}
}

// To net/http a client that will send no more has gone. If it still reads, it must
// not take that for an answer.
func TestAClientThatEndsItsSideIsNotToldThatAllWentWell(t *testing.T) {
	s := serverOf(t, func(c *Config) { c.beforeAnswer = func(string) { time.Sleep(100 * time.Millisecond) } })
	h := listening(t, s)
	for _, length := range []int{14, 100} { // whole and half sent
		p := dialed(t, h.Listener.Addr().String())
		p.send("POST", routeScore, "application/json", length, `{"text": "w1"}`)
		if err := p.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, raw := p.answer(t); answer.StatusCode != statusGone || !strings.Contains(raw, `"error"`) {
			t.Errorf("%d bytes: status %d, %q", length, answer.StatusCode, raw)
		}
	}
	if got := metric(t, h.URL, `egru_requests_total{code="499",route="/v1/score"}`); got != "2" {
		t.Errorf("%q counted as gone, want 2", got)
	}
}
