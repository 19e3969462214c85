package toylang

import (
	"math"

	"github.com/pkg/errors"
)

// ErrImpossible is the cause of an error about a token that the language
// cannot have at its position.
var ErrImpossible = errors.New("impossible token")

// Parser reads a text token by token and knows, before each, the probability
// of every word given all that was read. It is a pushdown automaton, written
// apart from the generator so that one checks the other.
type Parser struct {
	language    *Language
	position    int
	topic, mood int
	expected    []expectation // the next one last
	next        []float64     // probability of every word
}

// noTopic is the topic before the first topic word.
const noTopic = -1

// expectation is a part of the sentence that has yet to come.
type expectation struct {
	part   part
	number number // of the noun the part agrees with
	depth  int    // of nested relative clauses
	// subject marks parts of a noun phrase whose noun sets the number of the
	// verb expected after it.
	subject bool
}

type part int8

const (
	opening part = iota
	moodPart
	nounPhrase
	modifiedNoun   // after the determiner
	bareNoun       // after the adjective
	relativeClause // or nothing
	mainVerbPhrase
	verbPhrase
	objectlessVerb   // of a "whom" clause
	adverbPart       // or nothing
	secondVerbPhrase // or nothing
	closing
	sentenceEnd
)

// NewParser returns a parser at the start of a text.
func (l *Language) NewParser() *Parser {
	p := &Parser{language: l, topic: noTopic, next: make([]float64, l.vocabulary.Size())}
	p.push(expectation{part: opening})
	p.predict()
	return p
}

// Distribution copies p(w | tokens read) for every word w into dst, whose
// length must be the size of the vocabulary.
func (p *Parser) Distribution(dst []float64) error {
	if len(dst) != len(p.next) {
		return errors.Errorf("toylang: Distribution: dst has length %d, want %d", len(dst), len(p.next))
	}
	copy(dst, p.next)
	return nil
}

// Advance reads a token and returns log p(token | tokens read before), in
// nats. An error that wraps ErrImpossible names the token and its position
// from 0, and leaves the parser as it was.
func (p *Parser) Advance(token int) (float64, error) {
	if token < 0 || token >= len(p.next) {
		return 0, errors.Wrapf(ErrImpossible, "toylang: token %d is %d, want 0 <= id < %d", p.position, token, len(p.next))
	}
	probability := p.next[token]
	if probability == 0 {
		word, _ := p.language.vocabulary.Word(token)
		return 0, errors.Wrapf(ErrImpossible, "toylang: token %d is %q", p.position, word)
	}
	p.read(p.language.roles[token])
	p.position++
	p.predict()
	return math.Log(probability), nil
}

// Score returns log p(tokens[i] | tokens[:i]) for every i, in nats, read by a
// parser from the start of a text. The text may end anywhere.
func (l *Language) Score(tokens []int) ([]float64, error) {
	p := l.NewParser()
	logProb := make([]float64, len(tokens))
	for i, token := range tokens {
		var err error
		if logProb[i], err = p.Advance(token); err != nil {
			return nil, err
		}
	}
	return logProb, nil
}

// Perplexity returns exp(-mean log p) over tokens[1:] under the true model:
// the floor below which no model's expected perplexity can lie.
func (l *Language) Perplexity(tokens []int) (float64, error) {
	logProb, err := l.Score(tokens)
	if err != nil {
		return 0, err
	}
	return perplexity(logProb)
}

// predict fills next. A part that may be absent passes the probability of its
// absence on to the part expected after it.
func (p *Parser) predict() {
	clear(p.next)
	weight := 1.0
	for i := len(p.expected) - 1; weight > 0; i-- {
		weight *= p.offer(p.expected[i], weight)
	}
}

// offer adds the words that e may begin with and returns the probability that
// e is absent.
func (p *Parser) offer(e expectation, weight float64) float64 {
	l := p.language
	switch e.part {
	case opening:
		if p.topic == noTopic {
			p.add(l.topicOpeners, weight)
			return 0
		}
		p.add(l.topicOpeners, weight*l.config.TopicChange)
		p.add(l.moodOpeners, weight*(1-l.config.TopicChange))
	case moodPart:
		p.add(l.moodOpeners, weight)
	case nounPhrase:
		p.add(l.determiners, weight)
	case modifiedNoun:
		p.add(l.adjectives[p.topic], weight*adjectiveChance)
		p.addNouns(e.number, weight*(1-adjectiveChance))
	case bareNoun:
		p.addNouns(e.number, weight)
	case relativeClause:
		if e.depth == l.config.MaxDepth {
			return 1
		}
		p.next[l.who] += weight * l.config.RelativeClause * subjectChance
		p.next[l.whom] += weight * l.config.RelativeClause * (1 - subjectChance)
		return 1 - l.config.RelativeClause
	case mainVerbPhrase, verbPhrase:
		p.add(l.transitives[p.topic][e.number], weight*transitiveChance)
		p.add(l.intransitives[p.topic][e.number], weight*(1-transitiveChance))
	case objectlessVerb:
		p.add(l.transitives[p.topic][e.number], weight)
	case adverbPart:
		p.add(l.adverbs[p.mood], weight*adverbChance)
		return 1 - adverbChance
	case secondVerbPhrase:
		p.next[l.and] += weight * conjunctionChance
		return 1 - conjunctionChance
	case closing:
		p.next[l.closers[p.mood]] += weight
	case sentenceEnd:
		p.next[l.eos] += weight
	}
	return 0
}

func (p *Parser) add(c choice, weight float64) {
	for i, id := range c.ids {
		p.next[id] += weight * c.probability[i]
	}
}

func (p *Parser) addNouns(n number, weight float64) {
	if n != unmarked {
		p.add(p.language.nouns[p.topic][n], weight)
		return
	}
	p.add(p.language.nouns[p.topic][singular], weight*(1-pluralChance))
	p.add(p.language.nouns[p.topic][plural], weight*pluralChance)
}

// read replaces the expectation that the word fulfils by those it raises. The
// word is known to be possible here.
func (p *Parser) read(word role) {
	e := p.pop()
	for !e.mayBeginWith(word.kind) {
		e = p.pop()
	}
	switch word.kind {
	case topicOpener:
		p.topic = word.index
		p.push(expectation{part: moodPart})
	case moodOpener:
		p.mood = word.index
		p.push(
			expectation{part: nounPhrase, subject: true},
			expectation{part: mainVerbPhrase},
			expectation{part: closing},
			expectation{part: sentenceEnd},
		)
	case determiner:
		p.push(expectation{part: modifiedNoun, number: word.number, depth: e.depth, subject: e.subject})
	case adjective:
		p.push(expectation{part: bareNoun, number: e.number, depth: e.depth, subject: e.subject})
	case noun:
		if e.subject {
			p.expected[len(p.expected)-1].number = word.number
		}
		p.push(expectation{part: relativeClause, number: word.number, depth: e.depth})
	case subjectRelativizer:
		p.push(expectation{part: verbPhrase, number: e.number, depth: e.depth + 1})
	case objectRelativizer:
		p.push(
			expectation{part: nounPhrase, depth: e.depth + 1, subject: true},
			expectation{part: objectlessVerb},
		)
	case transitive, intransitive:
		if e.part == mainVerbPhrase {
			p.push(expectation{part: secondVerbPhrase, number: word.number})
		}
		if e.part == objectlessVerb {
			return
		}
		if word.kind == transitive {
			p.push(expectation{part: nounPhrase, depth: e.depth})
		} else {
			p.push(expectation{part: adverbPart})
		}
	case conjunction:
		p.push(expectation{part: verbPhrase, number: e.number})
	case endOfSentence:
		p.push(expectation{part: opening})
	}
}

// mayBeginWith separates the parts that may be absent from what follows them;
// every other part is the one the word fulfils.
func (e expectation) mayBeginWith(k kind) bool {
	switch e.part {
	case relativeClause:
		return k == subjectRelativizer || k == objectRelativizer
	case adverbPart:
		return k == adverb
	case secondVerbPhrase:
		return k == conjunction
	}
	return true
}

func (p *Parser) pop() expectation {
	last := len(p.expected) - 1
	e := p.expected[last]
	p.expected = p.expected[:last]
	return e
}

// push takes parts in the order in which they will be read.
func (p *Parser) push(parts ...expectation) {
	for i := len(parts) - 1; i >= 0; i-- {
		p.expected = append(p.expected, parts[i])
	}
}
