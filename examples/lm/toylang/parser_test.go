package toylang

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func configs() *rapid.Generator[Config] {
	return rapid.Custom(func(t *rapid.T) Config {
		return Config{
			MaxDepth:       rapid.IntRange(0, 8).Draw(t, "MaxDepth"),
			RelativeClause: rapid.Float64Range(0, 0.9).Draw(t, "RelativeClause"),
			TopicChange:    rapid.Float64Range(0.01, 1).Draw(t, "TopicChange"),
			ZipfExponent:   rapid.Float64Range(0, 4).Draw(t, "ZipfExponent"),
		}
	})
}

func TestParserAgreesWithGeneratorAndItsDistributionsSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := New(configs().Draw(t, "config"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := l.Generate(rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "stream"), 200)
		if err != nil {
			t.Fatal(err)
		}
		parser := l.NewParser()
		p := make([]float64, l.Vocabulary().Size())
		for i, token := range text.Tokens {
			if err := parser.Distribution(p); err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for w, q := range p {
				if q < 0 {
					t.Fatalf("token %d: p(%d) = %v", i, w, q)
				}
				sum += q
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Fatalf("token %d: probabilities sum to %v", i, sum)
			}
			logProb, err := parser.Advance(token)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(logProb-text.LogProb[i]) > 1e-12 {
				t.Fatalf("token %d: parser says %v, generator %v", i, logProb, text.LogProb[i])
			}
		}
	})
}

// The log-probabilities could agree and still not be those the generator draws
// with. Then the surprise would leave its expectation, the entropy of each
// distribution, or some word would come up more or less often than predicted.
func TestGeneratorDrawsWithTheProbabilitiesItStates(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	size := l.Vocabulary().Size()
	p := make([]float64, size)
	count, mean, variance := make([]float64, size), make([]float64, size), make([]float64, size)
	surprise, entropy, spread := 0.0, 0.0, 0.0
	parser := l.NewParser()
	for _, token := range mustGenerate(t, l, 5, 0, 50_000).Tokens {
		if err := parser.Distribution(p); err != nil {
			t.Fatal(err)
		}
		first, second := 0.0, 0.0 // moments of -log p
		for w, q := range p {
			mean[w] += q
			variance[w] += q * (1 - q)
			if q > 0 {
				first -= q * math.Log(q)
				second += q * math.Log(q) * math.Log(q)
			}
		}
		count[token]++
		surprise -= math.Log(p[token])
		entropy += first
		spread += second - first*first
		if _, err := parser.Advance(token); err != nil {
			t.Fatal(err)
		}
	}
	if z := (surprise - entropy) / math.Sqrt(spread); math.Abs(z) > 4 {
		t.Errorf("surprise %v, expected %v: %v standard deviations off", surprise, entropy, z)
	}
	for w := range p {
		if z := (count[w] - mean[w]) / math.Sqrt(variance[w]); math.Abs(z) > 4.5 {
			word, _ := l.Vocabulary().Word(w)
			t.Errorf("%q occurs %v times, expected %v: %v standard deviations off", word, count[w], mean[w], z)
		}
	}
}

func TestScoreIsTheProductOfTheChoicesByHand(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	harmonic := func(n int) float64 { // sum of 1/r for the ranks 1..n
		sum := 0.0
		for r := 1; r <= n; r++ {
			sum += 1 / float64(r)
		}
		return sum
	}
	got, err := l.Score(ids(t, l, "afield oh the young farmers chase this friend who naps sadly and laugh alas <eos> well"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{
		1 / 5.,                           // afield: one of 5 topics
		1 / 5.,                           // oh: one of 5 moods
		1 / harmonic(7),                  // the: rank 1 of 7
		0.35 * 1 / 5. / harmonic(8),      // young: an adjective, rank 5 of 3+5
		0.5 * 1 / harmonic(12),           // farmers: plural, rank 1 of 8+4
		0.7 * 0.6 * 1 / 2. / harmonic(6), // chase: no clause, transitive, rank 2 of 4+2
		1 / 2. / harmonic(7),             // this
		0.65 * 1 / 3. / harmonic(12),     // friend: no adjective, rank 3
		0.3 * 0.5,                        // who: a clause, not "whom"
		0.4 * 1 / 2. / harmonic(5),       // naps: intransitive, rank 2 of 3+2
		0.5 * 1 / harmonic(4),            // sadly: an adverb, rank 1 of 4
		0.25,                             // and
		0.4 * 1 / 3. / harmonic(5),       // laugh
		0.5,                              // alas: no adverb
		1,                                // <eos>
		0.8 / 5,                          // well: no new topic
	} {
		if math.Abs(got[i]-math.Log(want)) > 1e-12 {
			t.Errorf("token %d has probability %v, want %v", i, math.Exp(got[i]), want)
		}
	}
}

func TestImpossibleTokensAreNamedWithTheirPosition(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	for _, test := range []struct{ rule, text string }{
		// The last word is the impossible one.
		{"a text opens with a topic word", "oh"},
		{"one topic word is enough", "aboard afield"},
		{"a singular determiner asks for a singular noun", "aboard oh this salty captains"},
		{"a plural determiner asks for a plural noun", "aboard oh these captain"},
		{"one adjective is enough", "aboard oh the old young"},
		{"nouns keep to the topic", "aboard oh the farmer"},
		{"verbs keep to the topic", "aboard oh the stranger chases"},
		{"the topic lasts beyond the sentence", "aboard oh the captain sails alas <eos> oh the farmer"},
		{"a verb agrees with its subject", "aboard oh the captain sail"},
		{"across a clause", "aboard oh the captain who hails those sailors sail"},
		{"across nested clauses", "aboard oh the captain who hails those sailors whom these pirates see sail"},
		{"within a clause, with its head", "aboard oh the captain who hail"},
		{"within a clause, with its own subject", "aboard oh the captain whom the sailors hails"},
		{"across the object", "aboard oh the captain hails the sailors and sail"},
		{"a whom clause has no second object", "aboard oh the captain whom the sailors hail the"},
		{"and takes a transitive verb", "aboard oh the captain whom the sailors sail"},
		{"clauses nest twice at most", "aboard oh the captain who hails the sailor who hails the pirate who"},
		{"only the main clause goes on with and", "aboard oh the captain who sails and"},
		{"and does so once", "aboard oh the captain sails and swims and"},
		{"adverbs suit the mood", "aboard oh the captain sails gladly"},
		{"an adverb does not follow an object", "aboard oh the captain hails this sailor sadly"},
		{"the closing particle agrees with the opening one", "aboard oh the captain sails sadly indeed"},
		{"also for the second sentence", "aboard oh the captain sails alas <eos> well the captain sails alas"},
		{"a sentence closes before it ends", "aboard oh the captain sails <eos>"},
		{"the object is due", "aboard oh the captain hails alas"},
	} {
		tokens := ids(t, l, test.text)
		_, err := l.Score(tokens)
		words := strings.Fields(test.text)
		want := fmt.Sprintf("token %d is %q", len(words)-1, words[len(words)-1])
		if !errors.Is(err, ErrImpossible) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q: error %v, want ErrImpossible: %s", test.rule, test.text, err, want)
		}
	}
}

func TestPossibleSentences(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	for _, text := range []string{
		"",
		"aboard",
		"aboard oh the captain who hails those sailors sails alas <eos>",
		"aboard oh the captain who hails those sailors whom these pirates see sails alas <eos>",
		"aboard oh the captain hails the sailors and sails alas <eos> afield",
		// The sentences of the package documentation.
		"aboard oh the old captain who hails these sailors drifts sadly alas <eos> " +
			"so those gulls whom every pilot sees swim and laugh soon then <eos>",
		"aboard oh the captain sails alas <eos> aboard well every old friend sees some rivals indeed <eos>",
	} {
		if _, err := l.Score(ids(t, l, text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParserGoesOnAfterAnImpossibleToken(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	text := ids(t, l, "aboard oh the captain sails alas <eos>")
	want, err := l.Score(text)
	if err != nil {
		t.Fatal(err)
	}
	parser := l.NewParser()
	for i, token := range text {
		for _, wrong := range []int{-1, l.Vocabulary().Size(), ids(t, l, "farmer")[0]} {
			if _, err := parser.Advance(wrong); !errors.Is(err, ErrImpossible) {
				t.Fatalf("token %d: id %d: error %v, want ErrImpossible", i, wrong, err)
			}
		}
		if got, err := parser.Advance(token); err != nil || got != want[i] {
			t.Errorf("token %d: log p = %v (error %v), want %v", i, got, err, want[i])
		}
	}
}

func TestDistributionWantsRoomForEveryWord(t *testing.T) {
	l := mustNew(t, DefaultConfig())
	if err := l.NewParser().Distribution(make([]float64, 3)); err == nil || !strings.Contains(err.Error(), "want 232") {
		t.Errorf("error %v, want one about 232 words", err)
	}
}

func FuzzScore(f *testing.F) {
	l := mustNew(f, DefaultConfig())
	for _, text := range []string{
		"aboard oh the captain who hails those sailors sails alas <eos>",
		"afield well every goat whom the young friends see laughs gladly indeed <eos> so",
		"aboard oh these captain",
		"",
	} {
		var data []byte
		for _, id := range ids(f, l, text) {
			data = append(data, byte(id))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tokens := make([]int, len(data))
		for i, b := range data {
			tokens[i] = int(b)
		}
		logProb, err := l.Score(tokens)
		if err != nil {
			if !errors.Is(err, ErrImpossible) {
				t.Fatalf("error %v, want ErrImpossible", err)
			}
			return
		}
		for i, p := range logProb {
			if !(p <= 1e-12 && p > math.Inf(-1)) {
				t.Fatalf("token %d has log-probability %v", i, p)
			}
		}
	})
}
