package kernelstest

import (
	"fmt"
	"math"

	"github.com/org/trustmae/kernels"
)

// imaging is the backend's, which the group of these cases is left out without.
func imaging(b kernels.Backend) kernels.Imaging { return b.(kernels.Imaging) }

func photoCases(s *source) []call {
	var list []call
	for _, size := range []int{1, 2, 5, 16, 33} {
		var all []kernels.Turn
		for i := range 16 {
			all = append(all, kernels.Turn{FlipH: i&1 != 0, FlipV: i&2 != 0, Quarters: i >> 2})
		}
		list = append(list, turnCase(s, size, all), turnCase(s, size, all[:1]))
		for _, degrees := range []float64{0.5, -33, 90, 180, -170} {
			list = append(list, turnCase(s, size, []kernels.Turn{{Degrees: degrees}, {FlipH: true, Degrees: degrees}, {FlipV: true}}))
		}
	}
	many := make([]kernels.Turn, 150)
	for i := range many {
		many[i] = kernels.Turn{Quarters: i & 3}
	}
	list = append(list, turnCase(s, 4, many))
	for _, c := range []resizing{
		{1, 1, 1, 1, 1}, {3, 7, 9, 7, 9}, {3, 7, 9, 7, 4}, {2, 7, 9, 3, 9}, {3, 100, 90, 32, 32}, {3, 64, 48, 16, 16}, {1, 5, 4, 17, 9}, {2, 1, 300, 8, 7},
	} {
		list = append(list, antialiasedCase(s, c))
	}
	return append(list, stageCase(s, 1), stageCase(s, 5000))
}

func randomPhotos(d *Decoder) []call {
	size := d.Size(40)
	turns := make([]kernels.Turn, d.Size(5))
	for i := range turns {
		turns[i] = kernels.Turn{FlipH: d.flag(), FlipV: d.flag(), Quarters: d.Below(4)}
		if d.flag() {
			turns[i].Quarters, turns[i].Degrees = 0, float64(d.Below(3600))/10-180+0.01
		}
	}
	return []call{
		turnCase(d.source, size, turns),
		antialiasedCase(d.source, resizing{planes: d.Size(3), h: d.Size(60), w: d.Size(120), oh: d.Size(40), ow: d.Size(40)}),
	}
}

// turnCase moves pixels one turn after the other.
func turnCase(s *source, size int, turns []kernels.Turn) call {
	n := size * size
	x := s.normal(3 * n * len(turns))
	want, scale, tol := make([]float64, len(x)), make([]float64, len(x)), 0.0
	for p := range 3 * len(turns) {
		plane, turn := x[p*n:][:n], turns[p/3]
		at := func(row, col int) float64 {
			if turn.FlipV {
				row = size - 1 - row
			}
			if turn.FlipH {
				col = size - 1 - col
			}
			return float64(plane[row*size+col])
		}
		if turn.Degrees != 0 {
			tol = 16 * ulp
		}
		for i := range n {
			v := turned(at, size, turn, i/size, i%size)
			want[p*n+i], scale[p*n+i] = 2*v-1, 8+2*math.Abs(v) // weights are rounded relative to the size
		}
	}
	return call{
		name: fmt.Sprintf("TurnPhotos/%d,%d turns,%v", size, len(turns), turns[len(turns)-1]), operands: []operand{outScaled(want, scale), in(x)}, tol: tol, photos: true,
		run: func(b kernels.Backend, x []kernels.Buffer) { imaging(b).TurnPhotos(x[0], x[1], size, turns) },
	}
}

// turned is the value of a mirrored photo after its turn, as numpy.rot90 has it, or
// as rotating and interpolating gives it.
func turned(at func(row, col int) float64, size int, t kernels.Turn, row, col int) float64 {
	for range t.Quarters {
		row, col = col, size-1-row
	}
	if t.Degrees == 0 {
		return at(row, col)
	}
	sin, cos := math.Sincos(t.Degrees * math.Pi / 180)
	c := float64(size-1) / 2
	y, x := c+sin*(float64(col)-c)+cos*(float64(row)-c), c+cos*(float64(col)-c)-sin*(float64(row)-c)
	sum := 0.0
	for i := range 2 {
		for k := range 2 {
			r, q := int(math.Floor(y))+i, int(math.Floor(x))+k
			weight := (1 - math.Abs(y-float64(r))) * (1 - math.Abs(x-float64(q)))
			sum += weight * at(reflected(r, size), reflected(q, size))
		}
	}
	return sum
}

// reflected walks back and forth within [0,n).
func reflected(i, n int) int {
	for n > 1 && (i < 0 || i >= n) {
		i = mirrorIndex(i, n)
	}
	return min(max(i, 0), n-1)
}

// antialiasedCase sums triangles around the centre of every output.
func antialiasedCase(s *source, c resizing) call {
	x := s.normal(c.planes * c.h * c.w)
	want, scale := make([]float64, c.planes*c.oh*c.ow), make([]float64, c.planes*c.oh*c.ow)
	rows, cols := triangles(c.h, c.oh), triangles(c.w, c.ow)
	for i := range want {
		p, oh, ow := i/(c.oh*c.ow), i/c.ow%c.oh, i%c.ow
		for h, a := range rows[oh] {
			for w, b := range cols[ow] {
				term := a * b * float64(x[(p*c.h+h)*c.w+w])
				want[i] += term
				scale[i] += math.Abs(term)
			}
		}
	}
	return call{
		name: fmt.Sprintf("ResizeAntialiased/%+v", c), operands: []operand{outScaled(want, scale), in(x)}, tol: 8 * ulp, photos: true,
		run: func(b kernels.Backend, x []kernels.Buffer) {
			imaging(b).ResizeAntialiased(x[0], x[1], c.planes, c.h, c.w, c.oh, c.ow)
		},
	}
}

// triangles lists the weight of every input for every output.
func triangles(n, m int) [][]float64 {
	list := make([][]float64, m)
	scale := float64(n) / float64(m)
	for o := range list {
		list[o] = make([]float64, n)
		centre, sum := (float64(o)+0.5)*scale-0.5, 0.0
		for i := range list[o] {
			list[o][i] = max(0, 1-math.Abs(float64(i)-centre)/max(scale, 1))
			sum += list[o][i]
		}
		for i := range list[o] {
			list[o][i] /= sum
		}
	}
	return list
}

// stageCase loads a stage several times, its source overwritten at once, and
// takes turns with another one.
func stageCase(s *source, n int) call {
	x := s.normal(n)
	want := make([]float64, n)
	for i, v := range x {
		want[i] = 3 * float64(v)
	}
	return call{
		name: fmt.Sprintf("Stage/%d", n), operands: []operand{out(want)}, unsized: true, photos: true,
		run: func(b kernels.Backend, y []kernels.Buffer) {
			first, second := imaging(b).NewStage(n+1), imaging(b).NewStage(n)
			defer first.Close()
			defer second.Close()
			b.Fill(y[0], 0)
			for i := range 5 {
				stage := first
				if i%2 == 1 {
					stage = second
				}
				values := make([]float32, n)
				if i != 3 {
					copy(values, x) // three times, not counting what is discarded
				}
				stage.Load(values[:n/2], values[n/2:])
				clear(values)
				if i == 0 {
					continue // discarded
				}
				stage.Use(func(v kernels.Buffer) { b.Binary(kernels.Add, y[0], y[0], v, []int{n}, []int{1}, []int{1}, 0) })
			}
		},
	}
}
