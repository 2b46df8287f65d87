package torchpickle

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/org/trustmae/internal/safetensors"
)

const (
	maxNumel  = 1 << (bits.UintSize - 5) // keeps byte sizes in range of int
	maxRank   = 16
	maxDepth  = 8       // of nested dictionaries
	maxNamed  = 1 << 17 // entries in one file, however often its dictionaries repeat each other
	maxName   = 512     // bytes of an entry's full name
	minBudget = 1 << 20 // values allowed whatever the file's size
)

// storages gives access to the runs of values outside the pickle.
type storages interface {
	// read returns the raw little-endian values of s.
	read(s storage) ([]byte, error)
}

// check verifies that v lies inside its storage.
func (v view) check() error {
	if len(v.shape) != len(v.stride) || len(v.shape) > maxRank {
		return fmt.Errorf("tensor with %d sizes and %d strides", len(v.shape), len(v.stride))
	}
	if v.offset < 0 || v.offset > v.storage.numel {
		return fmt.Errorf("tensor offset %d is outside its storage of %d values", v.offset, v.storage.numel)
	}
	empty := false
	for i, size := range v.shape {
		if size < 0 || size > maxNumel || v.stride[i] < 0 {
			return fmt.Errorf("tensor size or stride is out of range (sizes %v, strides %v)", v.shape, v.stride)
		}
		empty = empty || size == 0
	}
	if !empty && !v.fits() {
		return fmt.Errorf("tensor of shape %v, strides %v, offset %d reaches beyond its storage of %d values",
			v.shape, v.stride, v.offset, v.storage.numel)
	}
	return nil
}

// fits reports whether a view without empty dimensions has no more values
// than its storage and its last value lies inside.
func (v view) fits() bool {
	limit := uint64(v.storage.numel)
	numel, last := uint64(1), uint64(v.offset)
	for i, size := range v.shape {
		hi, product := bits.Mul64(numel, uint64(size))
		overflow, reach := bits.Mul64(uint64(size-1), uint64(v.stride[i]))
		if hi != 0 || product > limit || overflow != 0 || reach >= limit {
			return false
		}
		numel = product
		if last += reach; last >= limit {
			return false
		}
	}
	return last < limit
}

// gather copies the values of v in row-major order into dst.
func (v view) gather(dst, values []float32) {
	if len(dst) == 0 {
		return
	}
	index := make([]int64, len(v.shape))
	at := v.offset
	for i := range dst {
		dst[i] = values[at]
		for d := len(index) - 1; d >= 0; d-- {
			index[d]++
			at += v.stride[d]
			if index[d] < v.shape[d] {
				break
			}
			at -= index[d] * v.stride[d]
			index[d] = 0
		}
	}
}

// numel returns the number of values of a checked view.
func (v view) numel() int {
	n := 1
	for _, size := range v.shape {
		if size == 0 {
			return 0
		}
		n *= int(size)
	}
	return n
}

type namedView struct {
	name string
	view view
}

// flatten lists the tensors below root in order.
func flatten(root any) ([]namedView, error) {
	var named []namedView
	visits := 0
	var walk func(prefix string, v any, depth int) error
	walk = func(prefix string, v any, depth int) error {
		if visits++; visits > maxNamed || depth > maxDepth {
			return errors.New("torch file has too many or too deeply nested entries")
		}
		switch v := v.(type) {
		case view:
			named = append(named, namedView{prefix, v})
		case *dict:
			for i, key := range v.keys {
				if prefix != "" {
					key = prefix + "." + key
				}
				if len(key) > maxName {
					return fmt.Errorf("torch file has a name of %d bytes, want at most %d: %.64q", len(key), maxName, key)
				}
				if err := walk(key, v.values[i], depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if _, ok := root.(*dict); !ok {
		return nil, fmt.Errorf("torch file holds a %s, want a state dictionary", kind(root))
	}
	if err := walk("", root, 0); err != nil {
		return nil, err
	}
	if len(named) == 0 {
		return nil, errors.New("torch file holds no tensors")
	}
	return named, nil
}

// load reads the values of named. Each storage is read once.
func load(source storages, fileSize int64, named []namedView) ([]safetensors.Tensor, error) {
	// A view never exceeds its storage and a storage never the file, so only
	// many views of one storage could ask for more than the file holds.
	budget := max(minBudget, fileSize)
	cache := map[string][]float32{}
	uses := map[string]int{}
	for _, n := range named {
		uses[n.view.storage.key]++
		if budget -= int64(n.view.numel()); budget < 0 {
			return nil, errors.New("torch file repeats its values too often")
		}
	}
	tensors := make([]safetensors.Tensor, 0, len(named))
	for _, n := range named {
		s := n.view.storage
		values, ok := cache[s.key]
		if !ok {
			raw, err := source.read(s)
			if err != nil {
				return nil, fmt.Errorf("tensor %.64q: %w", n.name, err)
			}
			values = make([]float32, s.numel)
			if err := safetensors.DecodeValues(s.dtype, values, raw); err != nil {
				return nil, fmt.Errorf("tensor %.64q: %w", n.name, err)
			}
			cache[s.key] = values
		}
		t := safetensors.Tensor{Name: n.name, DType: s.dtype, Data: make([]float32, n.view.numel())}
		for _, size := range n.view.shape {
			t.Shape = append(t.Shape, int(size))
		}
		n.view.gather(t.Data, values)
		tensors = append(tensors, t)
		if uses[s.key]--; uses[s.key] == 0 {
			delete(cache, s.key)
		}
	}
	return tensors, nil
}
