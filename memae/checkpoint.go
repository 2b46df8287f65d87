package memae

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/nn"
)

// Keys of a checkpoint's metadata.
const (
	checkpointKey = "trustmae.checkpoint"
	configKey     = "trustmae.config"
)

// checkpoint is what resuming needs beside the tensors.
type checkpoint struct {
	Position position `json:"position"`
	DataHash string   `json:"data_hash"`
	Steps    [3]int   `json:"steps"`              // of the optimisers: weights, memory, discriminator
	Features string   `json:"features,omitempty"` // digest of the feature loss's network; "" without it
}

// state names every tensor that the next step depends on.
func (tr *trainer) state() []nn.Entry {
	s := nn.Prefix("generator", tr.gen.State())
	s = append(s, nn.Prefix("discriminator", tr.disc.State())...)
	s = append(s, nn.Prefix("adam.weights", tr.weightsAdam.State())...)
	s = append(s, nn.Prefix("adam.memory", tr.memoryAdam.State())...)
	s = append(s, nn.Prefix("adam.discriminator", tr.discAdam.State())...)
	if tr.average != nil {
		s = append(s, nn.Prefix("average", tr.average.State())...)
	}
	return s
}

func (tr *trainer) optimisers() []*nn.Adam {
	return []*nn.Adam{tr.weightsAdam, tr.memoryAdam, tr.discAdam}
}

// featuresDigest names the weights of the feature loss, which the loss depends on
// but a checkpoint does not hold.
func (tr *trainer) featuresDigest() (string, error) {
	if tr.features == nil || tr.digest != "" {
		return tr.digest, nil
	}
	digest, err := safetensors.Digest(nn.StreamState(tr.features.State()), nil)
	tr.digest = digest
	return digest, err
}

// saveCheckpoint writes everything that going on needs, atomically.
func (tr *trainer) saveCheckpoint(path, dataHash string) error {
	digest, err := tr.featuresDigest()
	if err != nil {
		return err
	}
	c := checkpoint{Position: tr.pos, DataHash: dataHash, Features: digest}
	for i, o := range tr.optimisers() {
		c.Steps[i] = o.StepCount()
	}
	metadata, err := jsonMetadata(map[string]any{checkpointKey: c, configKey: tr.config})
	if err != nil {
		return err
	}
	tensors := nn.StreamState(tr.state())
	if metadata, err = safetensors.Seal(tensors, metadata); err != nil {
		return err
	}
	return safetensors.WriteFile(path, tensors, metadata)
}

// ErrCheckpoint is wrapped by every complaint about a checkpoint.
var ErrCheckpoint = errors.New("checkpoint")

// loadCheckpoint restores what saveCheckpoint wrote; found is false where there
// is no file.
func (tr *trainer) loadCheckpoint(path, dataHash string) (found bool, err error) {
	tensors, metadata, err := safetensors.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = safetensors.Verify(tensors, metadata)
	}
	if err != nil {
		return false, fmt.Errorf("%w %s: %w; delete it to start anew", ErrCheckpoint, path, err)
	}
	var c checkpoint
	var made Config
	if err := errors.Join(json.Unmarshal([]byte(metadata[checkpointKey]), &c), json.Unmarshal([]byte(metadata[configKey]), &made)); err != nil {
		return false, fmt.Errorf("%w %s: not a checkpoint of this program: %w", ErrCheckpoint, path, err)
	}
	if key := differing(made, tr.config); key != "" {
		return false, fmt.Errorf("%w %s: made with another %s; give the same configuration, or delete it to start anew", ErrCheckpoint, path, key)
	}
	if c.DataHash != dataHash {
		return false, fmt.Errorf("%w %s: made with other training photos; give the same folder, or delete it to start anew", ErrCheckpoint, path)
	}
	if err := tr.checkFeatures(c); err != nil {
		return false, fmt.Errorf("%w %s: %w", ErrCheckpoint, path, err)
	}
	if err := nn.LoadState(tr.state(), tr.withoutFirstMoments(tensors)); err != nil {
		return false, fmt.Errorf("%w %s: %w", ErrCheckpoint, path, err)
	}
	for i, o := range tr.optimisers() {
		o.SetStepCount(c.Steps[i])
	}
	tr.pos = c.Position
	return true, nil
}

// withoutFirstMoments leaves out what earlier programs kept though the next step does
// not depend on it: the optimisers' first moments where β₁ is 0.
func (tr *trainer) withoutFirstMoments(tensors []safetensors.Tensor) []safetensors.Tensor {
	if tr.config.Optimizer.Betas[0] != 0 {
		return tensors
	}
	return slices.DeleteFunc(tensors, func(t safetensors.Tensor) bool {
		return strings.HasPrefix(t.Name, "adam.") && strings.HasSuffix(t.Name, ".exp_avg")
	})
}

// checkFeatures refuses a checkpoint made with another network behind the feature
// loss. One without a digest is an earlier program's and is taken as it is.
func (tr *trainer) checkFeatures(c checkpoint) error {
	digest, err := tr.featuresDigest()
	if err == nil && c.Features != "" && c.Features != digest {
		err = fmt.Errorf("made with other weights of the feature network (now %s); give the folder of weights that the run began with, or delete the checkpoint to start anew", tr.features.Source())
	}
	return err
}

// differing names the first top-level key in which two configurations differ,
// but for the number of epochs, which may be raised, and what comes after
// training.
func differing(a, b Config) string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		f := va.Type().Field(i)
		switch f.Name {
		case "Epochs", "Seeds", "Score", "Threshold":
			continue
		}
		if va.Field(i).Interface() != vb.Field(i).Interface() {
			return strconv.Quote(f.Tag.Get("json"))
		}
	}
	return ""
}

// jsonMetadata encodes each value.
func jsonMetadata(values map[string]any) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for key, v := range values {
		data, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("memae: metadata %s: %w", key, err)
		}
		out[key] = string(data)
	}
	return out, nil
}
