package cpu

import (
	"runtime"
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
			first := func() kernels.Backend { return frugal{open(t, table, 1), t} }
			if table == "generic" {
				first = func() kernels.Backend { return open(t, table, 1) } // twins are plain rather than frugal
			}
			kernelstest.Run(t, first, func() kernels.Backend { return open(t, table, 2) })
		})
	}
}

// frugal is a backend whose streams demand that launches but the first allocate nothing:
// of the second and the third, since the runtime may do so at any time, at least one.
type frugal struct {
	*Backend
	t *testing.T
}

func (f frugal) Stream() kernels.Stream { return &frugalStream{f.Backend.Stream(), f.t, 0, 0} }

type frugalStream struct {
	kernels.Stream
	t        *testing.T
	launches int
	second   uint64 // allocations of the second launch
}

func (s *frugalStream) Capture(f func()) (kernels.Graph, error) {
	g, err := s.Stream.Capture(f)
	return frugalGraph{g, s}, err
}

type frugalGraph struct {
	kernels.Graph
	stream *frugalStream
}

func (g frugalGraph) Launch() bool {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ok := g.Graph.Launch()
	runtime.ReadMemStats(&after)
	s, n := g.stream, after.Mallocs-before.Mallocs
	switch s.launches++; s.launches {
	case 2:
		s.second = n
	case 3:
		if n > 0 && s.second > 0 {
			s.t.Errorf("the third launch allocates %d times, %d bytes", n, after.TotalAlloc-before.TotalAlloc)
		}
	}
	return ok
}
