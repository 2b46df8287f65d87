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
	noStandIn = standin.Use()
	os.Exit(m.Run())
}

// open returns a backend, or skips where there is none.
func open(t testing.TB) *Backend {
	t.Helper()
	if noStandIn != nil {
		standin.Skip(t, noStandIn)
	}
	b, err := Open(Options{})
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
