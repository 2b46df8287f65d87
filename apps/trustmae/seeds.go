package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/org/trustmae/memae"
)

// seedFiles are the files of the models that a configuration asks for: path for
// the first seed, so that every command takes it, and beside it one with the
// number in its name for each further one, part.seed2.safetensors.
func seedFiles(path string, c memae.Config) []string {
	files := []string{path}
	extension := filepath.Ext(path)
	for i := 1; i < c.Seeds; i++ {
		files = append(files, fmt.Sprintf("%s.seed%d%s", strings.TrimSuffix(path, extension), seedConfig(c, i).Seed, extension))
	}
	return files
}

// seedConfig is the configuration of model i: that of training it alone, but that
// the first one remembers how many there are.
func seedConfig(c memae.Config, i int) memae.Config {
	if i > 0 {
		c.Seed += uint64(i)
		c.Seeds = 1
	}
	return c
}
