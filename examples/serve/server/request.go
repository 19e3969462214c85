package server

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
)

// ScoreRequest is the body of /v1/score. The answer is a Score.
type ScoreRequest struct {
	Text    string `json:"text"`              // at least one word
	Session string `json:"session,omitempty"` // 1 to 64 letters, digits, . _ and -; none: a text of its own
}

// GenerateRequest is the body of /v1/generate. The answer is a line of JSON for
// each word, a Word, and one at the end, a Done: application/x-ndjson. The same
// request after the same text gives the same words.
type GenerateRequest struct {
	Prompt      string   `json:"prompt,omitempty"`      // what is read first; may be empty
	Tokens      int      `json:"tokens"`                // words to write, at least 1
	Seed        *uint64  `json:"seed"`                  // of the words drawn; must be given
	Temperature *float64 `json:"temperature,omitempty"` // logits are divided by it; above 0, at most 1000, default 1
	TopK        int      `json:"top_k,omitempty"`       // only the likeliest words; 0, the default, for all
	Session     string   `json:"session,omitempty"`     // as of a ScoreRequest
}

const (
	maxTemperature = 1000
	minTemperature = 1e-6 // below it no logits differ by little enough to matter
)

var sessionID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func checkSession(id string) error {
	if id != "" && !sessionID.MatchString(id) {
		return bad("session is %.80q, want 1 to 64 letters, digits, ., _ and -", id)
	}
	return nil
}

func (r ScoreRequest) validate() error {
	if strings.TrimSpace(r.Text) == "" && !strings.Contains(r.Text, "\n") {
		return bad("text has no words, want at least 1")
	}
	return checkSession(r.Session)
}

func (r GenerateRequest) validate(most int) error {
	switch {
	case r.Seed == nil:
		return bad("seed is missing: words are drawn by it, want 0 to %d", uint64(math.MaxUint64))
	case r.Tokens == 0:
		return bad("tokens is missing or 0, want 1 to %d", most)
	case r.Tokens < 1 || r.Tokens > most:
		return bad("tokens is %d, want 1 to %d", r.Tokens, most)
	case r.Temperature != nil && !(*r.Temperature >= minTemperature && *r.Temperature <= maxTemperature):
		return bad("temperature is %v, want %v to %v", *r.Temperature, minTemperature, maxTemperature)
	case r.TopK < 0:
		return bad("top_k is %d, want at least 0", r.TopK)
	}
	return checkSession(r.Session)
}

// decode reads the body of a request: one JSON object, of known fields alone, each
// at most once.
func decode(body io.Reader, into any) error {
	raw, err := io.ReadAll(body)
	var more *http.MaxBytesError
	switch {
	case errors.As(err, &more):
		return tooLarge(more.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return failure{http.StatusRequestTimeout, errors.New("the body did not come in time")}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errGone
	case err != nil:
		return bad("the body cannot be read: %v", err)
	case !utf8.Valid(raw):
		return bad("the body is not UTF-8")
	}
	if i := strings.IndexFunc(string(raw), func(r rune) bool { return !strings.ContainsRune(" \t\r\n", r) }); i < 0 || raw[i] != '{' {
		return bad("the body is no JSON object")
	}
	if err := checkFields(raw, into); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return wrongType(wrong)
		}
		return bad("the body is no such request: %.200s", err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("there is more in the body after the JSON object")
	}
	return nil
}

// wrongType is an error in words of JSON, not of Go.
func wrongType(err *json.UnmarshalTypeError) error {
	// A number that is of the wrong kind or out of range is given as "number -1".
	is, number := strings.CutPrefix(err.Value, "number ")
	if !number {
		is = map[string]string{"string": "a string", "number": "a number", "bool": "a bool", "array": "an array", "object": "an object"}[err.Value]
	}
	want := map[reflect.Kind]string{
		reflect.String:  "a string",
		reflect.Int:     "a whole number of at most 63 bits",
		reflect.Uint64:  "a whole number of at most 64 bits, at least 0",
		reflect.Float64: "a number of at most 1.8e308",
	}[err.Type.Kind()]
	return bad("%s is %.80s, want %s", err.Field, is, want)
}

// isJSON wants the content type that no web page of another site can send
// unasked.
func isJSON(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != "application/json" {
		return failure{http.StatusUnsupportedMediaType, errors.Errorf("Content-Type is %.80q, want application/json", given)}
	}
	return nil
}

// tokens are the words of a text, no more than most, and how many of them the
// vocabulary does not have.
func tokens(v *corpus.Vocabulary, text string, most int) (ids []int, unknown int, err error) {
	add := func(word string) error {
		if len(ids) == most {
			return bad("the text has more than %d words", most)
		}
		id, ok := v.ID(word)
		if !ok {
			if id, ok = v.ID(corpus.Unknown); !ok {
				return bad("the vocabulary has no word %.80q", word)
			}
			unknown++
		}
		ids = append(ids, id)
		return nil
	}
	for line := range strings.Lines(text) {
		for word := range strings.FieldsSeq(line) {
			if err := add(word); err != nil {
				return nil, 0, err
			}
		}
		if strings.HasSuffix(line, "\n") {
			if err := add(corpus.EndOfSentence); err != nil {
				return nil, 0, err
			}
		}
	}
	return ids, unknown, nil
}
