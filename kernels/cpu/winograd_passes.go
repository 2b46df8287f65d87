package cpu

// winogradPasses are the transformations of F(4, taps) along one axis (Lavin and
// Gray, "Fast algorithms for convolutional neural networks", 2016) in plain Go:
// taps+3 points, of values in the first places of the arrays. The interpolation
// points are 0, ±3/4, ±3/2 and infinity for three taps, 0, ±3/4, 3/2 and infinity
// for two: exact in binary, and about twice as accurate as 0, ±1, ±2.
type winogradPasses struct {
	taps           int
	input          func(d [6]float32) [6]float32 // multiplies taps+3 pixels by Bᵀ
	output         func(m [6]float32) [6]float32 // multiplies taps+3 points by Aᵀ: 4 pixels
	weights        func(g [6]float32) [6]float32 // multiplies taps weights by G
	gradient       func(y [6]float32) [6]float32 // multiplies 4 pixels by A
	weightGradient func(u [6]float32) [6]float32 // multiplies taps+3 points by Gᵀ
}

var (
	threeTaps = winogradPasses{3, inputPass3, outputPass3, weightPass3, gradientPass3, weightGradientPass3}
	twoTaps   = winogradPasses{2, inputPass2, outputPass2, weightPass2, gradientPass2, weightGradientPass2}
)

// The points besides 0 and infinity are ±pointP and ±pointQ, or ±pointP and pointQ.
const (
	pointP = 0.75
	pointQ = 1.5

	p2, q2 = pointP * pointP, pointQ * pointQ
	p3, q3 = p2 * pointP, q2 * pointQ

	// The products of a point's distances to the others: of ±pointP and ±pointQ with
	// three taps, of pointP, -pointP and pointQ with two.
	product3P      = 2 * p2 * (p2 - q2)
	product3Q      = 2 * q2 * (q2 - p2)
	product2P      = 2 * p2 * (pointP - pointQ)
	product2MinusP = -2 * p2 * (pointP + pointQ)
	product2Q      = pointQ * (q2 - p2)
)

// inputPass3 has in its rows the coefficients of the product of (x − a) over all
// other points a.
func inputPass3(d [6]float32) [6]float32 {
	e1, o1 := d[4]-q2*d[2], pointP*(d[3]-q2*d[1])
	e2, o2 := d[4]-p2*d[2], pointQ*(d[3]-p2*d[1])
	return [6]float32{
		d[4] - (p2+q2)*d[2] + p2*q2*d[0], e1 + o1, e1 - o1, e2 + o2, e2 - o2, d[5] - (p2+q2)*d[3] + p2*q2*d[1],
	}
}

func inputPass2(d [6]float32) [6]float32 {
	u, v, w := d[3]-p2*d[1], d[2]-p2*d[0], d[4]-p2*d[2]
	e, o := d[3]-pointQ*d[2], pointP*(d[2]-pointQ*d[1])
	return [6]float32{u - pointQ*v, e + o, e - o, u, w - pointQ*u}
}

// outputPass3 has in its columns the powers of the points.
func outputPass3(m [6]float32) [6]float32 {
	s1, d1, s2, d2 := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	return [6]float32{m[0] + s1 + s2, pointP*d1 + pointQ*d2, p2*s1 + q2*s2, m[5] + p3*d1 + q3*d2}
}

func outputPass2(m [6]float32) [6]float32 {
	s, d := m[1]+m[2], m[1]-m[2]
	return [6]float32{m[0] + s + m[3], pointP*d + pointQ*m[3], p2*s + q2*m[3], m[4] + p3*d + q3*m[3]}
}

// weightPass3 takes the weights' polynomial at every point, divided by the product
// of the point's distances to the others.
func weightPass3(g [6]float32) [6]float32 {
	e1, o1 := g[0]*(1/product3P)+g[2]*(p2/product3P), g[1]*(pointP/product3P)
	e2, o2 := g[0]*(1/product3Q)+g[2]*(q2/product3Q), g[1]*(pointQ/product3Q)
	return [6]float32{g[0] * (1 / (p2 * q2)), e1 + o1, e1 - o1, e2 + o2, e2 - o2, g[2]}
}

func weightPass2(g [6]float32) [6]float32 {
	return [6]float32{
		g[0] * (1 / (p2 * pointQ)),
		g[0]*(1/product2P) + g[1]*(pointP/product2P),
		g[0]*(1/product2MinusP) - g[1]*(pointP/product2MinusP),
		g[0]*(1/product2Q) + g[1]*(pointQ/product2Q),
		g[1],
	}
}

// gradientPass3 is the adjoint of outputPass3.
func gradientPass3(y [6]float32) [6]float32 {
	e1, o1 := y[0]+p2*y[2], pointP*(y[1]+p2*y[3])
	e2, o2 := y[0]+q2*y[2], pointQ*(y[1]+q2*y[3])
	return [6]float32{y[0], e1 + o1, e1 - o1, e2 + o2, e2 - o2, y[3]}
}

// gradientPass2 is the adjoint of outputPass2.
func gradientPass2(y [6]float32) [6]float32 {
	e, o := y[0]+p2*y[2], pointP*(y[1]+p2*y[3])
	return [6]float32{y[0], e + o, e - o, y[0] + pointQ*(y[1]+pointQ*(y[2]+pointQ*y[3])), y[3]}
}

// weightGradientPass3 is the adjoint of weightPass3.
func weightGradientPass3(u [6]float32) [6]float32 {
	s1, d1, s2, d2 := u[1]+u[2], u[1]-u[2], u[3]+u[4], u[3]-u[4]
	return [6]float32{
		u[0]*(1/(p2*q2)) + s1*(1/product3P) + s2*(1/product3Q),
		d1*(pointP/product3P) + d2*(pointQ/product3Q),
		s1*(p2/product3P) + s2*(q2/product3Q) + u[5],
	}
}

// weightGradientPass2 is the adjoint of weightPass2.
func weightGradientPass2(u [6]float32) [6]float32 {
	return [6]float32{
		u[0]*(1/(p2*pointQ)) + u[1]*(1/product2P) + u[2]*(1/product2MinusP) + u[3]*(1/product2Q),
		u[1]*(pointP/product2P) - u[2]*(pointP/product2MinusP) + u[3]*(pointQ/product2Q) + u[4],
	}
}
