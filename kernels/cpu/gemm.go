package cpu

import "github.com/org/trustmae/kernels"

// Blocks of a matrix product. A block of the left operand, leftDepth values of its rows,
// is copied to the second-level cache. A panel of the right one, gemmPanel values of it
// at a time, comes from the third and passes from the first or second level through that
// block, before its neighbour follows, so that sums are added to a column of the result
// that is near.
const (
	gemmPanel  = 8 << 10 // values: 32 KiB
	leftDepth  = 1024
	leftBlock  = 48 * leftDepth // values: 192 KiB
	gemmHeight = 192            // rows of a block at most
	gemmWidth  = 1024           // columns that a block passes
	packDepth  = 64             // rows of the right operand that a chunk packs
	packWidth  = 512            // and columns

	// manyBlocks is how many blocks for a thread are many: then its last one is cut into
	// lastPieces, so that no thread waits long for the others' last.
	manyBlocks, lastPieces = 4, 4

	// largeRight is how many values of the right operand (8 MiB) are near enough to
	// be read again for every block; for more, blocks are twice as high.
	largeRight = 1 << 21
)

// matMul is one matrix product's operands, strides and shared tables.
type matMul struct {
	kernels    *gemmKernels
	m, n, k    int
	y, a       []float32
	transA     bool
	panels     []float32 // of the right operand, [N/cols][K][cols]
	zeros      []float32
	accumulate bool
}

// MatMul computes y = op(a)·op(b), or adds it to y.
func (b *Backend) MatMul(y, a, right kernels.Buffer, s kernels.MatMulShape) {
	p := b.in("MatMul", a, s.M*s.K)
	q := b.in("MatMul", right, s.K*s.N)
	out := b.out("MatMul", y, s.M*s.N)
	g := &b.table.gemm
	m := &matMul{
		kernels: g, m: s.M, n: s.N, k: s.K, y: out, a: p, transA: s.TransA,
		zeros: make([]float32, g.cols), accumulate: s.Accumulate,
	}
	panels := ceilDiv(s.N, g.cols)
	scratch := b.scratch(panels * g.cols * s.K)
	defer scratch.release()
	m.panels = scratch.data
	if s.TransB {
		b.pool.run(panels, func(i int) { m.packTransposed(q, i) })
	} else {
		across := ceilDiv(s.N, packWidth)
		b.pool.run(ceilDiv(s.K, packDepth)*across, func(chunk int) {
			m.packRows(q, chunk/across*packDepth, chunk%across*packWidth)
		})
	}
	cuts, across := m.cuts(b.pool.threads), ceilDiv(s.N, gemmWidth)
	b.pool.run((len(cuts)-1)*across, func(chunk int) {
		i, j := chunk/across, chunk%across
		m.block(b, cuts[i], cuts[i+1], j*gemmWidth, min((j+1)*gemmWidth, m.n))
	})
}

// depth is how many rows of a panel are summed up at a time, a divisor of leftDepth.
func (m *matMul) depth() int { return gemmPanel / m.kernels.cols }

// cuts is where the rows are cut into blocks of whole tiles: of about equal height, as
// many for every thread; if there are many, each thread's share of the pool ends in low
// ones. No value depends on it.
func (m *matMul) cuts(threads int) []int {
	height := min(leftBlock/min(max(m.k, 1), leftDepth), gemmHeight)
	if m.n*m.k > largeRight {
		height *= 2
	}
	tiles := ceilDiv(m.m, m.kernels.rows)
	blocks := min(ceilDiv(ceilDiv(m.m, height), threads)*threads, tiles)
	cuts := []int{0}
	divide := func(from, to, parts int) {
		for i := range parts {
			cuts = append(cuts, min((from+(i+1)*(to-from)/parts)*m.kernels.rows, m.m))
		}
	}
	each := blocks / threads
	if threads == 1 || each < manyBlocks {
		divide(0, tiles, blocks)
		return cuts
	}
	for thread := range threads {
		from, to := thread*tiles/threads, (thread+1)*tiles/threads
		last := to - (to-from)/each
		divide(from, last, each-1)
		divide(last, to, min(lastPieces, to-last))
	}
	return cuts
}

// packTransposed copies the panel of columns from i·cols on of the transposed
// right operand, zeros beyond the last.
func (m *matMul) packTransposed(q []float32, i int) {
	cols := m.kernels.cols
	j0 := i * cols
	width := min(cols, m.n-j0)
	dst := m.panels[i*cols*m.k : (i+1)*cols*m.k]
	if width < cols {
		clear(dst)
	}
	m.kernels.transposeAll(dst, cols, q[j0*m.k:], m.k, width, m.k)
}

// packRows copies packDepth rows of the right operand from row k0 on, of them
// packWidth columns from column j0 on, to their panels.
func (m *matMul) packRows(q []float32, k0, j0 int) {
	cols := m.kernels.cols
	k1, j1 := min(k0+packDepth, m.k), min(j0+packWidth, m.n)
	last := j1 - j1%cols // where a panel begins that is not full
	if last > j0 {
		m.kernels.panels(m.panels[j0*m.k+k0*cols:], cols*m.k, q[k0*m.n+j0:], m.n, k1-k0, (last-j0)/cols)
	}
	if last == j1 {
		return
	}
	rest := m.panels[last*m.k+k0*cols : last*m.k+k1*cols]
	clear(rest)
	for k := k0; k < k1; k++ {
		copy(rest[(k-k0)*cols:], q[k*m.n+last:k*m.n+j1])
	}
}

// packLeft copies rows [i0, i1) of the left operand, columns [k0, k1), to rows
// that are stride apart.
func (m *matMul) packLeft(dst []float32, stride, i0, i1, k0, k1 int) {
	if m.transA {
		m.kernels.transposeAll(dst, stride, m.a[k0*m.m+i0:], m.m, k1-k0, i1-i0)
		return
	}
	for i := i0; i < i1; i++ {
		copy(dst[(i-i0)*stride:], m.a[i*m.k+k0:i*m.k+k1])
	}
}

// block computes rows [i0, i1) and columns [j0, j1).
func (m *matMul) block(b *Backend, i0, i1, j0, j1 int) {
	g := m.kernels
	// An odd number of cache lines, which spreads the rows over the cache's sets.
	stride := (ceilDiv(min(m.k, leftDepth), alignment) | 1) * alignment
	rows, table := borrow[tileRow](b, ceilDiv(i1-i0, g.rows)*g.rows)
	defer table.release()
	for i := range rows {
		at := min(i, i1-i0-1)
		rows[i] = tileRow{int32(at * stride), int32(at * m.n)}
	}
	edge := m.newEdge(b)
	defer edge.release()
	left := b.scratch((i1 - i0) * stride)
	defer left.release()
	for k0 := 0; k0 < max(m.k, 1); k0 += leftDepth {
		k1 := min(k0+leftDepth, m.k)
		m.packLeft(left.data, stride, i0, i1, k0, k1)
		for j := j0; j < j1; j += g.cols {
			for k := k0; k < max(k1, 1); k += m.depth() {
				m.column(rows, edge, left.data[k-k0:], i0, i1, j, k)
			}
		}
	}
}

// column computes the tiles of rows [i0, i1) and the panel at column j, for one
// block of depth.
func (m *matMul) column(rows []tileRow, edge edgeTile, a []float32, i0, i1, j, k0 int) {
	g := m.kernels
	depth := min(m.depth(), m.k-k0)
	init := m.zeros
	if m.accumulate || k0 > 0 {
		init = nil
	}
	panel := m.panels[j*m.k+k0*g.cols:]
	c := m.y[i0*m.n+j:]
	width := min(g.cols, m.n-j)
	whole := 0 // rows of tiles that exist from end to end
	if width == g.cols {
		whole = (i1 - i0) / g.rows * g.rows
		g.denseTiles(c, init, a, panel, rows[:whole], depth)
	}
	for i := whole; i < i1-i0; i += g.rows {
		m.edge(edge, rows[i:i+g.rows], c, init, a, panel, depth, min(g.rows, i1-i0-i), width)
	}
}

// edgeTile is room for a whole tile of which only a part exists.
type edgeTile struct {
	values     []float32
	rows       []tileRow
	room, list scratch
}

func (m *matMul) newEdge(b *Backend) edgeTile {
	g := m.kernels
	t := edgeTile{room: b.scratch(g.rows * g.cols)}
	t.values = t.room.data
	t.rows, t.list = borrow[tileRow](b, g.rows)
	return t
}

func (t edgeTile) release() {
	t.room.release()
	t.list.release()
}

// edge computes a tile of which only height × width values exist.
func (m *matMul) edge(tmp edgeTile, rows []tileRow, c, init, a, panel []float32, depth, height, width int) {
	g := m.kernels
	for i := range tmp.rows {
		tmp.rows[i] = tileRow{rows[i].a, int32(i * g.cols)}
	}
	g.dense(tmp.values, m.zeros, a, panel, tmp.rows, depth)
	for i := range height {
		dst := c[rows[i].c : int(rows[i].c)+width]
		for j, v := range tmp.values[i*g.cols : i*g.cols+width] {
			if len(init) > 0 {
				dst[j] = v
			} else {
				dst[j] += v
			}
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
