package main

import (
	"fmt"

	"github.com/org/trustmae/memae/metrics"
)

// heldOutPairs is how many pairs the figures are taken on.
const heldOutPairs = 256

// figures say how well maps find the defects of pairs that nothing was learnt
// from.
type figures struct {
	squared, distance, product mapFigures // (x−y)², the distance, and both multiplied, as TrustMAE does
}

// mapFigures are AUROCs in percent: of pixels, and of pictures by the map's
// largest value.
type mapFigures struct{ pixel, picture float64 }

func (f mapFigures) String() string {
	return fmt.Sprintf("%.2f of pixels, %.2f of pictures", 100*f.pixel, 100*f.picture)
}

// measure compares the maps on held-out pairs.
func (tr *trainer) measure() (figures, error) {
	var squared, distance, product collector
	t := tr.tape
	for first := 0; first < heldOutPairs; first += tr.Batch {
		b := newBatch(tr.Size, tr.Batch, tr.Seed, heldOut+uint64(first))
		t.NoGrad(func() {
			x := b.input(t)
			d := tr.distance(b, tr.pupil.Taps(t, x))
			gap := t.Sub(t.Narrow(x, 0, 0, b.count), t.Narrow(x, 0, b.count, b.count))
			e := t.Mean(t.Square(gap), 1)
			squared.add(b, e.Data())
			distance.add(b, d.Data())
			product.add(b, t.Mul(d, e).Data())
		})
		t.Reset()
	}
	var f figures
	for _, m := range []struct {
		from *collector
		to   *mapFigures
	}{{&squared, &f.squared}, {&distance, &f.distance}, {&product, &f.product}} {
		var err error
		if *m.to, err = m.from.figures(); err != nil {
			return f, err
		}
	}
	return f, nil
}

// collector gathers the values of one map.
type collector struct {
	pixels     []float32
	defects    []bool // by pixel
	pictures   []float64
	defectives []bool // by picture
}

func (c *collector) figures() (f mapFigures, err error) {
	if f.pixel, err = metrics.PixelAUROC([][]float32{c.pixels}, [][]bool{c.defects}); err != nil {
		return f, err
	}
	f.picture, err = metrics.AUROC(c.pictures, c.defectives)
	return f, err
}

// add takes the maps [N,1,S,S] of a batch, leaving out pixels next to defects.
func (c *collector) add(b batch, values []float32) {
	n := len(values) / b.count
	for k := range b.count {
		largest, defective := float32(0), false
		for i := k * n; i < (k+1)*n; i++ {
			v, bad := values[i], b.defect[i] != 0
			largest, defective = max(largest, v), defective || bad
			if bad || b.far[i] != 0 {
				c.pixels, c.defects = append(c.pixels, v), append(c.defects, bad)
			}
		}
		c.pictures, c.defectives = append(c.pictures, float64(largest)), append(c.defectives, defective)
	}
}
