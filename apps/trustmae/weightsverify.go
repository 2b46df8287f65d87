package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/internal/download"
	"github.com/org/trustmae/internal/safetensors"
	"github.com/org/trustmae/internal/torchpickle"
	"github.com/org/trustmae/perceptual"
)

func newWeightsVerify(s *session, f *weightsFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "verify [FILE...]",
		Short: "Check files of weights against the SHA-256 of the official ones",
		Long: `Check each FILE, or all weights in the folder, and print a line for each:

  official   the SHA-256 is that of the official file
  converted  written by trustmae weights convert, and whole
  different  named like an official file, but with other content
  damaged    cannot be read, or not what convert wrote
  unknown    readable, but there is nothing to compare it with

Anything but official and converted makes the command fail.`,
		Args: func(*cobra.Command, []string) error { return nil },
		RunE: func(_ *cobra.Command, files []string) error {
			if len(files) == 0 {
				var err error
				if files, err = f.found(); err != nil {
					return err
				}
			}
			failed := 0
			for _, file := range files {
				v, err := verifyWeights(file)
				if err != nil {
					return err
				}
				if !v.good {
					failed++
				}
				if _, err := fmt.Fprintf(s.stdout, "%-9s  %s: %s\n", v.status, file, v.text); err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %s could not be verified; the lines above say why", failed, plural(len(files), "file"))
			}
			return nil
		},
	}
}

// found lists the files of weights in the folder.
func (f *weightsFlags) found() ([]string, error) {
	dir, err := f.folder()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, r := range perceptual.Releases() {
		path, err := r.Find(dir)
		switch {
		case err == nil:
			files = append(files, path)
		case !errors.Is(err, perceptual.ErrNoWeights):
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no weights; fetch some with trustmae weights pull NAME, or name files", dir)
	}
	return files, nil
}

// judgement is what verify finds out about a file.
type judgement struct {
	good         bool
	status, text string
}

// verifyWeights judges a file by its content first, then by its name. The error
// is one of reading it at all.
func verifyWeights(file string) (judgement, error) {
	sum, err := download.Sum(file)
	if err != nil {
		return judgement{}, err
	}
	if r, ok := official(sum); ok {
		return judgement{true, "official", r.Name}, nil
	}
	for _, r := range perceptual.Releases() {
		if filepath.Base(r.File) == filepath.Base(file) {
			return judgement{false, "different", fmt.Sprintf("its SHA-256 is %s, want %s; delete it and run trustmae weights pull %s", sum, r.SHA256, r.Name)}, nil
		}
	}
	if strings.HasSuffix(file, ".safetensors") {
		return convertedWeights(file, sum), nil
	}
	return unknownWeights(file, sum), nil
}

// official returns the release whose file has this SHA-256.
func official(sum string) (perceptual.Release, bool) {
	for _, r := range perceptual.Releases() {
		if strings.EqualFold(r.SHA256, sum) {
			return r, true
		}
	}
	return perceptual.Release{}, false
}

// convertedWeights judges a file by the digest that convert put into it.
func convertedWeights(file, sum string) judgement {
	tensors, metadata, err := safetensors.ReadFile(file)
	if err != nil {
		return judgement{false, "damaged", err.Error()}
	}
	if metadata[safetensors.DigestKey] == "" {
		return unknownWeights(file, sum)
	}
	if err := safetensors.Verify(tensors, metadata); err != nil {
		return judgement{false, "damaged", err.Error()}
	}
	from := metadata[sourceKey]
	if r, ok := official(metadata[sourceSumKey]); ok {
		from = "the official file of " + r.Name
	}
	return judgement{true, "converted", "whole; it says that it was made from " + from}
}

// unknownWeights tells at least what a file can be used for.
func unknownWeights(file, sum string) judgement {
	if strings.HasSuffix(file, ".pth") {
		none := func(string) bool { return false } // the structure only
		if _, err := torchpickle.ReadFile(file, none); err != nil {
			return judgement{false, "damaged", err.Error()}
		}
	}
	var fits []string
	for _, r := range perceptual.Releases() {
		if r.Fits(file) == nil {
			fits = append(fits, r.Name)
		}
	}
	if len(fits) == 0 {
		return judgement{false, "unknown", "it holds no weights that trustmae uses; its SHA-256 is " + sum}
	}
	return judgement{false, "unknown", fmt.Sprintf("it fits %s, but is not an official file; its SHA-256 is %s", strings.Join(fits, " and "), sum)}
}
