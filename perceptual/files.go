package perceptual

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/internal/torchpickle"
)

// ErrNoWeights tells that a folder has no file with the weights asked for.
var ErrNoWeights = errors.New("no weights found")

// load reads the tensors of plan from the first of its files that is in dir. A
// missing file is an error wrapping ErrNoWeights; tensors that do not fit are an
// error that names the first one.
func load(dir string, plan blueprint) (*values, error) {
	path, err := find(dir, plan)
	if err != nil {
		return nil, err
	}
	return loadFile(path, plan)
}

// loadFile reads the tensors of plan from a file.
func loadFile(path string, plan blueprint) (*values, error) {
	found, err := read(path, plan)
	if err != nil {
		return nil, err
	}
	tensors, err := fit(found, plan)
	if err == nil && plan.fold != nil {
		tensors, err = plan.fold(tensors)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &values{tensors: tensors, source: filepath.Base(path)}, nil
}

// find returns the first of the plan's files that is in dir.
func find(dir string, plan blueprint) (string, error) {
	for _, name := range plan.files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("folder of weights: %w", err)
		}
	}
	return "", fmt.Errorf("%w: %s has no %s; put one of these files there: %s",
		ErrNoWeights, dir, plan.what, strings.Join(plan.files, ", "))
}

// read loads a file's tensors under their plain names, others left out.
func read(path string, plan blueprint) (map[string]safetensors.Tensor, error) {
	wanted := func(name string) bool {
		plain := strings.TrimPrefix(name, plan.prefix)
		return slices.ContainsFunc(plan.params, func(p param) bool { return p.name == plain })
	}
	var list []safetensors.Tensor
	var err error
	if strings.HasSuffix(path, ".pth") {
		list, err = torchpickle.ReadFile(path, wanted)
	} else {
		list, _, err = safetensors.ReadFile(path)
	}
	if err != nil {
		return nil, err
	}
	tensors := map[string]safetensors.Tensor{}
	for _, t := range list {
		if wanted(t.Name) {
			t.Name = strings.TrimPrefix(t.Name, plan.prefix)
			tensors[t.Name] = t
		}
	}
	return tensors, nil
}

// fit orders tensors as the plan wants them and checks each.
func fit(tensors map[string]safetensors.Tensor, plan blueprint) ([]safetensors.Tensor, error) {
	fitted := make([]safetensors.Tensor, 0, len(plan.params))
	for _, p := range plan.params {
		t, ok := tensors[p.name]
		if !ok {
			return nil, fmt.Errorf("tensor %s%s is missing: the file does not hold %s", plan.prefix, p.name, plan.what)
		}
		if !slices.Equal(t.Shape, p.shape) {
			return nil, fmt.Errorf("tensor %s%s has shape %v, want %v: the file does not hold %s",
				plan.prefix, p.name, t.Shape, p.shape, plan.what)
		}
		for i, v := range t.Data {
			if v-v != 0 { // NaN or infinite
				return nil, fmt.Errorf("tensor %s%s: value %d is %v: the file is damaged", plan.prefix, p.name, i, v)
			}
		}
		t.DType = safetensors.F32 // as computed with, whatever the file stored
		fitted = append(fitted, t)
	}
	return fitted, nil
}
