package memae

// below orders scores; NaN comes before every number.
func below(a, b float32) bool { return a < b || a != a && b == b }

// largestLast reorders values so that the given number of largest ones, at least
// one, come last, and returns them in any order (Hoare's selection with the
// median of three).
func largestLast(values []float32, count int) []float32 {
	first := len(values) - count
	for lo, hi := 0, len(values)-1; lo < hi; {
		pivot := median(values[lo], values[(lo+hi)/2], values[hi])
		i, j := lo, hi
		for i <= j {
			for below(values[i], pivot) {
				i++
			}
			for below(pivot, values[j]) {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case first <= j:
			hi = j
		case first >= i:
			lo = i
		default:
			lo = hi
		}
	}
	return values[first:]
}

// median returns the middle one of three.
func median(a, b, c float32) float32 {
	if below(b, a) {
		a, b = b, a
	}
	switch {
	case below(c, a):
		return a
	case below(b, c):
		return b
	}
	return c
}
