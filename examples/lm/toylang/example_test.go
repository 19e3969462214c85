package toylang_test

import (
	"fmt"
	"log"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/lm/toylang"
)

func ExampleLanguage_Generate() {
	language, err := toylang.New(toylang.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	text, err := language.Generate(1, toylang.TrainStream, 60)
	if err != nil {
		log.Fatal(err)
	}
	sample, err := language.Vocabulary().Text(text.Tokens)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(sample)
	// Output:
	// afield so the friend who grazes soon feeds the sunburnt farmers who graze and likes the farmer then <eos>
	// perhaps the woolly farmer who naps feeds the farmers who feed some shepherds somehow <eos>
	// well this farmer whom the farmer feeds sees the woolly farmer whom the farmer milks indeed <eos>
	// so the young friend who laughs feeds some hens and chases this young farmer who milks the muddy strangers whom the farmer feeds then <eos>
}

func ExampleLanguage_Corpus() {
	language, err := toylang.New(toylang.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	c, err := language.Corpus(1, 100_000, 10_000, 10_000)
	if err != nil {
		log.Fatal(err)
	}
	unigram, err := corpus.FitUnigram(c.Train, c.Vocabulary.Size())
	if err != nil {
		log.Fatal(err)
	}
	bigram, err := corpus.FitBigram(c.Train, c.Valid, c.Vocabulary.Size())
	if err != nil {
		log.Fatal(err)
	}
	for _, model := range []struct {
		name       string
		perplexity func(tokens []int) (float64, error)
	}{
		{"unigram", unigram.Perplexity},
		{"bigram", bigram.Perplexity},
		{"floor", language.Perplexity},
	} {
		p, err := model.perplexity(c.Test)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-8s%6.2f\n", model.name, p)
	}
	// Output:
	// unigram  96.53
	// bigram   15.69
	// floor     6.49
}

func ExampleParser() {
	language, err := toylang.New(toylang.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	vocabulary := language.Vocabulary()
	parser := language.NewParser()
	next := make([]float64, vocabulary.Size())
	for _, word := range []string{"aboard", "oh", "the", "captain", "who", "hails", "these", "sailors"} {
		id, _ := vocabulary.ID(word)
		if _, err := parser.Advance(id); err != nil {
			log.Fatal(err)
		}
	}
	if err := parser.Distribution(next); err != nil {
		log.Fatal(err)
	}
	// Sailors stands nearer, but the verb agrees with captain.
	for _, word := range []string{"sails", "sail", "who"} {
		id, _ := vocabulary.ID(word)
		fmt.Printf("%-6s%.3f\n", word, next[id])
	}
	sail, _ := vocabulary.ID("sail")
	_, err = parser.Advance(sail)
	fmt.Println(err)
	// Output:
	// sails 0.123
	// sail  0.000
	// who   0.150
	// toylang: token 8 is "sail": impossible token
}
