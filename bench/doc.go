// Package bench times whole models on the processor: the generator, the
// perceptual distance, detection of one photo and the training step,
//
//	go test -run '^$' -bench . ./bench
//
// Each benchmark reports GFLOP/s, counted as direct convolutions from the layer
// tables ([Generator], [PairMACs], [StepMACs]), and the share of the processor's
// peak, which the same process measures. Folder peers times other software at the
// same work. docs/performance.md tells how to read and repeat the figures.
package bench
