package nn

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/internal/safetensors"
)

// SaveState copies the entries to the host, in their order.
func SaveState(entries []Entry) []safetensors.Tensor {
	index(entries)
	tensors := make([]safetensors.Tensor, len(entries))
	for i, e := range entries {
		tensors[i] = safetensors.Tensor{Name: e.Name, Shape: slices.Clone(e.Tensor.Shape()), Data: e.Tensor.Data()}
	}
	return tensors
}

// StreamState is SaveState without copies: the values come from the device while
// the tensors are written, and must not change meanwhile.
func StreamState(entries []Entry) []safetensors.Tensor {
	index(entries)
	tensors := make([]safetensors.Tensor, len(entries))
	for i, e := range entries {
		tensors[i] = safetensors.Tensor{
			Name: e.Name, Shape: slices.Clone(e.Tensor.Shape()),
			At: func(dst []float32, offset int) {
				e.Tensor.Backend().Download(dst, e.Tensor.Buffer().Slice(offset, len(dst)))
			},
		}
	}
	return tensors
}

// LoadState overwrites the entries with the tensors of the same names. Every
// entry must be there with its shape, and nothing else; otherwise nothing is
// changed and the error names the first tensor that does not fit.
func LoadState(entries []Entry, tensors []safetensors.Tensor) error {
	byName := index(entries)
	found := make([][]float32, len(entries))
	for _, t := range tensors {
		i, ok := byName[t.Name]
		switch {
		case !ok:
			return fmt.Errorf("load state: tensor %q does not belong to this model; check that file and configuration go together", t.Name)
		case found[i] != nil:
			return fmt.Errorf("load state: tensor %q appears twice", t.Name)
		case !slices.Equal(t.Shape, entries[i].Tensor.Shape()) || len(t.Data) != entries[i].Tensor.Len():
			return fmt.Errorf("load state: tensor %q has shape %v (%d values), want %v; check that file and configuration go together", t.Name, t.Shape, len(t.Data), entries[i].Tensor.Shape())
		}
		found[i] = t.Data
	}
	for i, data := range found {
		if data == nil {
			return fmt.Errorf("load state: tensor %q (shape %v) is missing; check that file and configuration go together", entries[i].Name, entries[i].Tensor.Shape())
		}
	}
	for i, data := range found {
		entries[i].Tensor.Set(data)
	}
	return nil
}

// index maps names to positions and panics where two entries share a name.
func index(entries []Entry) map[string]int {
	byName := make(map[string]int, len(entries))
	for i, e := range entries {
		if j, twice := byName[e.Name]; twice {
			panic(fmt.Sprintf("nn: entries %d and %d are both named %q; use Prefix", j, i, e.Name))
		}
		byName[e.Name] = i
	}
	return byName
}
