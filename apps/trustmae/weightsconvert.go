package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/internal/download"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/internal/torchpickle"
)

// Metadata of a converted file: name and SHA-256 of what it was made from.
const (
	sourceKey    = "source"
	sourceSumKey = "source_sha256"
)

// largestHalf is the largest value that float16 holds.
const largestHalf = 65504

func newWeightsConvert(s *session) *cobra.Command {
	var dtype string
	cmd := &cobra.Command{
		Use:   "convert IN.pth OUT.safetensors",
		Short: "Turn a file of torch.save into a safetensors file",
		Long: `Write the tensors of IN, a state dictionary saved by PyTorch, to OUT under the same
names. Nothing in IN is executed. OUT carries the SHA-256 of its content and of IN,
which verify checks.`,
		Example: "  trustmae weights convert vgg19-dcbb9e9d.pth vgg19.safetensors --dtype f16",
		Args:    wantArgs(false, "IN.pth", "OUT.safetensors"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := safetensors.DType(strings.ToUpper(dtype))
			if !slices.Contains([]safetensors.DType{safetensors.F32, safetensors.F16}, kind) {
				return usage(cmd, "--dtype is %q, want f32 or f16", dtype)
			}
			return s.convert(args[0], args[1], kind)
		},
	}
	cmd.Flags().StringVar(&dtype, "dtype", "f32", "how values are stored, f32 or f16: half the size, 11 bits of precision")
	complete(cmd, "dtype", "f32", "f16")
	return cmd
}

func (s *session) convert(in, out string, dtype safetensors.DType) error {
	if !strings.HasSuffix(out, ".safetensors") {
		return fmt.Errorf("%s does not end in .safetensors, by which files of weights are told apart; choose such a name", out)
	}
	if err := writable(out); err != nil {
		return err
	}
	tensors, err := torchpickle.ReadFile(in, nil)
	if err != nil {
		return err
	}
	for i := range tensors {
		if err := store(&tensors[i], dtype); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
	}
	sum, err := download.Sum(in)
	if err != nil {
		return err
	}
	metadata, err := safetensors.Seal(tensors, map[string]string{"format": "pt", sourceKey: filepath.Base(in), sourceSumKey: sum})
	if err != nil {
		return err
	}
	if err := safetensors.WriteFile(out, tensors, metadata); err != nil {
		return err
	}
	stat, err := os.Stat(out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "%s  %s  %s\n", out, plural(len(tensors), "tensor"), fileSize(stat.Size()))
	return err
}

// store sets how a tensor is stored. Counters stay exact in float32.
func store(t *safetensors.Tensor, dtype safetensors.DType) error {
	if t.DType == safetensors.I64 {
		dtype = safetensors.F32
	}
	t.DType = dtype
	for i, v := range t.Data {
		if v-v != 0 {
			return fmt.Errorf("tensor %.64q: value %d is %v: the file is damaged", t.Name, i, v)
		}
		if dtype == safetensors.F16 && max(v, -v) > largestHalf {
			return fmt.Errorf("tensor %.64q: value %d is %v, more than f16 can hold; use --dtype f32", t.Name, i, v)
		}
	}
	return nil
}
