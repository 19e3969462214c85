// Package toylang generates an artificial language whose true model is known,
// so that a language model trained on it can be judged against the exact floor
// of perplexity rather than against other models.
//
// Sentences are pseudo-English, one a line:
//
//	aboard oh the old captain who hails these sailors drifts sadly alas <eos>
//	so those gulls whom every pilot sees swim and laugh soon then <eos>
//
// What comes later is bound to what came long before, in three ways:
//
//   - Number: a verb agrees with its subject across the relative clauses
//     between them (the captain ... drifts), which nest to a bounded depth, and
//     across the object before "and" (gulls ... swim and laugh).
//   - Mood: the opening particle of a sentence picks its adverbs and its closing
//     particle (oh ... sadly alas).
//   - Topic: an opening word such as "aboard" picks the nouns, verbs and
//     adjectives until the next such word, some sentences later. Some words
//     belong to every topic, and do not give it away.
//
// The grammar, with optional parts in brackets:
//
//	text        = topic sentence { [topic] sentence }
//	sentence    = particle noun-phrase verb-phrase ["and" verb-phrase] particle <eos>
//	noun-phrase = determiner [adjective] noun [relative]
//	relative    = "who" verb-phrase | "whom" noun-phrase transitive
//	verb-phrase = transitive noun-phrase | intransitive [adverb]
//
// Each word shows at once which choice was made, so the state of the grammar
// is a function of the words read, and the probability of every next word is
// known exactly. Words of a class follow Zipf's law, topics and moods are
// equally likely.
package toylang
