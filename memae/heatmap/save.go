package heatmap

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/org/trustmae/internal/atomicfile"
)

// SavePNG writes a picture as PNG through a temporary file beside it, so that a
// file at path is whole or not there. The folder must exist.
func SavePNG(path string, img image.Image) error {
	err := atomicfile.WriteFile(path, func(w io.Writer) error { return png.Encode(w, img) })
	if err != nil {
		return fmt.Errorf("heatmap: save picture: %w", err)
	}
	return nil
}
