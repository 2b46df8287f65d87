package metrics

import (
	"errors"
	"fmt"
)

// ErrOneClass is wrapped by every metric that needs good and defective samples
// and was given only one of the two.
var ErrOneClass = errors.New("one class is missing")

// ErrNaN is wrapped by every metric that met a score that is not a number.
var ErrNaN = errors.New("score is NaN")

// classesPresent returns an error wrapping [ErrOneClass] unless both counts are
// positive; unit is "image" or "pixel".
func classesPresent(op, unit string, good, defective int) error {
	switch {
	case good > 0 && defective > 0:
		return nil
	case good == 0 && defective == 0:
		return fmt.Errorf("metrics: %s: %w: there are no %ss at all; give good and defective ones", op, ErrOneClass, unit)
	case defective == 0:
		return fmt.Errorf("metrics: %s: %w: none of %d %ss is defective; add defective ones or leave this figure out", op, ErrOneClass, good, unit)
	default:
		return fmt.Errorf("metrics: %s: %w: all %d %ss are defective; add good ones or leave this figure out", op, ErrOneClass, defective, unit)
	}
}

// sameLength panics unless got, the number of things of a kind, is want.
func sameLength(op, what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("metrics.%s: got %d %s, want %d", op, got, what, want))
	}
}
