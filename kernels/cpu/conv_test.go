package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
)

// eachTable runs a test on a backend of every table that the processor has.
func eachTable(t *testing.T, f func(t *testing.T, b *Backend)) {
	t.Helper()
	for _, name := range List() {
		t.Run(name, func(t *testing.T) {
			b, err := New(Options{Table: name, Threads: 2})
			require.NoError(t, err)
			f(t, b)
		})
	}
}

// convCase is one convolution's tensors, on the host.
type convCase struct {
	want           *[3][]float64 // y with bias, dx, dw; once computed
	s              kernels.ConvShape
	x, w, bias, dy []float32
	slack          float64 // how much larger errors may be than of a direct sum
}

func newConvCase(s kernels.ConvShape, seed uint64) *convCase {
	rng := rand.New(rand.NewPCG(seed, 1))
	return &convCase{
		s: s, x: normals(rng, s.XLen()), w: normals(rng, s.WLen()),
		bias: normals(rng, s.OutC), dy: normals(rng, s.YLen()), slack: 1,
	}
}

func normals(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// reference computes y, dx and dw in float64, by the definition.
func (c *convCase) reference(withBias bool) (y, dx, dw []float64) {
	return c.sums(withBias, true, true, true)
}

// sums is reference for the passes that are asked for; the others are zeros.
func (c *convCase) sums(withBias, forward, data, weights bool) (y, dx, dw []float64) {
	s := c.s
	y, dx, dw = make([]float64, s.YLen()), make([]float64, s.XLen()), make([]float64, s.WLen())
	yi := 0
	for n := range s.N {
		for oc := range s.OutC {
			for oy := range s.OutH {
				for ox := range s.OutW {
					if withBias {
						y[yi] = float64(c.bias[oc])
					}
					for ic := range s.InC {
						for kh := range s.KH {
							for kw := range s.KW {
								iy, ix := oy*s.Stride-s.Pad+kh*s.Dil, ox*s.Stride-s.Pad+kw*s.Dil
								if iy < 0 || iy >= s.InH || ix < 0 || ix >= s.InW {
									continue
								}
								xi := ((n*s.InC+ic)*s.InH+iy)*s.InW + ix
								wi := ((oc*s.InC+ic)*s.KH+kh)*s.KW + kw
								if forward {
									y[yi] += float64(c.x[xi]) * float64(c.w[wi])
								}
								if data {
									dx[xi] += float64(c.dy[yi]) * float64(c.w[wi])
								}
								if weights {
									dw[wi] += float64(c.dy[yi]) * float64(c.x[xi])
								}
							}
						}
					}
					yi++
				}
			}
		}
	}
	return y, dx, dw
}

// guarded is a buffer inside a larger one whose margins must stay as they are;
// outputs start as NaN.
type guarded struct {
	b     *Backend
	whole kernels.Buffer
	kernels.Buffer
}

const margin, canary = 19, float32(123.25)

func guard(b *Backend, values []float32, n int) guarded {
	host := make([]float32, n+2*margin)
	for i := range host {
		host[i] = canary
	}
	for i := range n {
		host[margin+i] = float32(math.NaN())
	}
	copy(host[margin:], values)
	whole := b.Alloc(len(host))
	b.Upload(whole, host)
	return guarded{b, whole, whole.Slice(margin, n)}
}

func (g guarded) values(t *testing.T) []float32 {
	t.Helper()
	host := make([]float32, g.whole.Len())
	g.b.Download(host, g.whole)
	for i := range margin {
		require.Equal(t, canary, host[i], "canary %d before", i)
		require.Equal(t, canary, host[len(host)-1-i], "canary %d from the end", i)
	}
	return host[margin : len(host)-margin]
}

// requireClose compares sums of terms products of standard normals.
func requireClose(t *testing.T, what string, got []float32, want []float64, terms int, slack float64) {
	t.Helper()
	tol := 4e-6 * slack * math.Sqrt(float64(terms)+1)
	for i := range want {
		if diff := math.Abs(float64(got[i]) - want[i]); !(diff <= tol) {
			t.Fatalf("%s[%d] = %v, want %v (tolerance %v)", what, i, got[i], want[i], tol)
		}
	}
}

// poison fills the arena's free memory with NaN, so that reading scratch before
// writing it shows.
func poison(b *Backend) {
	fill := func(data []float32) {
		for i := range data {
			data[i] = float32(math.NaN())
		}
	}
	for _, list := range b.arena.free {
		for _, data := range list {
			fill(data)
		}
	}
	for _, r := range b.arena.regions {
		for _, f := range r.free {
			fill(r.data[f.offset : f.offset+f.length])
		}
	}
}

// check runs forward, backward-data and backward-weights on b, twice: the second
// time scratch memory starts as NaN.
func (c *convCase) check(t *testing.T, b *Backend) {
	t.Helper()
	s := c.s
	if c.want == nil {
		y, dx, dw := c.reference(true)
		c.want = &[3][]float64{y, dx, dw}
	}
	x, w, bias, dy := guard(b, c.x, s.XLen()), guard(b, c.w, s.WLen()), guard(b, c.bias, s.OutC), guard(b, c.dy, s.YLen())
	for range 2 {
		y, dx, dw := guard(b, nil, s.YLen()), guard(b, nil, s.XLen()), guard(b, nil, s.WLen())
		b.Conv2d(y.Buffer, x.Buffer, w.Buffer, bias.Buffer, s, 1)
		requireClose(t, "y", y.values(t), c.want[0], s.InC*s.KH*s.KW, c.slack)
		b.Conv2dBackwardData(dx.Buffer, dy.Buffer, w.Buffer, s)
		requireClose(t, "dx", dx.values(t), c.want[1], s.OutC*s.KH*s.KW, c.slack)
		b.Conv2dBackwardWeights(dw.Buffer, x.Buffer, dy.Buffer, s)
		requireClose(t, "dw", dw.values(t), c.want[2], s.N*s.OutH*s.OutW, c.slack)
		poison(b)
	}
	require.Equal(t, c.x, x.values(t))
	require.Equal(t, c.w, w.values(t))
	require.Equal(t, c.dy, dy.values(t))
}

// results are y without bias, dx and dw on b.
func (c *convCase) results(t *testing.T, b *Backend) [3][]float32 {
	t.Helper()
	s := c.s
	x, w, dy := guard(b, c.x, s.XLen()), guard(b, c.w, s.WLen()), guard(b, c.dy, s.YLen())
	y, dx, dw := guard(b, nil, s.YLen()), guard(b, nil, s.XLen()), guard(b, nil, s.WLen())
	b.Conv2d(y.Buffer, x.Buffer, w.Buffer, nil, s, 1)
	b.Conv2dBackwardData(dx.Buffer, dy.Buffer, w.Buffer, s)
	b.Conv2dBackwardWeights(dw.Buffer, x.Buffer, dy.Buffer, s)
	return [3][]float32{y.values(t), dx.values(t), dw.values(t)}
}

func TestConvAgainstReference(t *testing.T) {
	shapes := []kernels.ConvShape{
		kernels.NewConvShape(1, 1, 1, 1, 1, 1, 1, 1, 0, 1),
		kernels.NewConvShape(2, 3, 5, 7, 4, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 5, 9, 6, 33, 3, 3, 2, 1, 1),
		kernels.NewConvShape(2, 4, 8, 8, 3, 4, 4, 2, 1, 1),
		kernels.NewConvShape(1, 3, 23, 19, 17, 11, 11, 4, 2, 1),
		kernels.NewConvShape(1, 35, 7, 7, 3, 7, 7, 1, 3, 1),
		kernels.NewConvShape(1, 2, 9, 11, 5, 3, 3, 1, 2, 2),
		kernels.NewConvShape(1, 2, 9, 11, 5, 3, 3, 2, 2, 2),
		kernels.NewConvShape(1, 3, 12, 10, 2, 1, 1, 3, 0, 1),
		kernels.NewConvShape(1, 3, 12, 10, 2, 5, 2, 3, 2, 1),
		kernels.NewConvShape(1, 64, 4, 4, 70, 3, 3, 1, 1, 1),
		kernels.NewConvShape(2, 40, 16, 16, 64, 4, 4, 2, 1, 1),
		kernels.NewConvShape(6, 128, 5, 7, 128, 3, 3, 1, 2, 2), // images together
		kernels.NewConvShape(4, 80, 9, 8, 75, 5, 5, 2, 1, 1),
		kernels.NewConvShape(1, 10, 62, 40, 130, 3, 3, 2, 1, 1), // strips of pixels of two heights
		kernels.NewConvShape(1, 5, 4, 30, 20, 3, 3, 1, 60, 1),   // strips of padding alone
		kernels.NewConvShape(1, 5, 16, 1, 6, 1, 1, 20, 5, 1),    // columns of padding alone
	}
	var cases []*convCase
	for i, s := range shapes {
		cases = append(cases, newConvCase(s, uint64(i)))
	}
	checkAll(t, cases)
}

// checkAll checks cases on every table.
func checkAll(t *testing.T, cases []*convCase) {
	eachTable(t, func(t *testing.T, b *Backend) {
		for i, c := range cases {
			t.Run(fmt.Sprint(i, " ", c.s), func(t *testing.T) { c.check(t, b) })
		}
	})
}

func TestConvRandomShapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var cases []*convCase
	for len(cases) < 60 {
		k := []int{1, 2, 3, 4, 5, 7}
		kh, kw := k[rng.IntN(6)], k[rng.IntN(6)]
		dil, pad := 1+rng.IntN(2), rng.IntN(4)
		h, w := 1+rng.IntN(20), 1+rng.IntN(20)
		if h+2*pad < dil*(kh-1)+1 || w+2*pad < dil*(kw-1)+1 {
			continue
		}
		s := kernels.NewConvShape(1+rng.IntN(2), 1+rng.IntN(40), h, w, 1+rng.IntN(40), kh, kw, 1+rng.IntN(4), pad, dil)
		cases = append(cases, newConvCase(s, uint64(len(cases))))
	}
	checkAll(t, cases)
}

// TestConvPropagatesNaN checks that a NaN, and an infinity, in an input reaches
// every output that depends on it and, without Winograd, no other.
func TestConvPropagatesNaN(t *testing.T) {
	shapes := []kernels.ConvShape{
		kernels.NewConvShape(1, 4, 9, 9, 5, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 4, 9, 9, 3, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 3, 9, 60, 9, 3, 3, 1, 1, 1),
		kernels.NewConvShape(1, 3, 9, 120, 9, 4, 4, 2, 1, 1),
		kernels.NewConvShape(1, 33, 10, 9, 34, 4, 4, 2, 1, 1),
		kernels.NewConvShape(1, 64, 16, 16, 64, 3, 3, 1, 1, 1),
	}
	eachTable(t, func(t *testing.T, b *Backend) {
		for _, s := range shapes {
			for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
				c := newConvCase(s, 4)
				c.x[s.InH*s.InW+4*s.InW+4] = float32(bad)
				want, _, _ := c.reference(false)
				x, w, y := guard(b, c.x, s.XLen()), guard(b, c.w, s.WLen()), guard(b, nil, s.YLen())
				b.Conv2d(y.Buffer, x.Buffer, w.Buffer, nil, s, 1)
				for i, v := range y.values(t) {
					finite := !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
					wantFinite := !math.IsNaN(want[i]) && !math.IsInf(want[i], 0)
					if finite != wantFinite && (finite || forwardCorrelation(s).suitsWinograd() == nil) {
						t.Fatalf("%v: output %d is %v, want %v", s, i, v, want[i])
					}
				}
			}
		}
	})
}
