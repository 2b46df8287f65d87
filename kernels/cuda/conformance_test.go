package cuda

import (
	"errors"
	"os"
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/standin"
	"github.com/org/trustmae/kernels/kernelstest"
)

// noStandIn is why there is no stand-in for the driver, nil where it is there.
var noStandIn error

func TestMain(m *testing.M) {
	noStandIn = standin.UseDNN()
	os.Exit(m.Run())
}

// open returns a backend in single precision, or skips where there is none.
func open(t testing.TB) *Backend {
	t.Helper()
	return openWith(t, Options{Precision: F32})
}

func openWith(t testing.TB, o Options) *Backend {
	t.Helper()
	if noStandIn != nil {
		standin.Skip(t, noStandIn)
	}
	b, err := Open(o)
	if err != nil {
		if errors.Is(err, ErrNotBuilt) {
			standin.Skip(t, err)
		}
		t.Fatal(err)
	}
	return b
}

func TestConformance(t *testing.T) {
	open(t) // or skip
	kernelstest.Run(t, func() kernels.Backend { return open(t) })
}

// Convolutions of every precision are as exact as it allows, by the kernels that every
// device has.
func TestPrecisions(t *testing.T) {
	open(t) // or skip
	for _, p := range []Precision{F32, TF32, BF16} {
		t.Run(p.String(), func(t *testing.T) {
			kernelstest.RunConvolutions(t, p.Rounding(), func() kernels.Backend { return openWith(t, Options{Precision: p, Deterministic: true}) })
		})
	}
}
