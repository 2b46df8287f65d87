package synthetic

import "fmt"

// Kind is what is wrong with a part; it names the folder of its test photos.
type Kind string

// The kinds of parts.
const (
	Good    Kind = "good"    // nothing wrong
	Scratch Kind = "scratch" // a bright or dark line across the metal
	Stain   Kind = "stain"   // a translucent patch of oil with a ragged edge
	Chip    Kind = "chip"    // a piece broken out of the rim
	Hole    Kind = "hole"    // a bolt hole not drilled, or clogged with dirt
	Spot    Kind = "spot"    // a drop of paint about as bright as the metal
)

// Kinds returns the kinds of defects, without [Good].
func Kinds() []Kind { return []Kind{Scratch, Stain, Chip, Hole, Spot} }

// Options describes a data set. The zero value of a field means its default.
type Options struct {
	Size           int    // side of the square photos in pixels, 32–4096; default 128
	Seed           uint64 // everything follows from it; 0 is a seed like any other
	TrainGood      int    // good photos to train on; default 80
	TrainDefective int    // defective photos hidden among them; default 20, -1 for none
	TestGood       int    // good photos to test on; default 20, -1 for none
	TestDefective  int    // defective photos to test on, the kinds in turn; default 30, -1 for none
}

const minSize, maxSize = 32, 4096

// withDefaults replaces zero fields by their defaults and checks the rest.
func (o Options) withDefaults() (Options, error) {
	fill := func(field *int, value int) {
		switch {
		case *field == 0:
			*field = value
		case *field == -1:
			*field = 0
		}
	}
	if o.Size == 0 {
		o.Size = 128
	}
	if o.Size < minSize || o.Size > maxSize {
		return o, fmt.Errorf("synthetic: the photos' side is %d pixels; give one from %d to %d", o.Size, minSize, maxSize)
	}
	fill(&o.TrainGood, 80)
	fill(&o.TrainDefective, 20)
	fill(&o.TestGood, 20)
	fill(&o.TestDefective, 30)
	if n := min(o.TrainGood, o.TrainDefective, o.TestGood, o.TestDefective); n < 0 {
		return o, fmt.Errorf("synthetic: a set of %d photos; give a positive number, 0 for the default or -1 for none", n)
	}
	return o, nil
}
