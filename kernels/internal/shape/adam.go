package shape

import "fmt"

// CheckAdam panics where an optimiser's lists do not have as many gradients and
// moments as parameters.
func CheckAdam(op string, p, g, m, v int) {
	if g != p || m != p || v != p {
		panic(fmt.Sprintf("%s: %d parameters, %d gradients, %d and %d moments, want equal numbers", op, p, g, m, v))
	}
}
