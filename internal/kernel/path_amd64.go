//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorPaths are the paths with vector code that the processor can run.
func vectorPaths() (paths []instructions[float32]) {
	x := cpu.X86
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasPOPCNT && x.HasBMI1 && x.HasBMI2 {
		paths = append(paths, instructions[float32]{
			name: "avx512", denseLive: denseLiveVector,
			gather: gatherAVX512, block: blockAVX512, dots: dotsAVX512,
			count: countAVX512, list: listAVX512, listBitmap: listBitmapAVX512,
			addLive: addLiveAVX512,
			move:    moveAVX512, turn: turnAVX512, turnAdd: turnAddAVX512,
			exp: expAVX512, sigmoid: sigmoidAVX512, tanh: tanhAVX512,
			top: topAVX512, expSum: expSumAVX512, softmax: softmaxAVX512,
			adam: adamAVX512, squareSum: squareSumAVX512, scale: scaleAVX512, bernoulli: bernoulliAVX512,
			elementwise: elementwiseAVX512, rowInstructions: rowInstructions{addRowsAVX512, addRows8AVX512, spreadAVX512, spread8AVX512},
			columnInstructions: columnInstructions{addColumnsAVX512, addColumns8AVX512, columnsBelowAVX512, columns8BelowAVX512},
		})
	}
	if x.HasAVX2 && x.HasFMA && x.HasPOPCNT && x.HasBMI1 && x.HasBMI2 {
		paths = append(paths, instructions[float32]{
			name: "avx2", denseLive: denseLiveVector,
			gather: gatherAVX2, block: blockAVX2, dots: dotsAVX2,
			count: countAVX2, list: listAVX2, listBitmap: listBitmapAVX2,
			addLive: addLiveAVX2,
			move:    moveAVX2, turn: turnAVX2, turnAdd: turnAddAVX2,
			exp: expAVX2, sigmoid: sigmoidAVX2, tanh: tanhAVX2,
			top: topAVX2, expSum: expSumAVX2, softmax: softmaxAVX2,
			adam: adamAVX2, squareSum: squareSumAVX2, scale: scaleAVX2, bernoulli: bernoulliAVX2,
			elementwise: elementwiseAVX2, rowInstructions: rowInstructions{addRowsAVX2, addRows8AVX2, spreadAVX2, spread8AVX2},
			columnInstructions: columnInstructions{addColumnsAVX2, addColumns8AVX2, columnsBelowAVX2, columns8BelowAVX2},
		})
	}
	return paths
}
