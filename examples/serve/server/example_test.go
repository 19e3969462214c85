package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/serve/server"
	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/layers"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// A server of a model that was never trained: of eight words each is as good as
// another.
func ExampleServer() {
	words := must(corpus.NewVocabulary(strings.Fields("<eos> the dog sees a cat and man")))
	config := layers.DefaultLanguageModel(words.Size(), 4, 4, 1)
	config.EmbedLimit = 1e-9
	model := must(layers.NewLanguageModel(config))
	engine := must(stream.New(stream.Of(model), stream.DefaultConfig()))
	s := must(server.New(engine, words, server.DefaultConfig()))

	h := httptest.NewServer(s.Handler())
	defer h.Close()
	post := func(path, body string) {
		answer := must(h.Client().Post(h.URL+path, "application/json", strings.NewReader(body)))
		defer answer.Body.Close()
		fmt.Print(answer.StatusCode, " ", string(must(io.ReadAll(answer.Body))))
	}
	post("/v1/score", `{"text": "the bird"}`)
	post("/v1/generate", `{"seed": 1}`)

	answer := must(h.Client().Post(h.URL+"/v1/score", "application/json", strings.NewReader(`{"text": "the dog", "session": "mine"}`)))
	defer answer.Body.Close()
	var score server.Score
	if err := json.NewDecoder(answer.Body).Decode(&score); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d words, perplexity %.2f\n", score.Tokens, *score.Perplexity)
	// Output:
	// 400 {"error":"the vocabulary has no word \"bird\""}
	// 400 {"error":"tokens is missing or 0, want 1 to 1024"}
	// 2 words, perplexity 8.00
}
