package main

// The interpolation points besides 0 and infinity are ±pointP and ±pointQ with three
// taps, ±pointP and pointQ with two.
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

// arithmetic is what an instruction set does with vector registers, which are
// numbers.
type arithmetic interface {
	move(dst, src int)
	add(dst, a, b int)
	subtract(dst, a, b int)         // dst = a − b
	multiply(dst, a, b int)         // dst = a·b
	multiplyAdd(dst, a, b int)      // dst += a·b
	multiplySubtract(dst, a, b int) // dst −= a·b
}

// winogradPass is a transformation along one axis: of registers 0 and up, spoiling
// those up to 7, with constants in the registers c. emit returns the results'
// registers.
type winogradPass struct {
	constants []float64
	emit      func(a arithmetic, c []int) []int
}

// winogradScheme is the transformations of F(4, taps), as the plain twins compute
// them.
type winogradScheme struct {
	taps                                             int
	input, output, weights, gradient, weightGradient winogradPass
}

// side is the number of points.
func (s winogradScheme) side() int { return s.taps + 3 }

var winogradSchemes = []winogradScheme{
	{
		2,
		winogradPass{[]float64{p2, pointQ, pointP}, inputPass2},
		winogradPass{[]float64{pointP, pointQ, p2, q2, p3, q3}, outputPass2},
		winogradPass{weightConstants2, weightPass2},
		winogradPass{[]float64{pointP, pointQ, p2}, gradientPass2},
		winogradPass{weightConstants2, weightGradientPass2},
	},
	{
		3,
		winogradPass{[]float64{p2 * q2, p2 + q2, q2, p2, pointP, pointQ}, inputPass3},
		winogradPass{[]float64{pointP, pointQ, p2, q2, p3, q3}, outputPass3},
		winogradPass{weightConstants3, weightPass3},
		winogradPass{[]float64{pointP, pointQ, p2, q2}, gradientPass3},
		winogradPass{weightConstants3, weightGradientPass3},
	},
}

// weightConstants3 are what multiplies the zeroth, first and second weight: at 0,
// then at ±pointP and at ±pointQ.
var weightConstants3 = []float64{
	1 / (p2 * q2),
	1 / product3P, pointP / product3P, p2 / product3P,
	1 / product3Q, pointQ / product3Q, q2 / product3Q,
}

// weightConstants2 are what multiplies the zeroth and first weight: at 0, pointP,
// -pointP and pointQ.
var weightConstants2 = []float64{
	1 / (p2 * pointQ),
	1 / product2P, pointP / product2P,
	1 / product2MinusP, pointP / product2MinusP,
	1 / product2Q, pointQ / product2Q,
}

func inputPass3(a arithmetic, c []int) []int {
	a.move(6, 4)
	a.multiplySubtract(6, 2, c[1])
	a.multiplyAdd(6, 0, c[0]) // 6: d4 - (p²+q²)d2 + p²q²d0
	a.multiplySubtract(5, 3, c[1])
	a.multiplyAdd(5, 1, c[0]) // 5: d5 - (p²+q²)d3 + p²q²d1
	a.move(0, 4)
	a.multiplySubtract(0, 2, c[2]) // 0: d4 - q²d2
	a.move(7, 3)
	a.multiplySubtract(7, 1, c[2]) // 7: d3 - q²d1
	a.multiplySubtract(4, 2, c[3]) // 4: d4 - p²d2
	a.multiplySubtract(3, 1, c[3]) // 3: d3 - p²d1
	a.move(1, 0)
	a.multiplyAdd(1, 7, c[4])
	a.multiplySubtract(0, 7, c[4])
	a.move(2, 4)
	a.multiplyAdd(2, 3, c[5])
	a.multiplySubtract(4, 3, c[5])
	return []int{6, 1, 0, 2, 4, 5}
}

func inputPass2(a arithmetic, c []int) []int {
	a.move(5, 3)
	a.multiplySubtract(5, 1, c[0]) // 5: d3 - p²d1
	a.move(6, 2)
	a.multiplySubtract(6, 0, c[0]) // 6: d2 - p²d0
	a.multiplySubtract(4, 2, c[0]) // 4: d4 - p²d2
	a.multiplySubtract(4, 5, c[1])
	a.move(0, 5)
	a.multiplySubtract(0, 6, c[1])
	a.multiplySubtract(3, 2, c[1]) // 3: d3 - q·d2
	a.multiplySubtract(2, 1, c[1]) // 2: d2 - q·d1
	a.move(1, 3)
	a.multiplyAdd(1, 2, c[2])
	a.multiplySubtract(3, 2, c[2])
	return []int{0, 1, 3, 5, 4}
}

func outputPass3(a arithmetic, c []int) []int {
	a.add(6, 1, 2)
	a.subtract(1, 1, 2)
	a.add(7, 3, 4)
	a.subtract(3, 3, 4)
	a.add(0, 0, 6)
	a.add(0, 0, 7)
	a.multiply(2, 1, c[0])
	a.multiplyAdd(2, 3, c[1])
	a.multiply(4, 6, c[2])
	a.multiplyAdd(4, 7, c[3])
	a.multiplyAdd(5, 1, c[4])
	a.multiplyAdd(5, 3, c[5])
	return []int{0, 2, 4, 5}
}

func outputPass2(a arithmetic, c []int) []int {
	a.add(5, 1, 2)
	a.subtract(1, 1, 2)
	a.add(0, 0, 5)
	a.add(0, 0, 3)
	a.multiply(2, 1, c[0])
	a.multiplyAdd(2, 3, c[1])
	a.multiply(6, 5, c[2])
	a.multiplyAdd(6, 3, c[3])
	a.multiplyAdd(4, 1, c[4])
	a.multiplyAdd(4, 3, c[5])
	return []int{0, 2, 6, 4}
}

func weightPass3(a arithmetic, c []int) []int {
	a.multiply(3, 0, c[1])
	a.multiplyAdd(3, 2, c[3]) // 3: (g0 + p²g2)/product3P
	a.multiply(5, 0, c[4])
	a.multiplyAdd(5, 2, c[6]) // 5: (g0 + q²g2)/product3Q
	a.multiply(0, 0, c[0])
	a.move(4, 3)
	a.multiplyAdd(3, 1, c[2])
	a.multiplySubtract(4, 1, c[2])
	a.move(6, 5)
	a.multiplyAdd(5, 1, c[5])
	a.multiplySubtract(6, 1, c[5])
	return []int{0, 3, 4, 5, 6, 2}
}

func weightPass2(a arithmetic, c []int) []int {
	a.multiply(2, 0, c[1])
	a.multiplyAdd(2, 1, c[2])
	a.multiply(3, 0, c[3])
	a.multiplySubtract(3, 1, c[4])
	a.multiply(4, 0, c[5])
	a.multiplyAdd(4, 1, c[6])
	a.multiply(0, 0, c[0])
	return []int{0, 2, 3, 4, 1}
}

func gradientPass3(a arithmetic, c []int) []int {
	for i := range 2 {
		even, odd, square := 4+2*i, 5+2*i, c[2+i]
		a.move(even, 0)
		a.multiplyAdd(even, 2, square)
		a.move(odd, 1)
		a.multiplyAdd(odd, 3, square)
	}
	for i := range 2 {
		even, odd := 4+2*i, 5+2*i
		a.move(1+i, even)
		a.multiplyAdd(1+i, odd, c[i])
		a.multiplySubtract(even, odd, c[i])
	}
	return []int{0, 1, 4, 2, 6, 3}
}

func gradientPass2(a arithmetic, c []int) []int {
	a.move(4, 2)
	a.multiplyAdd(4, 3, c[1])
	a.move(5, 1)
	a.multiplyAdd(5, 4, c[1])
	a.move(6, 0)
	a.multiplyAdd(6, 5, c[1]) // 6: y0 + q(y1 + q(y2 + q·y3))
	a.move(4, 0)
	a.multiplyAdd(4, 2, c[2]) // 4: y0 + p²y2
	a.multiplyAdd(1, 3, c[2]) // 1: y1 + p²y3
	a.move(2, 4)
	a.multiplyAdd(2, 1, c[0])
	a.multiplySubtract(4, 1, c[0])
	return []int{0, 2, 4, 6, 3}
}

func weightGradientPass3(a arithmetic, c []int) []int {
	a.add(6, 1, 2)
	a.subtract(1, 1, 2)
	a.add(7, 3, 4)
	a.subtract(3, 3, 4)
	a.multiply(0, 0, c[0])
	a.multiplyAdd(0, 6, c[1])
	a.multiplyAdd(0, 7, c[4])
	a.multiply(2, 1, c[2])
	a.multiplyAdd(2, 3, c[5])
	a.multiplyAdd(5, 6, c[3])
	a.multiplyAdd(5, 7, c[6])
	return []int{0, 2, 5}
}

func weightGradientPass2(a arithmetic, c []int) []int {
	a.multiply(0, 0, c[0])
	a.multiplyAdd(0, 1, c[1])
	a.multiplyAdd(0, 2, c[3])
	a.multiplyAdd(0, 3, c[5])
	a.multiplyAdd(4, 1, c[2])
	a.multiplySubtract(4, 2, c[4])
	a.multiplyAdd(4, 3, c[6])
	return []int{0, 4}
}
