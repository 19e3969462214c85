package toylang

import "strings"

// The lexicon holds regular words only: a plural noun is the singular with an
// s, a singular verb is the plural with an s. Words are listed by rank, the
// most frequent first. No word form may occur in two places, because the
// parser tells from the word alone what it is.

// topic is a place and what one meets there.
type topic struct {
	opener        string
	nouns         string
	transitives   string // verbs with an object
	intransitives string // verbs without one
	adjectives    string
}

var topics = []topic{
	{
		opener:        "aboard",
		nouns:         "captain sailor pirate gull pilot whale stowaway purser",
		transitives:   "hail obey rescue maroon",
		intransitives: "sail swim drift",
		adjectives:    "salty seasick tattooed",
	},
	{
		opener:        "afield",
		nouns:         "farmer shepherd hen goat donkey lamb ploughman piglet",
		transitives:   "feed chase herd milk",
		intransitives: "graze nap wander",
		adjectives:    "muddy woolly sunburnt",
	},
	{
		opener:        "backstage",
		nouns:         "actor dancer singer clown juggler prompter tenor acrobat",
		transitives:   "applaud flatter mimic upstage",
		intransitives: "rehearse faint bow",
		adjectives:    "vain masked famous",
	},
	{
		opener:        "downtown",
		nouns:         "merchant banker baker tailor clerk beggar grocer porter",
		transitives:   "pay cheat hire sue",
		intransitives: "haggle stroll queue",
		adjectives:    "thrifty wealthy busy",
	},
	{
		opener:        "underground",
		nouns:         "miner dwarf mole goblin bat troll spider hermit",
		transitives:   "startle trick haunt bite",
		intransitives: "crawl burrow hum",
		adjectives:    "dusty pale blind",
	},
}

// Words that every topic shares. After them only memory knows the topic.
const (
	sharedNouns         = "friend stranger cousin rival"
	sharedTransitives   = "see like"
	sharedIntransitives = "laugh wait"
	sharedAdjectives    = "old young clever tired brave"
)

// mood is the tone of a sentence: an opening particle, the closing particle
// that agrees with it, and the adverbs that suit it.
type mood struct{ opener, closer, adverbs string }

var moods = []mood{
	{opener: "oh", closer: "alas", adverbs: "sadly wearily bitterly helplessly"},
	{opener: "well", closer: "indeed", adverbs: "calmly gladly kindly proudly"},
	{opener: "so", closer: "then", adverbs: "quickly soon suddenly promptly"},
	{opener: "perhaps", closer: "somehow", adverbs: "secretly rarely vaguely oddly"},
	{opener: "look", closer: "yonder", adverbs: "openly boldly loudly nearby"},
}

// determiners by rank, each with the number it asks of its noun.
var determiners = []struct {
	word   string
	number number
}{
	{"the", unmarked},
	{"this", singular},
	{"these", plural},
	{"every", singular},
	{"some", plural},
	{"that", singular},
	{"those", plural},
}

const (
	subjectRelative = "who"  // the sailor who sees the captain
	objectRelative  = "whom" // the sailor whom the captain sees
	conjunctionWord = "and"
)

// number is grammatical number. An unmarked determiner leaves it to the noun.
type number int8

const (
	singular number = iota
	plural
	unmarked
)

// nounForms and verbForms are indexed by number: singular, plural.
func nounForms(lemma string) [2]string { return [2]string{lemma, lemma + "s"} }
func verbForms(lemma string) [2]string { return [2]string{lemma + "s", lemma} }

// byRank puts one shared word after every two of a topic's own, so that both
// kinds are frequent.
func byRank(own, shared string) []string {
	var ranked []string
	rest := strings.Fields(shared)
	for i, word := range strings.Fields(own) {
		ranked = append(ranked, word)
		if i%2 == 1 && len(rest) > 0 {
			ranked = append(ranked, rest[0])
			rest = rest[1:]
		}
	}
	return append(ranked, rest...)
}
