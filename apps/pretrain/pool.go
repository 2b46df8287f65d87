package main

import (
	"github.com/org/trustmae/apps/pretrain/textures"
)

// pool holds the first pairs of a stream, so that the later ones are had for
// less: a pair takes longer to draw than to learn from. What follows the first
// ones are the same again, turned or mirrored in another way each time round.
// Values are kept in steps of 1/255, as a file would. Pairs whose places in the
// pool differ may be asked for at once.
type pool struct {
	size  int
	seed  uint64
	pairs [][]uint8 // photo and reference [3,S,S], defect and far [S,S]; nil before they are drawn
}

// newPool is empty; a run without a pool draws every pair.
func newPool(s settings) *pool {
	return &pool{size: s.Size, seed: s.Seed, pairs: make([][]uint8, s.Pool)}
}

// pair returns a pair of the stream.
func (p *pool) pair(index uint64) textures.Pair {
	if len(p.pairs) == 0 {
		return textures.NewPair(p.size, p.seed, index)
	}
	place, round := index%uint64(len(p.pairs)), index/uint64(len(p.pairs))
	if p.pairs[place] == nil {
		p.pairs[place] = pack(textures.NewPair(p.size, p.seed, place))
	}
	return unpack(p.pairs[place], p.size, int(round%8))
}

// pack keeps a pair in bytes.
func pack(p textures.Pair) []uint8 {
	var out []uint8
	for _, part := range [][]float32{p.Photo.Pix, p.Reference.Pix, p.Defect, p.Far} {
		for _, v := range part {
			out = append(out, uint8(v*255+0.5))
		}
	}
	return out
}

// unpack turns a packed pair in one of the 8 ways that keep a square: bit 0
// mirrors x, bit 1 mirrors y, and bit 2 exchanges them.
func unpack(packed []uint8, size, way int) textures.Pair {
	n := size * size
	values := make([]float32, len(packed))
	for plane := 0; plane < len(packed); plane += n {
		for i := range n {
			x, y := i%size, i/size
			if way&1 != 0 {
				x = size - 1 - x
			}
			if way&2 != 0 {
				y = size - 1 - y
			}
			if way&4 != 0 {
				x, y = y, x
			}
			values[plane+i] = float32(packed[plane+y*size+x]) / 255
		}
	}
	return textures.Pair{
		Photo:     &textures.Image{Size: size, Pix: values[:3*n]},
		Reference: &textures.Image{Size: size, Pix: values[3*n : 6*n]},
		Defect:    values[6*n : 7*n],
		Far:       values[7*n:],
	}
}
