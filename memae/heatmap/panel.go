package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Tile is one picture of a panel with the line of text below it.
type Tile struct {
	Image   image.Image
	Caption string // ASCII; cut with dots where it is wider than the tile
}

// The measures of a panel, in pixels.
const (
	panelGap      = 8
	captionHeight = 18
	baseline      = 14 // of the caption, from its top
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{32, 32, 32, 255}
)

// Panel sets pictures side by side, in rows of the given number of columns, each
// with its caption below. All cells are as large as the largest picture, and
// smaller ones are centred; nothing is scaled ([Enlarge] does that).
//
// It panics without tiles, on a tile without picture, or without a column.
func Panel(columns int, tiles ...Tile) *image.RGBA {
	if columns < 1 || len(tiles) == 0 {
		panic(fmt.Sprintf("heatmap.Panel: got %d tiles in %d columns, want at least one of each", len(tiles), columns))
	}
	var cell image.Point
	for i, t := range tiles {
		if t.Image == nil {
			panic(fmt.Sprintf("heatmap.Panel: tile %d (%q) has no picture", i, t.Caption))
		}
		size := t.Image.Bounds().Size()
		cell.X, cell.Y = max(cell.X, size.X), max(cell.Y, size.Y)
	}
	columns = min(columns, len(tiles))
	rows := (len(tiles) + columns - 1) / columns
	step := cell.Add(image.Pt(panelGap, panelGap+captionHeight))
	panel := image.NewRGBA(image.Rect(0, 0, columns*step.X+panelGap, rows*step.Y+panelGap))
	draw.Draw(panel, panel.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	for i, t := range tiles {
		corner := image.Pt(panelGap+i%columns*step.X, panelGap+i/columns*step.Y)
		b := t.Image.Bounds()
		at := corner.Add(cell.Sub(b.Size()).Div(2))
		draw.Draw(panel, b.Sub(b.Min).Add(at), t.Image, b.Min, draw.Over)
		write(panel, t.Caption, corner.Add(image.Pt(0, cell.Y)), cell.X)
	}
	return panel
}

// write sets one line of text, centred over a width, its top left at corner.
func write(dst *image.RGBA, text string, corner image.Point, width int) {
	face := basicfont.Face7x13
	fits := max(0, width/face.Advance)
	if letters := []rune(text); len(letters) > fits {
		dots := min(2, fits)
		text = string(letters[:fits-dots]) + "..."[:dots]
	}
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: face}
	x := corner.X + (width-d.MeasureString(text).Ceil())/2
	d.Dot = fixed.P(x, corner.Y+baseline)
	d.DrawString(text)
}

// Enlarge repeats every pixel factor times in both directions, so that small
// pictures can be seen and keep their sharp pixels. It panics on a factor below
// 1.
func Enlarge(img image.Image, factor int) *image.RGBA {
	if factor < 1 {
		panic(fmt.Sprintf("heatmap.Enlarge: got a factor of %d, want at least 1", factor))
	}
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()*factor, b.Dy()*factor))
	xdraw.NearestNeighbor.Scale(out, out.Rect, img, b, xdraw.Src, nil)
	return out
}
