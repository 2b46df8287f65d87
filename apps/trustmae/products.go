package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/trustmae/memae"
	"github.com/org/trustmae/memae/dataset"
)

// product is a folder to learn from.
type product struct {
	name    string // "" unless there are several
	folder  *dataset.Folder
	samples []dataset.Sample // drawn for training
	record  *dataset.Record  // nil without the noise protocol
}

// openProducts lists and checks the photos of each folder, and names the products
// of a joint model. A folder of data sets stands for all of them there.
func openProducts(ctx context.Context, s *session, paths []string, c memae.Config) ([]product, error) {
	names := []string{""}
	if c.Scope == "joint" {
		var err error
		if paths, names, err = namedProducts(paths); err != nil {
			return nil, err
		}
		if n := c.Generator.Classes; n != 1 && n != len(paths) {
			return nil, fmt.Errorf("%w: generator.classes is %d for %d products (%s); leave it out", memae.ErrConfig, n, len(paths), strings.Join(names, ", "))
		}
	}
	var all []product
	for i, path := range paths {
		folder, err := dataset.Open(path)
		if err != nil {
			if inside, _ := dataset.Products(path); len(inside) > 1 {
				err = fmt.Errorf("%w, or learn one model for all of them with --joint", err)
			}
			return nil, err
		}
		if c.Noise.Percent == 0 {
			folder.Test = nil // training needs them for the noise protocol only
		}
		if err := verify(ctx, s, folder); err != nil {
			return nil, err
		}
		all = append(all, product{name: names[i], folder: folder})
	}
	return all, nil
}

// namedProducts puts the data sets within a folder in its place and names every
// product by its folder.
func namedProducts(paths []string) (found, names []string, err error) {
	where := map[string]string{}
	for _, path := range paths {
		inside := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			products, err := dataset.Products(path)
			if err != nil {
				return nil, nil, err
			}
			if len(products) > 0 {
				inside = nil
			}
			for _, name := range products {
				inside = append(inside, filepath.Join(path, name))
			}
		}
		for _, p := range inside {
			whole, err := filepath.Abs(p)
			if err != nil {
				return nil, nil, err
			}
			name := filepath.Base(whole)
			if other, twice := where[name]; twice {
				return nil, nil, fmt.Errorf("the products in %s and %s are both called %s; rename a folder", other, p, name)
			}
			where[name] = p
			found, names = append(found, p), append(names, name)
		}
	}
	if len(found) < 2 {
		return nil, nil, fmt.Errorf("a joint model learns several products and %s is one; name more folders, or a folder of data sets", paths[0])
	}
	return found, names, nil
}

// draw chooses the training photos: all of them, or those of the noise protocol.
func (p *product) draw(s *session, c memae.Config) error {
	p.samples, p.record = p.folder.Train, nil
	if n := c.Noise; n.Percent > 0 {
		split, err := p.folder.WithNoise(dataset.Noise{Percent: n.Percent, Definition: n.Definition, Seed: c.Seed})
		if err != nil {
			return err
		}
		p.samples, p.record = split.Train, &split.Record
		s.inform("%snoise %g %%: training on %s and %d defective ones; %s left for testing", p.prefix(": "),
			n.Percent, plural(len(split.Record.Normals), "good photo"), len(split.Record.Defects), plural(len(split.Test), "photo"))
	}
	if n := len(p.samples); n < leastPhotos {
		return fmt.Errorf("%s has %s to train on; it takes at least %d, and some dozens to be of use", p.folder.Root, plural(n, "photo"), leastPhotos)
	}
	return nil
}

// prefix is the product's name with a separator, or nothing.
func (p *product) prefix(separator string) string {
	if p.name == "" {
		return ""
	}
	return p.name + separator
}

// named are the samples under names that tell the products apart.
func (p *product) named() []dataset.Sample {
	all := make([]dataset.Sample, len(p.samples))
	for i, s := range p.samples {
		s.Rel = p.prefix("/") + s.Rel
		all[i] = s
	}
	return all
}
