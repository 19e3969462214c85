package kernel

//go:generate go run -C gen . -pkg kernel -out ../threshold_amd64.s -stubs ../threshold_amd64.go threshold

// Fire sends an event where a number is above its threshold:
//
//	o[j] = 1 where c[j] > thr[j], else 0
//	y[j] = o[j] * c[j]
//
// It returns how many y are not 0, or -1 if a y or thr is NaN.
func Fire[F Float](o, y, c, thr []F) int {
	n := len(o)
	return use[F]().fire(o, y[:n], c[:n], thr[:n])
}

// FireAndReset is Fire, and then takes off what was needed for the event:
//
//	c[j] -= o[j] * thr[j]
//
// It returns -1 also if that left a c that is NaN.
func FireAndReset[F Float](o, y, c, thr []F) int {
	n := len(o)
	return use[F]().fireAndReset(o, y[:n], c[:n], thr[:n])
}

// Crossing is how far a number was above its threshold before FireAndReset, from
// what that left:
//
//	dst[j] = h[j] + o[j]*thr[j] - thr[j]
//
// dst may be h.
func Crossing[F Float](dst, h, o, thr []F) {
	n := len(dst)
	use[F]().crossing(dst, h[:n], o[:n], thr[:n])
}

// Triangle is dst[j] = height * max(0, 1 - slope*|v[j]|), and NaN for NaN. dst
// may be v. The places of its zeros are the same on all paths.
func Triangle[F Float](dst, v []F, height, slope F) {
	use[F]().triangle(dst, v[:len(dst)], height, slope)
}

// FireGrad takes gradients back through Fire, with s[j] for the derivative of o:
//
//	d        = do[j] + c[j]*dy[j]
//	dc[j]   += o[j]*dy[j] + s[j]*d
//	dthr[j] -= s[j]*d
func FireGrad[F Float](dc, dthr, dy, do, s, o, c []F) {
	n := len(dc)
	use[F]().fireGrad(dc, dthr[:n], dy[:n], do[:n], s[:n], o[:n], c[:n])
}

// FireAndResetGrad takes gradients back through FireAndReset. dc holds that of
// what was left, h, and then that of what there was before, c:
//
//	c        = h[j] + o[j]*thr[j]
//	d        = do[j] + c*dy[j] - thr[j]*dc[j]
//	dthr[j] -= s[j]*d + o[j]*dc[j]
//	dc[j]   += s[j]*d + o[j]*dy[j]
func FireAndResetGrad[F Float](dc, dthr, dy, do, s, o, h, thr []F) {
	n := len(dc)
	use[F]().fireAndResetGrad(dc, dthr[:n], dy[:n], do[:n], s[:n], o[:n], h[:n], thr[:n])
}

func fire[F Float](o, y, c, thr []F) (events int) {
	y, c, thr = y[:len(o)], c[:len(o)], thr[:len(o)]
	nan := false
	for j, c := range c {
		o[j] = 0
		if c > thr[j] {
			o[j] = 1
		}
		y[j] = o[j] * c
		if y[j] != 0 {
			events++
		}
		nan = nan || y[j] != y[j] || thr[j] != thr[j]
	}
	if nan {
		return -1
	}
	return events
}

func fireAndReset[F Float](o, y, c, thr []F) int {
	c, thr = c[:len(o)], thr[:len(o)]
	events := fire(o, y, c, thr)
	for j, o := range o {
		c[j] -= o * thr[j]
		if c[j] != c[j] {
			events = -1
		}
	}
	return events
}

func crossing[F Float](dst, h, o, thr []F) {
	h, o, thr = h[:len(dst)], o[:len(dst)], thr[:len(dst)]
	for j := range dst {
		dst[j] = h[j] + o[j]*thr[j] - thr[j]
	}
}

func triangle[F Float](dst, v []F, height, slope F) {
	for j, x := range v[:len(dst)] {
		dst[j] = height * max(0, 1-F(slope*max(x, -x))) // rounded, not fused: its zeros say what is skipped
	}
}

func fireGrad[F Float](dc, dthr, dy, do, s, o, c []F) {
	n := len(dc)
	dthr, dy, do, s, o, c = dthr[:n], dy[:n], do[:n], s[:n], o[:n], c[:n]
	for j := range dc {
		d := s[j] * (do[j] + c[j]*dy[j])
		dthr[j] -= d
		dc[j] += o[j]*dy[j] + d
	}
}

func fireAndResetGrad[F Float](dc, dthr, dy, do, s, o, h, thr []F) {
	n := len(dc)
	dthr, dy, do, s, o, h, thr = dthr[:n], dy[:n], do[:n], s[:n], o[:n], h[:n], thr[:n]
	for j := range dc {
		c := h[j] + o[j]*thr[j]
		d := s[j] * (do[j] + c*dy[j] - thr[j]*dc[j])
		dthr[j] -= d + o[j]*dc[j]
		dc[j] += d + o[j]*dy[j]
	}
}
