package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae/metrics"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// distance is a way to compare two pictures pixel by pixel.
type distance struct {
	name   string
	net    string // of a perceptual distance, as in memae.ScoreConfig; "" for none
	random bool   // seeded random weights
	plain  func(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor
}

var distances = []distance{
	{name: "MSE", plain: squaredError},
	{name: "SSIM", plain: dissimilarity},
	{name: "random AlexNet", net: "alex", random: true},
	{name: "embedded", net: "trustmae"},
	{name: "LPIPS-SqueezeNet", net: "squeeze"},
	{name: "LPIPS-AlexNet", net: "alex"},
}

// squaredError is the mean over channels of (x−y)², [N,1,S,S].
func squaredError(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	return t.Mean(t.Square(t.Sub(x, y)), 1)
}

// dissimilarity is 1 − SSIM, averaged over channels, [N,1,S,S], on [0,1].
func dissimilarity(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor {
	unit := func(x *autograd.Tensor) *autograd.Tensor { return t.AddScalar(t.MulScalar(x, 0.5), 0.5) }
	return t.AddScalar(t.Neg(t.Mean(nn.SSIMMap(t, unit(x), unit(y), nn.SSIMOptions{}), 1)), 1)
}

// open returns the map of the distance.
func (d distance) open(b kernels.Backend, folder string) (func(t *autograd.Tape, x, y *autograd.Tensor) *autograd.Tensor, error) {
	if d.plain != nil {
		return d.plain, nil
	}
	weights, err := perceptual.OpenWeights(folder)
	if err != nil {
		return nil, err
	}
	if d.random {
		weights = perceptual.RandomWeights(1)
	}
	l, err := perceptual.NewLPIPS(b, weights, perceptual.LPIPSOptions{Net: d.net})
	if err != nil {
		return nil, err
	}
	return l.Spatial, nil
}

// row is one line of the table: figures as shares, and the milliseconds that a
// pair's map takes at the median.
type row struct {
	Map                     string
	Max, Mean, Pixel, AUPRO float64
	Milliseconds            float64
}

// measure scores all photos with a distance, and with its product with the
// squared error where that is another map.
func (p *pairs) measure(ctx context.Context, b kernels.Backend, folder string, d distance) ([]row, error) {
	compare, err := d.open(b, folder)
	if err != nil {
		return nil, err
	}
	alone, product := make([][]float32, len(p.photos)), make([][]float32, len(p.photos))
	times := make([]float64, len(p.photos))
	t := autograd.NewTape(b)
	for i := range p.photos {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t.NoGrad(func() {
			x := t.Input(p.photos[i], 1, 3, p.size, p.size)
			y := t.Input(p.rebuilt[i], 1, 3, p.size, p.size)
			begun := time.Now()
			m := compare(t, x, y)
			b.Sync()
			times[i] = 1000 * time.Since(begun).Seconds()
			alone[i], product[i] = m.Data(), t.Mul(m, squaredError(t, x, y)).Data()
		})
		t.Reset()
	}
	slices.Sort(times)
	rows := []row{{Map: d.name}}
	maps := [][][]float32{alone}
	if d.name != "MSE" {
		rows, maps = append(rows, row{Map: "MSE ⊙ " + d.name}), append(maps, product)
	}
	for i := range rows {
		rows[i].Milliseconds = times[len(times)/2]
		if err := rows[i].score(p, maps[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// score computes the figures of maps.
func (r *row) score(p *pairs, maps [][]float32) (err error) {
	largest, average := make([]float64, len(maps)), make([]float64, len(maps))
	for i, m := range maps {
		largest[i] = float64(slices.Max(m))
		for _, v := range m {
			average[i] += float64(v) / float64(len(m))
		}
	}
	if r.Max, err = metrics.AUROC(largest, p.defective); err != nil {
		return err
	}
	if r.Mean, err = metrics.AUROC(average, p.defective); err != nil {
		return err
	}
	if r.Pixel, err = metrics.PixelAUROC(maps, p.masks); err != nil {
		return err
	}
	r.AUPRO, err = metrics.AUPRO(maps, p.masks, p.size, p.size, 0.3)
	return err
}

// writeTable prints figures in percent.
func writeTable(w io.Writer, rows []row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "map\tmax\tmean\tpixel\tAUPRO\tms\t")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t\n", r.Map, 100*r.Max, 100*r.Mean, 100*r.Pixel, 100*r.AUPRO, r.Milliseconds)
	}
	return table.Flush()
}
