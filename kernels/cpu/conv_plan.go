package cpu

import (
	"fmt"
	"sync"

	"github.com/org/trustmae/kernels"
)

// plan is what a pass of a convolution derives from its shape: how it is computed
// and, but for Winograd's algorithm, how it is cut. It is kept, since the tables
// of a small layer take as long to make as the layer.
type plan struct {
	*correlation
	method    method
	form      string // tells packed weights apart
	cut       cut
	winograd  *winogradShape
	pointwise *pointwiseLayout
	shallow   *shallowLayout
	taps      *tapLayout
}

// method is how a correlation is computed.
type method int

const (
	direct      method = iota
	wide               // vectors along the pixels
	byWinograd         // fewer multiplications
	byPointwise        // 1×1, on the images as they are
	byShallow          // few source channels, vectors along the pixels
	byTaps             // few destination channels, sums of 1×1 convolutions
)

// cut is how a correlation's destination is cut into strips of whole rows, with
// their tables.
type cut struct {
	rows     int // of a strip
	strips   int
	channels int    // source channels of a pass over a strip
	images   int    // whose strips are one
	full     *strip // every strip but the last
	last     *strip // what remains at the bottom
}

// newCut cuts g so that sums over the given number of channels stay in the cache, and
// joins the strips of the given number of images.
func (g *correlation) newCut(k *gemmKernels, channels, images int) cut {
	c := cut{images: images}
	c.rows, c.strips = g.stripRows(channels)
	c.channels = g.passChannels(c.rows, images)
	c.full = g.newStrip(k, c.rows, c.channels, images)
	c.last = c.full
	if rest := g.dst.h - (c.strips-1)*c.rows; rest != c.rows {
		c.last = g.newStrip(k, rest, c.channels, images)
	}
	return c
}

// strip returns the strip with the given number.
func (c *cut) strip(i int) *strip {
	if i == c.strips-1 {
		return c.last
	}
	return c.full
}

// pass is a convolution's or that of its adjoint.
type pass int

const (
	forward pass = iota
	backward
)

// planKey is all that a plan depends on besides the backend.
type planKey struct {
	pass  pass
	shape kernels.ConvShape
}

// plans keeps a backend's plans.
type plans struct {
	mu    sync.Mutex
	byKey map[planKey]*plan
}

// mostPlans is far above the layers of all networks together; where images come
// in any size, plans are made again from time to time.
const mostPlans = 1024

// plan returns the plan of a pass.
func (b *Backend) plan(p pass, s kernels.ConvShape) *plan {
	key := planKey{p, s}
	b.plans.mu.Lock()
	defer b.plans.mu.Unlock()
	if known := b.plans.byKey[key]; known != nil {
		return known
	}
	if b.plans.byKey == nil || len(b.plans.byKey) >= mostPlans {
		b.plans.byKey = make(map[planKey]*plan)
	}
	made := b.newPlan(key)
	b.plans.byKey[key] = made
	return made
}

func (b *Backend) newPlan(key planKey) *plan {
	s, k := key.shape, &b.table.gemm
	p := &plan{correlation: forwardCorrelation(s)}
	if key.pass == backward {
		p.correlation = backwardCorrelation(s)
	}
	if !b.direct {
		p.winograd = p.suitsWinograd()
	}
	switch {
	case p.winograd != nil:
		p.method = byWinograd
	case p.suitsPointwise(&b.table.pointwise):
		p.method, p.pointwise = byPointwise, p.pointwiseLayout(&b.table.pointwise)
	case p.suitsShallow(&b.table.shallow):
		p.method, p.shallow = byShallow, p.shallowLayout(p.shallowRows())
	case p.suitsTaps(&b.table.pointwise):
		p.method, p.taps = byTaps, p.tapLayout(&b.table.pointwise)
	case p.suitsWide():
		p.method, p.cut = wide, p.newCut(k, sumsTarget/p.widePixels(), 1)
	default:
		channels := ceilDiv(p.dst.c, k.cols) * k.cols
		p.cut = p.newCut(k, channels, p.together(channels))
	}
	p.form = fmt.Sprint(p.method, key.pass, k.cols, s.InC, s.OutC, s.KH, s.KW, s.Stride, s.Pad, s.Dil)
	if p.taps != nil {
		p.form += p.taps.form()
	}
	return p
}
