// Package gpu times a GPU: what its memory and products give at most, and the
// model's own work. pack.sh makes test binaries of everything that a machine with
// a GPU has to run, check.sh runs them there.
package gpu
