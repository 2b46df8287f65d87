package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"image"
	"io"
	"slices"
	"strconv"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/heatmap"
)

// row is what detect says about one photo. Lengths are pixels of the photo.
type row struct {
	Path       string   `json:"path"`
	Raw        *float64 `json:"raw"`        // null where the photo is unreadable
	Normalised *float64 `json:"normalised"` // 0.5 at the threshold
	Verdict    string   `json:"verdict"`
	Box        *box     `json:"box"`  // of the largest suspicious region; null where there is none
	Peak       *float64 `json:"peak"` // highest value of the map in it
	Error      string   `json:"error,omitempty"`
	Heatmap    string   `json:"heatmap,omitempty"` // its picture, where there is one
}

type box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

func newRow(l loaded, r memae.Result) row {
	out := row{Path: l.path, Raw: &r.Raw, Normalised: &r.Normalised, Verdict: verdict(r.Defective)}
	if len(r.Regions) == 0 {
		return out
	}
	largest := slices.MaxFunc(r.Regions, func(a, b heatmap.Region) int { return cmp.Compare(a.Area, b.Area) })
	b := heatmap.ScaleBox(largest.Box, image.Pt(r.Width, r.Height), l.size)
	peak := float64(largest.Peak)
	out.Box, out.Peak = &box{b.Min.X, b.Min.Y, b.Dx(), b.Dy()}, &peak
	return out
}

// rowWriter writes rows in one format.
type rowWriter interface {
	write(row) error
	flush() error
}

// newRowWriter returns a writer for one of formats.
func newRowWriter(w io.Writer, format string) rowWriter {
	if format == "jsonl" {
		return jsonRows{json.NewEncoder(w)}
	}
	c := csv.NewWriter(w)
	// A csv.Writer keeps its first error until flush.
	_ = c.Write([]string{"path", "raw", "normalised", "verdict", "box_x", "box_y", "box_width", "box_height", "peak", "error", "heatmap"})
	return csvRows{c}
}

type jsonRows struct{ encoder *json.Encoder }

func (j jsonRows) write(r row) error { return j.encoder.Encode(r) }
func (j jsonRows) flush() error      { return nil }

type csvRows struct{ w *csv.Writer }

func (c csvRows) write(r row) error {
	cells := []string{r.Path, optional(r.Raw), optional(r.Normalised), r.Verdict, "", "", "", "", optional(r.Peak), r.Error, r.Heatmap}
	if b := r.Box; b != nil {
		for i, v := range []int{b.X, b.Y, b.Width, b.Height} {
			cells[4+i] = strconv.Itoa(v)
		}
	}
	return c.w.Write(cells)
}

func (c csvRows) flush() error {
	c.w.Flush()
	return c.w.Error()
}

// optional is an empty cell for nil.
func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}
