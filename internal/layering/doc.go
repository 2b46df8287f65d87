// Package layering holds no code: its test reads the imports of every package of
// the module and fails where one goes up the layers,
//
//	kernels <- autograd <- nn <- perceptual <- memae <- apps, bench
//
// or where a core package needs more than it may.
package layering
