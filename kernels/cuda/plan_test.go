package cuda

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// values are a buffer that begins at a value of a made-up memory.
func values(at, n int) *buffer {
	return &buffer{ptr: driver.Ptr(1<<20 + valueBytes*at), n: n, root: &root{freed: new(atomic.Bool)}}
}

// unaryStep is y = -x, binaryStep y = p+q with p and q repeated where they are short.
func unaryStep(y, x *buffer) step {
	return step{f: function(kernels.Affine), a: -1, n: y.n, y: y.flat(), p: x.flat(), freed: y.root.freed}
}

func binaryStep(y, p, q *buffer) step {
	s := step{f: binaryFunctions, n: y.n, y: y.flat(), p: p.flat(), q: q.flat(), freed: y.root.freed}
	for _, o := range []*operand{&s.p, &s.q} {
		if o.end-o.at == valueBytes && y.n > 1 {
			o.stride = 0
		}
	}
	return s
}

// shapeOf tells of each launch's jobs how many steps they have.
func shapeOf(p *plan) (list [][]int) {
	for _, l := range p.levels {
		var jobs []int
		for _, j := range l.jobs {
			jobs = append(jobs, len(j.steps))
		}
		list = append(list, jobs)
	}
	return list
}

func TestPlan(t *testing.T) {
	const small, large = blockValues, blockValues + 1
	x, y, z := values(0, large), values(2*large, large), values(4*large, large)
	part := func(b *buffer, n int) *buffer { return b.Slice(0, n).(*buffer) }
	one := values(6*large, 1)
	for name, c := range map[string]struct {
		steps []step
		want  [][]int
	}{
		"index by index":                {[]step{unaryStep(y, x), binaryStep(z, y, x), unaryStep(z, z)}, [][]int{{3}}},
		"nothing in common":             {[]step{unaryStep(y, x), unaryStep(z, x)}, [][]int{{1, 1}}},
		"two jobs become one":           {[]step{unaryStep(y, x), unaryStep(z, x), binaryStep(x, y, z)}, [][]int{{3}}},
		"a value for all, within reach": {[]step{unaryStep(one, one), binaryStep(part(y, small), part(x, small), one)}, [][]int{{2}}},
		"a value for all, beyond":       {[]step{unaryStep(one, one), binaryStep(y, x, one), unaryStep(z, y)}, [][]int{{1}, {2}}},
		"read at other indices":         {[]step{unaryStep(y, x), unaryStep(part(z, small), y.Slice(1, small).(*buffer))}, [][]int{{1}, {1}}},
		"overwritten at other indices":  {[]step{unaryStep(part(z, small), y.Slice(1, small).(*buffer)), unaryStep(y, x)}, [][]int{{1}, {1}}},
		"written twice, beside":         {[]step{unaryStep(y, x), unaryStep(y.Slice(1, small).(*buffer), part(x, small))}, [][]int{{1}, {1}}},
		"the last goes first":           {[]step{unaryStep(one, one), binaryStep(y, x, one), unaryStep(z, x)}, [][]int{{1, 1}, {1}}},
	} {
		require.Equal(t, c.want, shapeOf(newPlan(c.steps)), name)
	}
}

// A launch takes no more than its arguments hold; the rest comes in further ones, in
// an order that keeps what depends on it behind.
func TestPlanOfMany(t *testing.T) {
	var apart, chain, walks []step
	x := values(0, 6)
	for i := range 2 * mostSteps {
		y := values(100*(i+1), 6)
		apart = append(apart, unaryStep(y, x))
		chain = append(chain, unaryStep(x, x))
		s := binaryStep(x, x, y)
		s.walk, s.q.walked = &operands{}, true
		walks = append(walks, s)
	}
	for _, steps := range [][]step{apart, chain, walks} {
		p := newPlan(steps)
		launchOf := make(map[int]int)
		for l, level := range p.levels {
			_, blocks := p.arguments(level)
			require.Equal(t, len(level.jobs), blocks, "each has 6 values")
			for _, j := range level.jobs {
				for _, i := range j.steps {
					launchOf[i] = l
				}
			}
		}
		require.Len(t, launchOf, len(steps))
		for i := range steps {
			for earlier := range i {
				if steps[i].on(&steps[earlier]) != independent {
					require.LessOrEqual(t, launchOf[earlier], launchOf[i])
				}
			}
		}
	}
	require.Len(t, newPlan(apart).levels, 5, "of 24 jobs each")
	require.Len(t, newPlan(chain).levels, 2, "of 56 steps each")
	require.Len(t, newPlan(walks).levels, 12, "of 10 walks each")
}

// What only passes from step to step is not written.
func TestPassedResults(t *testing.T) {
	x, y, z := values(0, 9000), values(10000, 9000), values(20000, 9000)
	written := func(steps ...step) (list []bool) {
		p := newPlan(steps)
		require.Len(t, p.levels, 1)
		args, blocks := p.arguments(p.levels[0])
		require.Equal(t, ceilDiv(9000, blockValues), blocks)
		for i := range steps {
			list = append(list, args.steps[i].y != 0)
		}
		return list
	}
	require.Equal(t, []bool{true, true}, written(unaryStep(y, x), unaryStep(z, y)), "y is alive")
	require.Equal(t, []bool{false, true}, written(unaryStep(y, x), unaryStep(y, y)), "y is overwritten")
	y.root.freed.Store(true)
	require.Equal(t, []bool{false, true}, written(unaryStep(y, x), unaryStep(z, y)), "y is freed")
	require.Equal(t, []bool{false, true}, written(unaryStep(y, x), binaryStep(z, y, y)), "both operands are passed")
	require.Equal(t, []bool{true, true, true}, written(unaryStep(y, x), unaryStep(z, y), binaryStep(x, z, y)), "y is read from memory")
	short := y.Slice(0, 5000).(*buffer)
	require.Equal(t, []bool{true, true}, written(unaryStep(short, x.Slice(0, 5000).(*buffer)), binaryStep(z, y, x)), "the step before has not all values")
}
