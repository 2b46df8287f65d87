package perceptual

import (
	"errors"
	"fmt"
	"os"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
)

// Weights is where the values of feature networks come from: a folder of
// files and the embedded network, or a seed. Files are read when a network is
// made.
type Weights struct {
	dir    string // "": the embedded network alone
	random bool
	seed   uint64
}

// OpenWeights returns the weights in folder dir, which holds files named as
// this project or torchvision names them (such as alexnet-owt-7be5be79.pth) and
// LPIPS' channel weights as lpips/alex.pth. The embedded network is there in any
// case, with an empty dir alone; a folder that holds an [EmbeddedFile] has its
// own in its place.
func OpenWeights(dir string) (*Weights, error) {
	if dir != "" {
		if stat, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("folder of weights: %w", err)
		} else if !stat.IsDir() {
			return nil, fmt.Errorf("folder of weights: %s is a file, want the folder that holds it", dir)
		}
	}
	return &Weights{dir: dir}, nil
}

// RandomWeights returns seeded random weights for every network, for tests and
// comparisons: networks made from them say so.
func RandomWeights(seed uint64) *Weights { return &Weights{random: true, seed: seed} }

// trunk returns the values of a feature network.
func (w *Weights) trunk(n Network) (*values, error) {
	if w.random {
		return randomTrunk(w.seed, n), nil
	}
	return w.load(n, n.blueprint())
}

// channels returns LPIPS' channel weights for a trunk.
func (w *Weights) channels(n Network) (*values, error) {
	if w.random {
		return equalChannels(n), nil
	}
	return w.load(n, n.lpipsBlueprint())
}

// load reads a part of network n from the folder or from the program itself.
func (w *Weights) load(n Network, plan blueprint) (*values, error) {
	if n == Embedded {
		if own, err := w.has(plan); err != nil {
			return nil, err
		} else if !own {
			return loadEmbedded(plan)
		}
	}
	if w.dir == "" {
		return nil, fmt.Errorf("%w: there is no folder to take %s from; name one, or use the embedded network (%s)", ErrNoWeights, plan.what, Embedded)
	}
	return load(w.dir, plan)
}

// has tells whether the folder holds a file for plan.
func (w *Weights) has(plan blueprint) (bool, error) {
	if w.dir == "" {
		return false, nil
	}
	_, err := find(w.dir, plan)
	if errors.Is(err, ErrNoWeights) {
		return false, nil
	}
	return err == nil, err
}

// choose returns the preferred network if all of its parts are there, else the
// embedded one.
func (w *Weights) choose(preferred Network, parts ...blueprint) (Network, error) {
	if w.random {
		return preferred, nil
	}
	for _, plan := range parts {
		if there, err := w.has(plan); err != nil || !there {
			return Embedded, err
		}
	}
	return preferred, nil
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
