package memae

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/org/trustmae/autograd"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/nn"
	"github.com/org/trustmae/perceptual"
)

// Keys of a model file's metadata; configKey is a checkpoint's as well.
const (
	formatKey        = "trustmae.format"
	preprocessingKey = "trustmae.preprocessing"
	calibrationKey   = "trustmae.calibration"
	provenanceKey    = "trustmae.provenance"
)

// modelFormat is the version of the file's layout that this program writes and
// reads.
const modelFormat = "1"

// ErrModel is wrapped by every complaint about a model file.
var ErrModel = errors.New("model file")

// preprocessing tells other programs how a photo becomes the network's input.
type preprocessing struct {
	Size   int        `json:"size"`   // pixels, square
	Resize string     `json:"resize"` // antialiased bilinear (PIL)
	Colour string     `json:"colour"` // channel order
	Range  [2]float64 `json:"range"`  // of the input values
}

// perceptualPrefix begins the names of the perceptual distance's tensors.
const perceptualPrefix = "perceptual"

// state names the tensors of a model file.
func (d *TrustMAE) state() []nn.Entry {
	s := nn.Prefix("generator", d.gen.State())
	if d.distance != nil {
		s = append(s, nn.Prefix(perceptualPrefix, d.distance.State())...)
	}
	return s
}

// Save writes the model as one safetensors file, atomically: weights of the
// generator and, where it is used, of the perceptual distance, and in the metadata
// configuration, preprocessing, calibration, provenance and a digest.
func (d *TrustMAE) Save(path string) error {
	if d.trainer != nil {
		return ErrNotFitted
	}
	metadata, err := jsonMetadata(map[string]any{
		configKey: d.config, calibrationKey: d.calibrationMetadata(), provenanceKey: d.provenance,
		preprocessingKey: preprocessing{d.config.Size, "bilinear, antialiased", "RGB", [2]float64{-1, 1}},
	})
	if err != nil {
		return err
	}
	metadata[formatKey] = modelFormat
	tensors := nn.StreamState(d.state())
	if metadata, err = safetensors.Seal(tensors, metadata); err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	if err := safetensors.WriteFile(path, tensors, metadata); err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	return nil
}

// Open reads a model file. Damage anywhere in it is an error.
func Open(path string, b kernels.Backend) (d *TrustMAE, err error) {
	defer kernels.Catch(&err)
	tensors, metadata, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if got := metadata[formatKey]; got != modelFormat {
		return nil, fmt.Errorf("%w %s: format %q, want %q: not a model of this program, or of another version; train again", ErrModel, path, got, modelFormat)
	}
	if err := safetensors.Verify(tensors, metadata); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrModel, path, err)
	}
	d = &TrustMAE{options: Options{Backend: b}, norms: new(sync.Mutex), streams: new(streams)}
	if d.config, err = ParseConfig([]byte(metadata[configKey])); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrModel, path, err)
	}
	d.calibrations = make([]Calibration, d.config.Generator.Classes)
	for key, target := range map[string]any{calibrationKey: d.calibrationMetadata(), provenanceKey: &d.provenance} {
		if err := json.Unmarshal([]byte(metadata[key]), target); err != nil {
			return nil, fmt.Errorf("%w %s: metadata %s: %w", ErrModel, path, key, err)
		}
	}
	if n, products := d.config.Generator.Classes, len(d.provenance.Products); len(d.calibrations) != n || products != 0 && products != n {
		return nil, fmt.Errorf("%w %s: %d thresholds and %d products for %d classes", ErrModel, path, len(d.calibrations), products, n)
	}
	if err := d.restore(tensors); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrModel, path, err)
	}
	return d, nil
}

// calibrationMetadata is what the file holds of the thresholds: an object, or a
// list of one for each product of a joint model.
func (d *TrustMAE) calibrationMetadata() any {
	if len(d.calibrations) == 1 {
		return &d.calibrations[0]
	}
	return &d.calibrations
}

// restore makes the networks and fills them.
func (d *TrustMAE) restore(tensors []safetensors.Tensor) error {
	b := d.options.Backend
	d.gen = NewGenerator(b, d.config, rand.New(rand.NewPCG(0, 0)))
	d.gen.SetTraining(false)
	// A model whose map was changed may hold the distance without using it.
	stored := slices.ContainsFunc(tensors, func(t safetensors.Tensor) bool { return strings.HasPrefix(t.Name, perceptualPrefix+".") })
	if stored || d.config.Score.perceptual() {
		var err error
		if d.distance, err = perceptual.EmptyLPIPS(b, d.config.lpipsOptions()); err != nil {
			return err
		}
	}
	for _, t := range tensors {
		if t.Name == "generator.memory.slots" && len(t.Shape) == 2 && t.Shape[0] != d.gen.Memory.Len() {
			d.gen.Memory.Slots = autograd.NewParameter(b, t.Shape...) // pruned
		}
	}
	if err := nn.LoadState(d.state(), tensors); err != nil {
		return err
	}
	d.scorer = d.gen.Folded()
	return nil
}
