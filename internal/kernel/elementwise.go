package kernel

//go:generate go run -C gen . -pkg kernel -out ../elementwise_amd64.s -stubs ../elementwise_amd64.go elementwise

// elementwise are the instructions that treat number j of all their slices
// alike, for every j of the first. The functions of the same names, in capitals,
// say what each does.
type elementwise[F Float] struct {
	add                            func(dst, src []F)
	multiply, subtract, addProduct func(dst, a, b []F)
	addKept                        func(dst, a, m []F)
	mix                            func(dst, w, a, b []F)
	split                          func(rest, x, w []F)
	indicate                       func(dst, a, b []F)
	eitherNotZero                  func(dst []bool, a, b []F) int

	fire, fireAndReset func(o, y, c, thr []F) int
	crossing           func(dst, h, o, thr []F)
	triangle           func(dst, v []F, height, slope F)
	fireGrad           func(dc, dthr, dy, do, s, o, c []F)
	fireAndResetGrad   func(dc, dthr, dy, do, s, o, h, thr []F)

	resetAfterGrad func(dz, dr, dg, dq, dc, z, r, g, h, q []F)
	takeGrad       func(du, dg, dy, dc, u, g, h []F)
	gateGrad       func(dr, dy, d, r, y []F)
}

// elementwiseInGo are the elementwise instructions in Go.
func elementwiseInGo[F Float]() elementwise[F] {
	return elementwise[F]{
		add[F], multiply[F], subtract[F], addProduct[F], addKept[F], mix[F], split[F], indicate[F], eitherNotZero[F],
		fire[F], fireAndReset[F], crossing[F], triangle[F], fireGrad[F], fireAndResetGrad[F],
		resetAfterGrad[F], takeGrad[F], gateGrad[F],
	}
}

// Add is dst[j] += src[j].
func Add[F Float](dst, src []F) { use[F]().add(dst, src[:len(dst)]) }

// Multiply is dst[j] = a[j] * b[j]. dst may be a or b.
func Multiply[F Float](dst, a, b []F) { use[F]().multiply(dst, a[:len(dst)], b[:len(dst)]) }

// Subtract is dst[j] = a[j] - b[j]. dst may be a or b.
func Subtract[F Float](dst, a, b []F) { use[F]().subtract(dst, a[:len(dst)], b[:len(dst)]) }

// AddProduct is dst[j] += a[j] * b[j]. dst may be a or b.
func AddProduct[F Float](dst, a, b []F) { use[F]().addProduct(dst, a[:len(dst)], b[:len(dst)]) }

// AddKept is dst[j] += a[j] * m[j] where m[j] is not 0: elsewhere a number counts for
// nothing, whatever it is.
func AddKept[F Float](dst, a, m []F) { use[F]().addKept(dst, a[:len(dst)], m[:len(dst)]) }

// Mix is dst[j] = w[j]*a[j] + (1-w[j])*b[j]. dst may be w, a or b.
func Mix[F Float](dst, w, a, b []F) {
	n := len(dst)
	use[F]().mix(dst, w[:n], a[:n], b[:n])
}

// Split is rest[j] = (1-w[j])*x[j], and then x[j] = w[j]*x[j].
func Split[F Float](rest, x, w []F) {
	n := len(rest)
	use[F]().split(rest, x[:n], w[:n])
}

// Indicate is dst[j] = 1 where a[j] or b[j] is not 0, and 0 elsewhere. NaN is not 0.
// dst may be a or b.
func Indicate[F Float](dst, a, b []F) { use[F]().indicate(dst, a[:len(dst)], b[:len(dst)]) }

// EitherNotZero is dst[j] = a[j] != 0 || b[j] != 0. It returns how many are true.
func EitherNotZero[F Float](dst []bool, a, b []F) int {
	return use[F]().eitherNotZero(dst, a[:len(dst)], b[:len(dst)])
}

func add[F Float](dst, src []F) {
	for j, v := range src[:len(dst)] {
		dst[j] += v
	}
}

func multiply[F Float](dst, a, b []F) {
	a, b = a[:len(dst)], b[:len(dst)]
	for j := range dst {
		dst[j] = a[j] * b[j]
	}
}

func subtract[F Float](dst, a, b []F) {
	a, b = a[:len(dst)], b[:len(dst)]
	for j := range dst {
		dst[j] = a[j] - b[j]
	}
}

func addProduct[F Float](dst, a, b []F) {
	a, b = a[:len(dst)], b[:len(dst)]
	for j := range dst {
		dst[j] += a[j] * b[j]
	}
}

func addKept[F Float](dst, a, m []F) {
	a, m = a[:len(dst)], m[:len(dst)]
	for j, m := range m {
		if m != 0 {
			dst[j] += a[j] * m
		}
	}
}

func mix[F Float](dst, w, a, b []F) {
	w, a, b = w[:len(dst)], a[:len(dst)], b[:len(dst)]
	for j, w := range w {
		dst[j] = w*a[j] + (1-w)*b[j]
	}
}

func split[F Float](rest, x, w []F) {
	x, w = x[:len(rest)], w[:len(rest)]
	for j, w := range w {
		rest[j] = (1 - w) * x[j]
		x[j] *= w
	}
}

func indicate[F Float](dst, a, b []F) {
	a, b = a[:len(dst)], b[:len(dst)]
	for j := range dst {
		if a[j] != 0 || b[j] != 0 {
			dst[j] = 1
		} else {
			dst[j] = 0
		}
	}
}

func eitherNotZero[F Float](dst []bool, a, b []F) (n int) {
	a, b = a[:len(dst)], b[:len(dst)]
	for j := range dst {
		dst[j] = a[j] != 0 || b[j] != 0
		if dst[j] {
			n++
		}
	}
	return n
}
