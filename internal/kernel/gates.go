package kernel

//go:generate go run -C gen . -pkg kernel -out ../gates_amd64.s -stubs ../gates_amd64.go gates

// ResetAfterGrad takes the gradient of c back through
//
//	g = tanh(p + r*q),  c = z*h + (1-z)*g
//
// to p, as dg, to q, and to what the gates r and z were the logistic functions
// of:
//
//	dz[j] = dc[j] * (h[j]-g[j]) * z[j]*(1-z[j])
//	dg[j] = dc[j] * (1-z[j]) * (1-g[j]*g[j])
//	dq[j] = dg[j] * r[j]
//	dr[j] = dg[j] * q[j] * r[j]*(1-r[j])
//	dc[j] = dc[j] * z[j], the gradient of h
func ResetAfterGrad[F Float](dz, dr, dg, dq, dc, z, r, g, h, q []F) {
	n := len(dz)
	use[F]().resetAfterGrad(dz, dr[:n], dg[:n], dq[:n], dc[:n], z[:n], r[:n], g[:n], h[:n], q[:n])
}

// TakeGrad takes the gradient of c back through
//
//	g = tanh(p),  c = u*g + (1-u)*h - y
//
// to p, as dg, to y, and to what u was the logistic function of:
//
//	du[j] = dc[j] * (g[j]-h[j]) * u[j]*(1-u[j])
//	dg[j] = dc[j] * u[j] * (1-g[j]*g[j])
//	dy[j] = -dc[j]
//	dc[j] = dc[j] * (1-u[j]), the gradient of h
func TakeGrad[F Float](du, dg, dy, dc, u, g, h []F) {
	n := len(du)
	use[F]().takeGrad(du, dg[:n], dy[:n], dc[:n], u[:n], g[:n], h[:n])
}

// GateGrad takes the gradient d of r*y to y, and to what r was the logistic
// function of:
//
//	dr[j]  = d[j] * y[j] * r[j]*(1-r[j])
//	dy[j] += d[j] * r[j]
func GateGrad[F Float](dr, dy, d, r, y []F) {
	n := len(dr)
	use[F]().gateGrad(dr, dy[:n], d[:n], r[:n], y[:n])
}

func resetAfterGrad[F Float](dz, dr, dg, dq, dc, z, r, g, h, q []F) {
	n := len(dz)
	dr, dg, dq, dc, z, r, g, h, q = dr[:n], dg[:n], dq[:n], dc[:n], z[:n], r[:n], g[:n], h[:n], q[:n]
	for j := range dz {
		d := dc[j] * (1 - z[j])
		dz[j] = d * z[j] * (h[j] - g[j])
		dg[j] = d * (1 - g[j]*g[j])
		dq[j] = dg[j] * r[j]
		dr[j] = dq[j] * q[j] * (1 - r[j])
		dc[j] *= z[j]
	}
}

func takeGrad[F Float](du, dg, dy, dc, u, g, h []F) {
	n := len(du)
	dg, dy, dc, u, g, h = dg[:n], dy[:n], dc[:n], u[:n], g[:n], h[:n]
	for j := range du {
		d := dc[j]
		dy[j] = -d
		dc[j] = d * (1 - u[j])
		du[j] = dc[j] * u[j] * (g[j] - h[j])
		dg[j] = d * u[j] * (1 - g[j]*g[j])
	}
}

func gateGrad[F Float](dr, dy, d, r, y []F) {
	n := len(dr)
	dy, d, r, y = dy[:n], d[:n], r[:n], y[:n]
	for j := range dr {
		v := d[j] * r[j]
		dr[j] = v * y[j] * (1 - r[j])
		dy[j] += v
	}
}
