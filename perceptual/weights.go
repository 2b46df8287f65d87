package perceptual

import (
	"fmt"
	"os"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Weights is where the values of feature networks come from: a folder of
// files, or a seed. Files are read when a network is made.
type Weights struct {
	dir  string // "": random
	seed uint64
}

// OpenWeights returns the weights in folder dir, which holds files named as
// this project or torchvision names them (such as alexnet-owt-7be5be79.pth) and
// LPIPS' channel weights as lpips/alex.pth. An empty dir gives random weights
// from seed, for tests and first runs: networks made from them say so.
func OpenWeights(dir string, seed uint64) (*Weights, error) {
	if dir != "" {
		if stat, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("folder of weights: %w", err)
		} else if !stat.IsDir() {
			return nil, fmt.Errorf("folder of weights: %s is a file, want the folder that holds it", dir)
		}
	}
	return &Weights{dir: dir, seed: seed}, nil
}

// trunk returns the values of a feature network.
func (w *Weights) trunk(n Network) (*values, error) {
	if w.dir == "" {
		return randomTrunk(w.seed, n), nil
	}
	return load(w.dir, n.blueprint())
}

// channels returns LPIPS' channel weights for a trunk.
func (w *Weights) channels(n Network) (*values, error) {
	if w.dir == "" {
		return equalChannels(n), nil
	}
	return load(w.dir, n.lpipsBlueprint())
}

// values are the tensors of one blueprint, on the host.
type values struct {
	tensors []safetensors.Tensor // in the order of the blueprint
	source  string               // file name or how they were made
	random  bool                 // never trained
}

// frozen are tensors on a backend that have no gradient and take part in a
// module's state.
type frozen struct {
	entries []nn.Entry
	byName  map[string]*autograd.Tensor
}

// newFrozen allocates the tensors of params, all zero.
func newFrozen(b kernels.Backend, params []param) frozen {
	f := frozen{byName: make(map[string]*autograd.Tensor, len(params))}
	for _, p := range params {
		leaf := autograd.NewConstant(b, p.shape...)
		f.byName[p.name] = leaf
		f.entries = append(f.entries, nn.Entry{Name: p.name, Tensor: leaf, Buffer: true})
	}
	return f
}

// set fills the tensors.
func (f frozen) set(v *values) {
	for _, t := range v.tensors {
		f.byName[t.Name].Set(t.Data)
	}
}
