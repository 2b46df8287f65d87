// Package kernelstest is the conformance suite that every kernels.Backend must
// pass. Each operation is compared with a naive float64 reference on regular
// and odd shapes. Outputs start as NaN, every buffer lies between guard values
// at an odd offset, inputs must come back unchanged, a second run must give the
// same bits, outputs are placed in their inputs where the contract allows it,
// and wrong lengths must panic.
package kernelstest

import (
	"testing"

	"github.com/org/trustmae/kernels"
)

// seed of the random inputs.
const seed = 20240527

// groups are the cases by part of the contract.
var groups = []struct {
	name  string
	cases func(*source) []call
}{
	{"Storage", storageCases},
	{"Unary", unaryCases},
	{"Binary", binaryCases},
	{"Update", updateCases},
	{"MatMul", matMulCases},
	{"Conv2d", convCases},
	{"MaxPool2d", poolCases},
	{"FilterSeparable", filterCases},
	{"Permute", permuteCases},
	{"PadReflect", padCases},
	{"ResizeBilinear", resizeCases},
	{"Reduce", reduceCases},
	{"Norm", normCases},
	{"UnitDistance", unitCases},
	{"Rows", rowCases},
	{"ReadMemory", memoryCases},
}

// Run checks a backend. open is called once for each group of operations, as is
// every one of others, which must give the same bits in every case: the same
// instruction set on another number of threads.
func Run(t *testing.T, open func() kernels.Backend, others ...func() kernels.Backend) {
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			b := open()
			twins := make([]kernels.Backend, len(others))
			for i, f := range others {
				twins[i] = f()
			}
			for _, c := range g.cases(newSource(seed)) {
				t.Run(c.name, func(t *testing.T) {
					if err := c.check(b, twins); err != nil {
						t.Error(err)
					}
				})
			}
			if use := b.Stats().InUse; use != 0 {
				t.Errorf("Stats: %d bytes in use after everything was freed, want 0", use)
			}
		})
	}
}
