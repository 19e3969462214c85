package kernel

import "math"

//go:generate go run -C gen . -pkg kernel -out ../logsumexp_amd64.s -stubs ../logsumexp_amd64.go logsumexp

// LogSumExp is log(sum over i of e^x[i]): -Inf for no numbers, NaN if one is.
func LogSumExp[F Float](x []F) F {
	path := use[F]()
	top := path.top(x)
	if math.IsInf(float64(top), 0) {
		for _, v := range x {
			if v != v {
				return v
			}
		}
		return top
	}
	return F(float64(top) + math.Log(path.expSum(x, top)))
}

// top is the instruction in Go.
func top[F Float](x []F) F {
	most := F(math.Inf(-1))
	for _, v := range x {
		if v > most {
			most = v
		}
	}
	return most
}

func expSum32(x []float32, top float32) (sum float64) {
	for _, v := range x {
		scale, q := exp(bounded(v - top))
		sum += float64(float32(scale + scale*q))
	}
	return sum
}

func expSum64(x []float64, top float64) (sum float64) {
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return sum
}
