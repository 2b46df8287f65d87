package heatmap_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/org/trustmae/memae/heatmap"
)

// A map of 8×6 pixels with one defect.
func exampleMap() heatmap.Map {
	m := heatmap.Map{Width: 8, Height: 6, Scores: make([]float32, 48)}
	for _, i := range []int{18, 19, 20, 27, 28} {
		m.Scores[i] = 0.5 + float32(i)/100
	}
	return m
}

func ExampleRegions() {
	for _, r := range heatmap.Regions(exampleMap(), 0.5, 2) {
		fmt.Printf("box %v, %d pixels, peak %.2f at %v\n", r.Box, r.Area, r.Peak, r.At)
	}
	// Output: box (2,2)-(5,4), 5 pixels, peak 0.78 at (4,3)
}

func Example() {
	dir, err := os.MkdirTemp("", "heatmap")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	m := exampleMap()
	photo := heatmap.Photo{Width: 8, Height: 6, Pix: make([]float32, 3*48)}
	overlay := heatmap.Overlay(photo, m, 0.1, 0.8)
	heatmap.Contour(overlay, heatmap.Mask(m, 0.5), m.Width, m.Height, 1, heatmap.PredictionColor)
	panel := heatmap.Panel(2,
		heatmap.Tile{Image: heatmap.Enlarge(photo.Image(), 10), Caption: "input"},
		heatmap.Tile{Image: heatmap.Enlarge(overlay, 10), Caption: "prediction"})
	fmt.Println(panel.Bounds().Size(), heatmap.SavePNG(filepath.Join(dir, "panel.png"), panel))
	// Output: (184,94) <nil>
}
