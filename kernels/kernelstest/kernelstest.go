// Package kernelstest is the conformance suite that every kernels.Backend must
// pass. Each operation is compared with a naive float64 reference on regular, odd
// and random shapes. Outputs start as NaN, every buffer lies between guard values
// at an odd offset, inputs must come back unchanged, a second run must give the
// same bits, as must the operation recorded and then done where the backend can,
// outputs are placed in their inputs where the contract allows it, and wrong lengths
// must panic. Under -short every operation meets its first case and
// a third of the others, the same ones in every run; those are also the ones that are
// recorded. [Fuzz] looks for further shapes.
package kernelstest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/org/trustmae/kernels"
)

// seed of the random inputs.
const seed = 20240527

// group is a part of the contract.
type group struct {
	name   string
	cases  func(*source) []call  // at chosen shapes
	random func(*Decoder) []call // at any, unless nil; none where the shape would be too large
}

// groups are the cases by part of the contract.
var groups = []group{
	{"Storage", storageCases, randomStorage},
	{"Unary", unaryCases, randomUnary},
	{"Binary", binaryCases, randomBinary},
	{"Update", updateCases, randomUpdate},
	{"MatMul", matMulCases, randomMatMul},
	{"Conv2d", everyConvCase, randomConv},
	{"MaxPool2d", poolCases, randomPool},
	{"FilterSeparable", filterCases, randomFilter},
	{"SSIM", ssimCases, randomSSIM},
	{"Permute", permuteCases, randomPermute},
	{"PadReflect", padCases, randomPad},
	{"ResizeBilinear", resizeCases, randomResize},
	{"Reduce", reduceCases, randomReduce},
	{"Norm", normCases, randomNorm},
	{"UnitDistance", unitCases, randomUnit},
	{"Rows", rowCases, randomRows},
	{"ReadMemory", memoryCases, randomMemory},
	{imagingGroup, photoCases, randomPhotos},
}

// imagingGroup is left out for backends that are no [kernels.Imaging].
const imagingGroup = "Imaging"

// Run checks a backend. open is called once for each group of operations, as is
// every one of others, which must give the same bits in every case: the same
// instruction set on another number of threads.
func Run(t *testing.T, open func() kernels.Backend, others ...func() kernels.Backend) {
	runOptional(t, open)
	for _, g := range groups {
		g.run(t, 0, open, others)
	}
}

// RunGroup is Run for the group of operations of a name.
func RunGroup(t *testing.T, name string, open func() kernels.Backend) {
	at := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
	if at < 0 {
		t.Fatalf("kernelstest.RunGroup: no group %q", name)
	}
	groups[at].run(t, 0, open, nil)
}

// RunConvolutions checks the convolutions of a backend that sums up products
// directly, with factors rounded to a relative error of at most u. On the inputs of
// [Run] its results may be off by what that makes of them; on small whole numbers,
// which rounding does not change, they must be exact.
func RunConvolutions(t *testing.T, u float64, open func() kernels.Backend) {
	end := []convEnd{{true, 0.2}} // what follows the sums is checked by Run
	group{"Rounded", func(s *source) []call { return convCases(s, end) }, randomConv}.run(t, u, open, nil)
	group{"Whole", func(s *source) []call {
		s.whole = true
		list := convCases(s, end)
		for i := range list {
			list[i].tol = 0
		}
		return list
	}, nil}.run(t, 0, open, nil)
}

// run checks a group of operations.
func (g group) run(t *testing.T, rounding float64, open func() kernels.Backend, others []func() kernels.Backend) {
	t.Run(g.name, func(t *testing.T) {
		b := open()
		if _, is := b.(kernels.Imaging); g.name == imagingGroup && !is {
			t.Skipf("%s leaves photos to the host", b.Name())
		}
		twins := make([]kernels.Backend, len(others))
		for i, f := range others {
			twins[i] = f()
		}
		cases := append(g.cases(newSource(seed)), g.randoms()...)
		third(cases)
		if testing.Short() {
			cases = slices.DeleteFunc(cases, func(c call) bool { return !c.record })
		}
		for _, c := range cases {
			c.rounding = rounding
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

// third has the first case of every operation and a third of the others recorded. They
// are drawn, since a regular choice of a regular list would leave out whole kinds.
func third(cases []call) {
	rng := rand.New(rand.NewPCG(seed, 3))
	seen := make(map[string]bool)
	for i := range cases {
		operation, _, _ := strings.Cut(cases[i].name, "/")
		drawn := rng.IntN(3) == 0
		cases[i].record = drawn || !seen[operation]
		seen[operation] = true
	}
}
