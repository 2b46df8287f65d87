package shape

import "fmt"

// CheckBlend panics where lists do not have as many inputs and factors as outputs.
func CheckBlend(op string, y, x, take int) {
	if x != y || take != y {
		panic(fmt.Sprintf("%s: %d outputs, %d inputs and %d factors, want equal numbers", op, y, x, take))
	}
}

// CheckAdam panics where an optimiser's lists do not have as many gradients and
// moments as parameters.
func CheckAdam(op string, p, g, m, v int) {
	if g != p || m != p || v != p {
		panic(fmt.Sprintf("%s: %d parameters, %d gradients, %d and %d moments, want equal numbers", op, p, g, m, v))
	}
}
