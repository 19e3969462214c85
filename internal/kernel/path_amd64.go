//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorPaths are the paths with vector code that the processor can run.
func vectorPaths() (paths []instructions[float32]) {
	x := cpu.X86
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasPOPCNT {
		paths = append(paths, instructions[float32]{"avx512", gatherAVX512, dotsAVX512, countAVX512, listAVX512, expAVX512, sigmoidAVX512, tanhAVX512, topAVX512, expSumAVX512, softmaxAVX512, adamAVX512, squareSumAVX512, scaleAVX512, turnAVX512, turnAddAVX512, elementwiseAVX512})
	}
	if x.HasAVX2 && x.HasFMA && x.HasPOPCNT {
		paths = append(paths, instructions[float32]{"avx2", gatherAVX2, dotsAVX2, countAVX2, listAVX2, expAVX2, sigmoidAVX2, tanhAVX2, topAVX2, expSumAVX2, softmaxAVX2, adamAVX2, squareSumAVX2, scaleAVX2, turnAVX2, turnAddAVX2, elementwiseAVX2})
	}
	return paths
}
