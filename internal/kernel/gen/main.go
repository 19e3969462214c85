// Command gen writes the vector code of package kernel: for each instruction
// the same algorithm for AVX-512 and for AVX2 with FMA. It is a module of its
// own, so that nobody who uses the library needs avo.
//
// The go:generate lines in package kernel call it:
//
//	go run -C gen . -pkg kernel -out ../gather_amd64.s -stubs ../gather_amd64.go gather
//
// # Reading the generators
//
// A generator is a Go program that lists instructions. To the right of each
// stands what it does, in pseudo-code. Operands come in the order of Go's
// assembler, the result last, so that
//
//	VSUBPS(a, b, c)       is  c = b - a
//	VFMADD231PS(a, b, c)  is  c += a * b
//	VFMADD213PS(a, b, c)  is  c = b*c + a
//
// for all float32 of a register at once, its lanes.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

// files says which instructions go into one file.
var files = map[string][]func(vector){
	"gather":      {gather},
	"events":      {count, list, listBitmap},
	"dots":        {dots},
	"block":       {block},
	"live":        {addLive},
	"move":        {move},
	"activation":  {exp, sigmoid, tanh},
	"logsumexp":   {top, expSum},
	"softmax":     {softmax},
	"adam":        {adam},
	"norm":        {squareSum, scale},
	"transpose":   {turn, turnAdd},
	"elementwise": {add, multiply, subtract, addProduct, addKept, mix, split, indicate, eitherNotZero},
	"threshold":   {fire, fireAndReset, crossing, triangle, fireGrad, fireAndResetGrad},
	"gates":       {resetAfterGrad, takeGrad, gateGrad},
	"rows":        {addRows, addRows8, spread, spread8},
	"columns":     {addColumns, addColumns8},
	"bernoulli":   {bernoulli},
}

func main() {
	flag.Parse()
	instructions, ok := files[flag.Arg(0)]
	if !ok {
		log.Fatalf("no file %q", flag.Arg(0))
	}
	ConstraintExpr("!noasm")
	for _, v := range []vector{avx512, avx2} {
		for _, instruction := range instructions {
			instruction(v)
		}
	}
	Generate()
}
