package layers

import (
	"fmt"
	"slices"
)

// side is the photos' side in benchmarks, pixels.
const side = 256

// Work is one pass of a layer over a batch, as benchmarks time it.
type Work struct {
	Layer
	Net   string `json:"net"` // the first network that has the layer
	Batch int    `json:"batch"`
	Pass  string `json:"pass"` // one of Passes
}

// Passes are the directions of a layer.
var Passes = []string{"forward", "backward-data", "backward-weights"}

// Batches are the batches that layers are timed with.
var Batches = []int{1, 8}

// Works lists the passes of all layers of all networks for photos of 256×256
// pixels. Layers of the same shape are listed once.
func Works() []Work {
	var works []Work
	var seen []string
	for _, n := range networks() {
		for _, l := range n.table {
			if slices.Contains(seen, l.String()) {
				continue
			}
			seen = append(seen, l.String())
			for _, batch := range Batches {
				for _, pass := range Passes {
					works = append(works, Work{l, n.name, batch, pass})
				}
			}
		}
	}
	return works
}

type network struct {
	name  string
	table Table
}

// networks lists all networks, VGG-16 being part of VGG-19. The generators' memory
// is left out: its matrix products are no convolutions.
func networks() []network {
	convolutions := func(g Generator) Table { return append(g.Encoder(), g.Decoder()...) }
	return []network{
		{"generator", convolutions(FiveStages(side))},
		{"discriminator", Discriminator(side, 32)},
		{"vgg19", VGG19(side)},
		{"alex", AlexNet(side)},
		{"squeeze", SqueezeNet(side)},
		{"trustmae", Embedded(side)},
		{"generator3", convolutions(ThreeStages(side))},
	}
}

// Operations counts multiplications and additions of the direct algorithm.
func (w Work) Operations() int64 { return 2 * int64(w.Batch) * w.MACs() }

// Path is the name of the work among benchmarks, in parts that benchstat reads:
// "net=vgg19/layer=conv1_2,3x3,s1,p1,64-64@256/batch=8/pass=forward".
func (w Work) Path() string {
	return fmt.Sprintf("net=%s/layer=%s,%s/batch=%d/pass=%s", w.Net, w.Name, w.Layer, w.Batch, w.Pass)
}
