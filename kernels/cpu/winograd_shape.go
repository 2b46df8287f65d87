package cpu

import (
	"cmp"
	"slices"
)

// winogradShape is a correlation as small convolutions of step 1, which Winograd's
// algorithm computes: one of 3×3 taps; or, where the step is 2, sums of
// convolutions of 2×2 taps, each of every second pixel; or, where the destination
// has four phases, one of 2×2 taps for each.
type winogradShape struct {
	*correlation
	taps   int // along one side
	phases []winogradPhase
}

// winogradPhase is the destination pixels (y + i·spread, x + j·spread).
type winogradPhase struct {
	y, x    int
	sources []lattice // whose convolutions add up
	spans   []span    // of sources, of each point
}

// span is the lattices [from, to) that a point needs: none where from is negative.
type span struct{ from, to int }

// lattice is every step-th source pixel. Tap k of a side reads pixel
// (y + (i+k)·step, ...) for position i.
type lattice struct {
	y, x       int
	rows, cols int   // of the taps that exist
	taps       []tap // taps², row by row; weight -1 where there is none
}

// noWeight marks a tap that a kernel does not have.
const noWeight = -1

// winogradShape returns how Winograd's algorithm may compute g, or nil.
func (g *correlation) winogradShape() *winogradShape {
	s := &winogradShape{correlation: g, taps: 2}
	if g.step == 1 && g.spread == 1 {
		s.taps = 3
	}
	if g.step > 2 || g.spread > 2 {
		return nil
	}
	for _, p := range g.phases {
		var sources []lattice
		for y := range g.step {
			for x := range g.step {
				l, ok := findLattice(p.taps, s.taps, g.step, y, x)
				if !ok {
					return nil
				}
				sources = append(sources, l)
			}
		}
		sortLattices(sources)
		s.phases = append(s.phases, winogradPhase{p.y, p.x, sources, s.spans(sources)})
	}
	return s
}

// findLattice collects the taps that read pixels of the given parity; they have to
// fill a rectangle within taps×taps.
func findLattice(list []tap, taps, step, parityY, parityX int) (lattice, bool) {
	parity := func(v int) int { return ((v % step) + step) % step }
	var own []tap
	for _, t := range list {
		if parity(t.y) == parityY && parity(t.x) == parityX {
			own = append(own, t)
		}
	}
	if len(own) == 0 {
		return lattice{}, false
	}
	l := lattice{y: own[0].y, x: own[0].x}
	for _, t := range own {
		l.y, l.x = min(l.y, t.y), min(l.x, t.x)
	}
	for range taps * taps {
		l.taps = append(l.taps, tap{weight: noWeight})
	}
	for _, t := range own {
		y, x := (t.y-l.y)/step, (t.x-l.x)/step
		if y >= taps || x >= taps || l.taps[y*taps+x].weight != noWeight {
			return lattice{}, false
		}
		l.rows, l.cols = max(l.rows, y+1), max(l.cols, x+1)
		l.taps[y*taps+x] = t
	}
	return l, len(own) == l.rows*l.cols
}

// sortLattices brings lattices to an order in which those of the same rows are
// neighbours, and those that a point needs follow each other.
func sortLattices(list []lattice) {
	slices.SortStableFunc(list, func(a, b lattice) int {
		if a.rows != b.rows {
			return b.rows - a.rows
		}
		if a.y != b.y {
			return cmp.Compare(a.y, b.y)
		}
		if a.rows > 1 {
			return a.cols - b.cols
		}
		return b.cols - a.cols
	})
}

// dense tells whether all lattices have all taps, some whether any has.
func (s *winogradShape) dense() (all, some bool) {
	all = true
	for _, p := range s.phases {
		for _, l := range p.sources {
			full := l.rows*l.cols == len(l.taps)
			all, some = all && full, some || full
		}
	}
	return all, some
}

// spans returns the span of every point: at infinity only the last weight of a side
// counts, which a lattice of fewer taps does not have.
func (s *winogradShape) spans(sources []lattice) (list []span) {
	side := s.taps + 3
	for point := range side * side {
		lastRow, lastCol := point/side == side-1, point%side == side-1
		needs := func(l lattice) bool {
			return !(lastRow && l.rows < s.taps || lastCol && l.cols < s.taps)
		}
		at := span{from: slices.IndexFunc(sources, needs)}
		for at.to = max(at.from, 0); at.to < len(sources) && needs(sources[at.to]); at.to++ {
		}
		list = append(list, at)
	}
	return list
}

const (
	// winogradChannels is the fewest channels on both sides that pay for the
	// transformations of three taps, which save three of four multiplications,
	// winogradChannels2 of two taps, which save up to six of ten, sparseChannels of
	// phases that lack some of them.
	winogradChannels  = 16
	winogradChannels2 = 32
	sparseChannels    = 64
	// fewestTiles is the fewest tiles that fill the rows of a product, sparseTiles
	// where phases lack taps, which saves less. weightsPerTile is the most transformed
	// weights for each (4 MiB): they are four to eleven times as many as the weights,
	// and have to be read and, in training, made in every step.
	fewestTiles    = 4
	sparseTiles    = 32
	weightsPerTile = 1 << 20
)

// suitsWinograd returns how Winograd's algorithm computes g if that gains, or nil.
func (g *correlation) suitsWinograd() *winogradShape {
	s := g.winogradShape()
	if s == nil || len(s.phases[0].sources) > 1 && g.src.c%alignment != 0 {
		return nil
	}
	all, some := s.dense()
	channels, fewest := winogradChannels, fewestTiles
	if !all {
		fewest = sparseTiles
	}
	switch {
	case !some || s.taps == 3 && !all:
		return nil // little to save
	case s.taps == 2 && g.spread > 1 && !all:
		channels = sparseChannels
	case s.taps == 2:
		channels = winogradChannels2
	}
	tiles := s.tiles()
	if min(g.src.c, g.dst.c) < channels || tiles < fewest || s.weightSize(alignment) > tiles*weightsPerTile {
		return nil
	}
	return s
}

// across and down are the tiles in a row of a phase, and the rows of tiles of an
// image.
func (s *winogradShape) across() int { return ceilDiv(ceilDiv(s.dst.w, s.spread), 4) }
func (s *winogradShape) down() int   { return ceilDiv(ceilDiv(s.dst.h, s.spread), 4) }

// tiles is the number of tiles of a phase over the batch.
func (s *winogradShape) tiles() int { return s.n * s.down() * s.across() }

// depth is the number of source channels of all lattices of a phase.
func (s *winogradShape) depth() int { return len(s.phases[0].sources) * s.src.c }

// pointSize is the distance from point to point of a block's transformed weights: a
// cache line more than needed, lest all points of a weight fall into the same cache
// sets.
func (s *winogradShape) pointSize(cols int) int { return s.depth()*cols + alignment }

// weightSize is the number of values of the transformed weights.
func (s *winogradShape) weightSize(cols int) int {
	side := s.taps + 3
	return len(s.phases) * ceilDiv(s.dst.c, cols) * side * side * s.pointSize(cols)
}

// pack transforms the weights w into u, [phases][blocks][points][depth][cols],
// with a spare cache line after each point.
func (s *winogradShape) pack(b *Backend, u, w []float32) {
	k, cols := b.table.winograd.of(s.taps), b.table.gemm.cols
	const run = 32 // source channels at a time
	lattices, perLattice := len(s.phases[0].sources), ceilDiv(s.src.c, run)
	blocks := ceilDiv(s.dst.c, cols)
	b.pool.run(len(s.phases)*blocks*lattices*perLattice, func(chunk int) {
		c0, source := chunk%perLattice*run, chunk/perLattice%lattices
		block, phase := chunk/perLattice/lattices%blocks, chunk/perLattice/lattices/blocks
		c1 := min(c0+run, s.src.c)
		area := s.taps * s.taps
		room := b.scratch(run*area*cols + mostPoints*k.lanes)
		defer room.release()
		plain, tmp := room.data[:run*area*cols], room.data[run*area*cols:]
		s.packBlock(b, plain, w, s.phases[phase].sources[source].taps, block*cols, c0, c1)
		at := (phase*blocks+block)*k.points()*s.pointSize(cols) + (source*s.src.c+c0)*cols
		for lane := 0; lane < cols; lane += k.lanes {
			k.weights(u[at+lane:], s.pointSize(cols), cols, plain[lane:], cols, c1-c0, tmp)
		}
	})
}
