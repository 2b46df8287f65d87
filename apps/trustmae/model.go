package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
)

// modelFlags choose what computes and, of a joint model, the product.
type modelFlags struct {
	deviceFlags
	product string
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.product, "product", "", "`NAME` of the product, where the model knows several; by default the folder that is called so")
	f.deviceFlags.add(cmd)
}

// openModel reads a model file to use on the photos of paths.
func (f *modelFlags) openModel(s *session, model string, backend kernels.Backend, paths ...string) (*memae.TrustMAE, error) {
	detector, err := memae.Open(model, backend)
	if err != nil {
		return nil, err
	}
	for _, w := range detector.Warnings() {
		s.note("WARNING: %s", w)
	}
	return f.choose(detector, paths)
}

// choose returns the model's view of the product that the flag or, without it, the
// folders of the photos name.
func (f *modelFlags) choose(d *memae.TrustMAE, paths []string) (*memae.TrustMAE, error) {
	var known []string
	for _, p := range d.Provenance().Products {
		known = append(known, p.Name)
	}
	if f.product != "" {
		return d.Product(f.product)
	}
	if len(known) == 0 {
		return d, nil
	}
	var found []string
	for _, path := range paths {
		name, err := productAbove(path, known)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	if len(found) != 1 || found[0] == "" {
		return nil, fmt.Errorf("the model knows %s: say with --product which of them the photos show", strings.Join(known, ", "))
	}
	return d.Product(found[0])
}

// productAbove is the last of a path's folders that is called like a product, ""
// for none.
func productAbove(path string, known []string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for dir := whole; ; dir = filepath.Dir(dir) {
		if name := filepath.Base(dir); slices.Contains(known, name) {
			return name, nil
		}
		if dir == filepath.Dir(dir) {
			return "", nil
		}
	}
}
