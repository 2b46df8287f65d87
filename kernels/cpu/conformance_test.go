package cpu

import (
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/kernelstest"
)

// open returns a backend or fails the test.
func open(t testing.TB, table string, threads int) *Backend {
	t.Helper()
	b, err := New(Options{Table: table, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConformance(t *testing.T) {
	for _, table := range List() {
		t.Run(table, func(t *testing.T) {
			kernelstest.Run(t,
				func() kernels.Backend { return open(t, table, 2) },
				func() kernels.Backend { return open(t, table, 1) })
		})
	}
}
