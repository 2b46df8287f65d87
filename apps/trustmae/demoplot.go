package main

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/memae/dataset"
)

// Measures of the report's plot, in its own units.
const (
	plotLeft   = 90  // of the axis; names of kinds stand before it
	plotWidth  = 600 // from score 0 to score 1
	stripStep  = 30  // from one kind to the next
	stripFirst = 20
)

// strip is one kind of photos in the plot: a dot for each score.
type strip struct {
	Kind string
	Y    int
	Good bool
	Dots []dot
}

type dot struct {
	X, Y  float64
	Title string
}

// tick is a mark of the axis.
type tick struct {
	X    float64
	Text string
}

func plotX(normalised float64) float64 { return plotLeft + plotWidth*normalised }

// plot sets every test photo as a dot on the line of its kind, good ones on top.
func (r *demoResult) plot(page *reportPage) {
	for i, s := range r.set.samples {
		at := slices.IndexFunc(page.Strips, func(p strip) bool { return p.Kind == s.Kind })
		if at < 0 {
			at = len(page.Strips)
			page.Strips = append(page.Strips, strip{Kind: s.Kind, Good: s.Label == dataset.Good})
		}
		p := &page.Strips[at]
		v := r.results[i].Normalised
		// Dots of one kind are spread a little, so that equal scores show.
		offset := float64(len(p.Dots)%3-1) * 5
		p.Dots = append(p.Dots, dot{plotX(v), offset, fmt.Sprintf("%s: %.3f", s.Rel, v)})
	}
	slices.SortStableFunc(page.Strips, func(a, b strip) int {
		switch {
		case a.Good == b.Good:
			return 0
		case a.Good:
			return -1
		}
		return 1
	})
	for i := range page.Strips {
		p := &page.Strips[i]
		p.Y = stripFirst + i*stripStep
		for k := range p.Dots {
			p.Dots[k].Y += float64(p.Y)
		}
	}
	page.AxisTop = stripFirst + len(page.Strips)*stripStep - 10
	page.PlotHeight = page.AxisTop + 25
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		page.Axis = append(page.Axis, tick{plotX(v), fmt.Sprintf("%g", v)})
	}
	page.ThresholdX = plotX(0.5)
}
