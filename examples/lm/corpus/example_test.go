package corpus_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/egru/egru/examples/lm/corpus"
)

func ExampleLoad() {
	dir, err := os.MkdirTemp("", "corpus")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"train.txt": "the cat sees the dog\nthe dog sees a <unk>\n",
		"valid.txt": "the dog sees the cat\n",
		"test.txt":  "a bird sees the cat\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}

	c, err := corpus.Load(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Vocabulary.Words())
	fmt.Println(c.Train)
	text, err := c.Vocabulary.Text(c.Test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	// Output:
	// [the cat sees dog <eos> a <unk>]
	// [0 1 2 0 3 4 0 3 2 5 6 4]
	// a <unk> sees the cat <eos>
}

func ExampleFitBigram() {
	const the, a, cat, dog, eos, words = 0, 1, 2, 3, 4, 5
	train := []int{the, cat, eos, the, dog, eos, the, cat, eos, a, cat, eos}
	valid := []int{the, cat, eos, a, dog, eos}
	bigram, err := corpus.FitBigram(train, valid, words)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("p(cat|the) = %.2f\n", bigram.Probability(the, cat))
	fmt.Printf("p(dog|a)   = %.2f\n", bigram.Probability(a, dog))
	perplexity, err := bigram.Perplexity(valid)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("perplexity = %.2f\n", perplexity)
	// Output:
	// p(cat|the) = 0.60
	// p(dog|a)   = 0.07
	// perplexity = 2.77
}

func ExampleVocabulary_Hash() {
	vocabulary, err := corpus.NewVocabulary([]string{"the", "cat", "<eos>"})
	if err != nil {
		log.Fatal(err)
	}
	// The hash of the words one per line, as sha256sum prints it.
	fmt.Println(vocabulary.Hash())
	// Output:
	// 9880926a3784ee99c6ac26099ae6f1b9e44e412f84a4085f3ad6b0a82b0b92f1
}
