package toylang

import (
	"math"
	"strings"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/pkg/errors"
)

// Probabilities of the choices that Config leaves alone.
const (
	adjectiveChance   = 0.35 // an adjective before the noun
	pluralChance      = 0.5  // a plural noun after an unmarked determiner
	transitiveChance  = 0.6  // a verb with an object
	adverbChance      = 0.5  // an adverb after a verb without an object
	conjunctionChance = 0.25 // a second verb in the main clause
	subjectChance     = 0.5  // "who" rather than "whom"
)

// Language is the grammar with its words numbered and its choices weighed. It
// never changes and may be used by several goroutines.
type Language struct {
	config     Config
	vocabulary *corpus.Vocabulary
	roles      []role // by word id

	topicOpeners  choice
	moodOpeners   choice
	closers       []int // by mood
	determiners   choice
	adjectives    []choice           // by topic
	nouns         [][unmarked]choice // by topic and number
	transitives   [][unmarked]choice
	intransitives [][unmarked]choice
	adverbs       []choice // by mood

	who, whom, and, eos int
}

// choice is a set of words, one of which stands at a place of the sentence.
type choice struct {
	ids         []int
	probability []float64 // sums to 1
}

// role is what a word form does in a sentence.
type role struct {
	kind   kind
	number number // of a determiner, noun or verb
	index  int    // of a topic or mood
}

type kind int8

const (
	topicOpener kind = iota
	moodOpener
	closer
	determiner
	adjective
	noun
	transitive
	intransitive
	adverb
	subjectRelativizer
	objectRelativizer
	conjunction
	endOfSentence
)

// New builds the language of a config.
func New(config Config) (*Language, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	b := builder{ids: make(map[string]int)}
	l := &Language{config: config}
	zipf := config.ZipfExponent

	// Topics and moods are equally likely: what only a long memory can know
	// should carry as much information as it can.
	for i, t := range topics {
		l.topicOpeners.ids = append(l.topicOpeners.ids, b.id(t.opener, role{kind: topicOpener, index: i}))
	}
	l.topicOpeners.weigh(0)
	for i, m := range moods {
		l.moodOpeners.ids = append(l.moodOpeners.ids, b.id(m.opener, role{kind: moodOpener, index: i}))
		l.closers = append(l.closers, b.id(m.closer, role{kind: closer, index: i}))
		l.adverbs = append(l.adverbs, b.choice(strings.Fields(m.adverbs), role{kind: adverb}, zipf))
	}
	l.moodOpeners.weigh(0)
	for _, d := range determiners {
		l.determiners.ids = append(l.determiners.ids, b.id(d.word, role{kind: determiner, number: d.number}))
	}
	l.determiners.weigh(zipf)
	for _, t := range topics {
		l.adjectives = append(l.adjectives, b.choice(byRank(t.adjectives, sharedAdjectives), role{kind: adjective}, zipf))
		l.nouns = append(l.nouns, b.inflected(byRank(t.nouns, sharedNouns), nounForms, noun, zipf))
		l.transitives = append(l.transitives, b.inflected(byRank(t.transitives, sharedTransitives), verbForms, transitive, zipf))
		l.intransitives = append(l.intransitives, b.inflected(byRank(t.intransitives, sharedIntransitives), verbForms, intransitive, zipf))
	}
	l.who = b.id(subjectRelative, role{kind: subjectRelativizer})
	l.whom = b.id(objectRelative, role{kind: objectRelativizer})
	l.and = b.id(conjunctionWord, role{kind: conjunction})
	l.eos = b.id(corpus.EndOfSentence, role{kind: endOfSentence})

	if b.err != nil {
		return nil, b.err
	}
	vocabulary, err := corpus.NewVocabulary(b.words)
	if err != nil {
		return nil, errors.Wrap(err, "toylang")
	}
	l.vocabulary, l.roles = vocabulary, b.roles
	return l, nil
}

// Config returns the config the language was built from.
func (l *Language) Config() Config { return l.config }

// Vocabulary returns the words of the language and their ids.
func (l *Language) Vocabulary() *corpus.Vocabulary { return l.vocabulary }

// builder hands out ids to words as they come, and refuses a word with two
// roles: the parser would not know which one it reads.
type builder struct {
	words []string
	roles []role
	ids   map[string]int
	err   error
}

func (b *builder) id(word string, r role) int {
	if id, ok := b.ids[word]; ok { // topics share words
		if b.roles[id] != r {
			b.err = errors.Errorf("toylang: word %q has two roles, want one", word)
		}
		return id
	}
	id := len(b.words)
	b.words = append(b.words, word)
	b.roles = append(b.roles, r)
	b.ids[word] = id
	return id
}

func (b *builder) choice(words []string, r role, zipf float64) choice {
	var c choice
	for _, word := range words {
		c.ids = append(c.ids, b.id(word, r))
	}
	c.weigh(zipf)
	return c
}

func (b *builder) inflected(lemmas []string, forms func(string) [2]string, k kind, zipf float64) [unmarked]choice {
	var c [unmarked]choice
	for n := range c {
		words := make([]string, len(lemmas))
		for i, lemma := range lemmas {
			words[i] = forms(lemma)[n]
		}
		c[n] = b.choice(words, role{kind: k, number: number(n)}, zipf)
	}
	return c
}

// weigh makes the word of rank r = 1, 2, ... proportional to r^-exponent.
func (c *choice) weigh(exponent float64) {
	c.probability = make([]float64, len(c.ids))
	sum := 0.0
	for i := range c.ids {
		c.probability[i] = math.Pow(float64(i+1), -exponent)
		sum += c.probability[i]
	}
	for i := range c.probability {
		c.probability[i] /= sum
	}
}
