// Package report makes the page of a training run: what came out, how it went,
// how active the layers were and what work that saved, in one HTML file that
// needs no other. A Run is plain data; what it lacks, the page leaves out.
package report
