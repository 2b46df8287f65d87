package main

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/trustmae/internal/parallel"
	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
	"github.com/org/trustmae/memae/heatmap"
)

// heatmaps writes photos with their anomaly map laid over them.
type heatmaps struct {
	folder string
	scale  scale
	taken  map[string]bool
}

// drawing is a photo to draw with its result.
type drawing struct {
	input
	result memae.Result
}

func newHeatmaps(folder string, c memae.Calibration) *heatmaps {
	return &heatmaps{folder: folder, scale: newScale(c), taken: map[string]bool{}}
}

// save draws and writes one PNG for each photo, at the photo's own size, and
// returns their paths.
func (h *heatmaps) save(ctx context.Context, all []drawing) ([]string, error) {
	paths := make([]string, len(all))
	for i, d := range all {
		paths[i] = h.name(d.rel)
		if err := os.MkdirAll(filepath.Dir(paths[i]), 0o777); err != nil {
			return nil, fmt.Errorf("make the folder for heat maps: %w", err)
		}
	}
	return paths, parallel.Each(ctx, len(all), func(i int) error {
		photo, err := dataset.Load(all[i].path)
		if err != nil {
			return err
		}
		return heatmap.SavePNG(paths[i], h.scale.overlay(photo, all[i].result))
	})
}

// name is the path of a heat map: that of the photo with the extension .png, or
// a number behind it where two photos share that, be it on a file system that does
// not tell A from a.
func (h *heatmaps) name(rel string) string {
	stem := filepath.Join(h.folder, filepath.FromSlash(strings.TrimSuffix(rel, filepath.Ext(rel))))
	path := stem + ".png"
	for n := 2; h.taken[strings.ToLower(path)]; n++ {
		path = fmt.Sprintf("%s-%d.png", stem, n)
	}
	h.taken[strings.ToLower(path)] = true
	return path
}

// scale says which colours belong to which values of an anomaly map. It comes
// from the calibration, so that pictures can be compared.
type scale struct{ low, threshold, high float32 }

// Values below half the pixel threshold are left clear; at three times it the
// colours end.
const clearBelow, fullAt = 0.5, 3

func newScale(c memae.Calibration) scale {
	t := c.PixelThreshold
	return scale{float32(clearBelow * t), float32(t), float32(fullAt * t)}
}

// overlay lays the map over the photo and outlines what exceeds the threshold.
func (s scale) overlay(photo dataset.Image, r memae.Result) *image.RGBA {
	picture := heatmap.Overlay(heatmap.Photo(photo), heatmap.Map{Width: r.Width, Height: r.Height, Scores: r.Map}, s.low, s.high)
	heatmap.Contour(picture, r.Mask, r.Width, r.Height, line(photo.Width, photo.Height), heatmap.PredictionColor)
	return picture
}

// line is the width of an outline on a picture, in pixels.
func line(width, height int) int { return max(1, min(width, height)/256) }
