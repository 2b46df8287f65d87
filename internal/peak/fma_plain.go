package peak

import "runtime"

// fmaPlain runs n rounds of twelve independent multiply-adds as compiled from
// Go, one value at a time: the ceiling of kernels without assembly.
func fmaPlain(n int) {
	var a, b, c, d, e, f, g, h, i, j, k, l float32 = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	const x, y = 0.5, 0.25 // every value approaches 0.5
	for range n {
		a = a*x + y
		b = b*x + y
		c = c*x + y
		d = d*x + y
		e = e*x + y
		f = f*x + y
		g = g*x + y
		h = h*x + y
		i = i*x + y
		j = j*x + y
		k = k*x + y
		l = l*x + y
	}
	runtime.KeepAlive(a + b + c + d + e + f + g + h + i + j + k + l)
}
