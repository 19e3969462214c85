// Package server answers requests to a language model over HTTP. Requests and
// answers are JSON; generated words are streamed as they are drawn.
//
//	POST /v1/score     log-probabilities of a text, see ScoreRequest
//	POST /v1/generate  words that go on after a prompt, see GenerateRequest
//	GET  /v1/stats     events, work and energy so far, see Stats
//	GET  /healthz      200, or 503 while the server drains
//	GET  /metrics      for Prometheus
//
// A request is one JSON object. Its fields are spelled as they are there, and are
// given at most once: any other is an error, 400.
//
// # Text
//
// A text is words between blanks, as in the corpus. A line break stands for <eos>,
// which may also be written. A word that the vocabulary does not have is read as
// <unk>; where the vocabulary has no <unk> either, it is an error, 400. Before a
// text begins, a sentence has just ended.
//
// # Sessions
//
// A request may name a session, and then goes on where the last one that named it
// ended. The first to name it begins a text. A session changes only by a request
// whose answer was made to its end: after an error the same request can be sent
// again. Whoever leaves while the answer is on its way cannot know. While a request
// has a session, others that name it are answered by 409. Sessions live in memory:
// one that was not used for Config.SessionTime is forgotten, and when there are
// more than Config.Sessions, the one that was not used for longest. A forgotten
// session begins anew.
//
// # Errors
//
// An error is {"error": "..."} with its status: 400 for a request that cannot be
// read, 404 and 405 for unknown paths and wrong methods, 408 for a body that does
// not come in time, 409 for a session that is busy, 413 for a body that is too
// large, 415 for one that is not application/json, 429 when as many requests are
// at work as may be, 500 for what should not happen, and 503 for a request that
// takes too long, or comes while the server drains. What is refused before its body
// was read, as one is whose Content-Length says that it is too large, is answered
// at once, and its connection closed. After words have been sent the status can
// change no more: the error is then the last line.
package server
