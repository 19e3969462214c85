package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/egru/egru/examples/serve/server"
)

// client asks one server.
type client struct {
	http *http.Client
	url  string
}

func newClient(url string, connections int) *client {
	return &client{
		http: &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections}},
		url:  strings.TrimRight(url, "/"),
	}
}

// refused is an answer other than 200.
type refused struct {
	status int
	says   string
}

func (r refused) Error() string { return fmt.Sprintf("status %d: %s", r.status, r.says) }

func (c *client) post(ctx context.Context, path string, q any) (*http.Response, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		says, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		return nil, refused{answer.StatusCode, strings.TrimSpace(string(says))}
	}
	return answer, nil
}

// score has to come whole.
func (c *client) score(ctx context.Context, q server.ScoreRequest) (server.Score, error) {
	var s server.Score
	answer, err := c.post(ctx, "/v1/score", q)
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		return s, err
	}
	if len(s.Words) != s.Tokens || s.Tokens == 0 {
		return s, fmt.Errorf("%d words of %d", len(s.Words), s.Tokens)
	}
	return s, nil
}

// generate reads to the last line, which has to be there. If the client is to
// leave, it reads one word, and the answer is none.
func (c *client) generate(ctx context.Context, q server.GenerateRequest, leave bool) ([]server.Word, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, err := c.post(ctx, "/v1/generate", q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var words []server.Word
	for lines := bufio.NewReader(answer.Body); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("after %d words: %w", len(words), err)
		}
		if leave {
			return nil, nil
		}
		var l struct {
			server.Done
			Error string `json:"error"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, err
		}
		switch {
		case l.Error != "":
			return nil, fmt.Errorf("after %d words: %s", len(words), l.Error)
		case l.Done.Done && (len(words) != q.Tokens || l.Tokens != q.Tokens):
			return nil, fmt.Errorf("done after %d words, and tells of %d, want %d", len(words), l.Tokens, q.Tokens)
		case l.Done.Done:
			return words, nil
		}
		var w server.Word
		if err := json.Unmarshal(line, &w); err != nil {
			return nil, err
		}
		words = append(words, w)
	}
}

// metric reads one number of the server's metrics.
func (c *client) metric(ctx context.Context, names ...string) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	found := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		for _, n := range names {
			if v, err := strconv.ParseFloat(value, 64); n == name && err == nil {
				found[n] = v
			}
		}
	}
	for _, n := range names {
		if _, ok := found[n]; !ok {
			return nil, fmt.Errorf("the server's metrics have no %s", n)
		}
	}
	return found, nil
}
