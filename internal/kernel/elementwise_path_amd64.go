//go:build !noasm

package kernel

var (
	elementwiseAVX512 = elementwise[float32]{
		addAVX512, multiplyAVX512, subtractAVX512, addProductAVX512, addKeptAVX512, mixAVX512, splitAVX512, indicateAVX512, eitherNotZeroAVX512,
		fireAVX512, fireAndResetAVX512, crossingAVX512, triangleAVX512, fireGradAVX512, fireAndResetGradAVX512,
		resetAfterGradAVX512, takeGradAVX512, gateGradAVX512,
	}
	elementwiseAVX2 = elementwise[float32]{
		addAVX2, multiplyAVX2, subtractAVX2, addProductAVX2, addKeptAVX2, mixAVX2, splitAVX2, indicateAVX2, eitherNotZeroAVX2,
		fireAVX2, fireAndResetAVX2, crossingAVX2, triangleAVX2, fireGradAVX2, fireAndResetGradAVX2,
		resetAfterGradAVX2, takeGradAVX2, gateGradAVX2,
	}
)
