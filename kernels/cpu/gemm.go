package cpu

import "github.com/org/trustmae/kernels"

// Blocks of a matrix product: a panel of the right operand of gemmDepth rows
// stays in the first-level cache while gemmHeight rows of the left one, copied to
// a stride that spreads them over the cache's sets, pass.
const (
	gemmDepth  = 256
	gemmHeight = 96
	gemmWidth  = 512
	leftStride = gemmDepth + alignment
	packDepth  = 16 // rows of the right operand that a chunk packs
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
		b.pool.run(ceilDiv(s.K, packDepth), func(i int) { m.packRows(q, i*packDepth, min((i+1)*packDepth, s.K)) })
	}
	across := ceilDiv(s.N, gemmWidth)
	b.pool.run(ceilDiv(s.M, gemmHeight)*across, func(chunk int) {
		m.block(b, chunk/across*gemmHeight, chunk%across*gemmWidth)
	})
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

// packRows copies rows [k0, k1) of the right operand to all panels, so that they
// are read from end to end.
func (m *matMul) packRows(q []float32, k0, k1 int) {
	cols := m.kernels.cols
	for j := 0; j < m.n; j += cols {
		dst := m.panels[j*m.k+k0*cols : j*m.k+k1*cols]
		width := min(cols, m.n-j)
		if width < cols {
			clear(dst)
		}
		for k := k0; k < k1; k++ {
			copyRow(dst[(k-k0)*cols:][:width], q[k*m.n+j:])
		}
	}
}

// copyRow copies a panel's row, whole ones without a call: it takes as long as the
// copy.
func copyRow(dst, src []float32) {
	switch len(dst) {
	case 32:
		*(*[32]float32)(dst) = *(*[32]float32)(src)
	case 16:
		*(*[16]float32)(dst) = *(*[16]float32)(src)
	default:
		copy(dst, src)
	}
}

// packLeft copies rows [i0, i1) of the left operand, columns [k0, k1), to rows
// of leftStride.
func (m *matMul) packLeft(dst []float32, i0, i1, k0, k1 int) {
	if m.transA {
		m.kernels.transposeAll(dst, leftStride, m.a[k0*m.m+i0:], m.m, k1-k0, i1-i0)
		return
	}
	for i := i0; i < i1; i++ {
		copy(dst[(i-i0)*leftStride:], m.a[i*m.k+k0:i*m.k+k1])
	}
}

// block computes rows [i0, i0+gemmHeight) and columns [j0, j0+gemmWidth).
func (m *matMul) block(b *Backend, i0, j0 int) {
	g := m.kernels
	i1, j1 := min(i0+gemmHeight, m.m), min(j0+gemmWidth, m.n)
	rows := make([]tileRow, ceilDiv(i1-i0, g.rows)*g.rows)
	for i := range rows {
		at := min(i, i1-i0-1)
		rows[i] = tileRow{int32(at * leftStride), int32(at * m.n)}
	}
	edge := m.newEdge()
	left := b.scratch((i1 - i0) * leftStride)
	defer left.release()
	for k0 := 0; k0 < max(m.k, 1); k0 += gemmDepth {
		m.packLeft(left.data, i0, i1, k0, min(k0+gemmDepth, m.k))
		for j := j0; j < j1; j += g.cols {
			m.column(rows, edge, left.data, i0, i1, j, k0)
		}
	}
}

// column computes the tiles of rows [i0, i1) and the panel at column j, for one
// block of depth.
func (m *matMul) column(rows []tileRow, edge edgeTile, a []float32, i0, i1, j, k0 int) {
	g := m.kernels
	depth := min(gemmDepth, m.k-k0)
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
	values []float32
	rows   []tileRow
}

func (m *matMul) newEdge() edgeTile {
	g := m.kernels
	return edgeTile{make([]float32, g.rows*g.cols), make([]tileRow, g.rows)}
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
