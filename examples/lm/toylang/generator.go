package toylang

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Text is a text of the language with the probability of each of its tokens.
type Text struct {
	Tokens []int
	// LogProb[i] = log p(Tokens[i] | Tokens[:i]), in nats.
	LogProb []float64
}

// Perplexity returns exp(-mean LogProb[1:]): the lowest perplexity that any
// model can expect on such a text. The first token is left out as in package
// corpus, where no model predicts it.
func (t Text) Perplexity() (float64, error) { return perplexity(t.LogProb) }

func perplexity(logProb []float64) (float64, error) {
	if len(logProb) < 2 {
		return 0, errors.Errorf("toylang: text has %d tokens, want at least 2", len(logProb))
	}
	sum := 0.0
	for _, p := range logProb[1:] {
		sum += p
	}
	return math.Exp(-sum / float64(len(logProb)-1)), nil
}

// Generate draws whole sentences until there are at least the given number of
// tokens, which must be positive. The same seed and stream always give the
// same text; other streams of the seed give other texts.
func (l *Language) Generate(seed, stream uint64, tokens int) (Text, error) {
	if tokens < 1 {
		return Text{}, errors.Errorf("toylang: Generate: tokens is %d, want at least 1", tokens)
	}
	g := generator{Language: l, random: rand.New(rand.NewPCG(seed, stream))}
	g.topic = g.openTopic()
	g.sentence()
	for len(g.text.Tokens) < tokens {
		if g.chance(l.config.TopicChange) {
			g.topic = g.openTopic()
		}
		g.sentence()
	}
	return g.text, nil
}

// generator is a recursive descent through the grammar that draws every choice
// at the moment the next token reveals it. So the probability of a token is
// the product of the choices since the one before.
type generator struct {
	*Language
	random      *rand.Rand
	topic, mood int
	pending     float64 // log-probability of the choices not yet revealed
	text        Text
}

func (g *generator) openTopic() int { return g.roles[g.pick(g.topicOpeners)].index }

func (g *generator) sentence() {
	g.mood = g.roles[g.pick(g.moodOpeners)].index
	subject := g.nounPhrase(0)
	g.verbPhrase(subject, 0)
	if g.chance(conjunctionChance) {
		g.emit(g.and)
		g.verbPhrase(subject, 0)
	}
	g.emit(g.closers[g.mood])
	g.emit(g.eos)
}

// nounPhrase returns the number of its noun: the verb has to agree with it.
func (g *generator) nounPhrase(depth int) number {
	n := g.roles[g.pick(g.determiners)].number
	if g.chance(adjectiveChance) {
		g.pick(g.adjectives[g.topic])
	}
	if n == unmarked {
		n = singular
		if g.chance(pluralChance) {
			n = plural
		}
	}
	g.pick(g.nouns[g.topic][n])
	if depth < g.config.MaxDepth && g.chance(g.config.RelativeClause) {
		g.relativeClause(n, depth+1)
	}
	return n
}

func (g *generator) relativeClause(head number, depth int) {
	if g.chance(subjectChance) {
		g.emit(g.who)
		g.verbPhrase(head, depth)
		return
	}
	g.emit(g.whom)
	subject := g.nounPhrase(depth)
	g.pick(g.transitives[g.topic][subject])
}

func (g *generator) verbPhrase(subject number, depth int) {
	if g.chance(transitiveChance) {
		g.pick(g.transitives[g.topic][subject])
		g.nounPhrase(depth)
		return
	}
	g.pick(g.intransitives[g.topic][subject])
	if g.chance(adverbChance) {
		g.pick(g.adverbs[g.mood])
	}
}

// chance decides for yes with probability p.
func (g *generator) chance(p float64) bool {
	yes := g.random.Float64() < p
	if yes {
		g.pending += math.Log(p)
	} else {
		g.pending += math.Log1p(-p)
	}
	return yes
}

// pick draws a word, emits it and returns its id.
func (g *generator) pick(c choice) int {
	u := g.random.Float64()
	last := len(c.ids) - 1
	i := 0
	for i < last && u >= c.probability[i] {
		u -= c.probability[i]
		i++
	}
	g.pending += math.Log(c.probability[i])
	g.emit(c.ids[i])
	return c.ids[i]
}

func (g *generator) emit(id int) {
	g.text.Tokens = append(g.text.Tokens, id)
	g.text.LogProb = append(g.text.LogProb, g.pending)
	g.pending = 0
}
