// Package textures makes pictures out of nothing, as many as one likes: what a
// feature network can learn from without anybody's photos.
//
// [Picture] draws one from its seed and index: dead leaves, Perlin and power-law
// noise, gratings, weaves, tilings, shaded solids, print, one laid over another,
// recoloured, lit, blurred, noisy, compressed. [NewPair] draws a picture with a
// defect whose place is known, and the same picture without it as a camera or
// an auto-encoder might give it back: shifted, brighter, blurred, resampled,
// with a checkerboard, without a lamp's reflections.
// Both depend on size, seed and index only, and may be called from many
// goroutines.
//
// Sources. Dead leaves: Lee, Mumford & Huang, IJCV 2001. Learning from noise:
// Baradad et al., Learning to See by Looking at Noise, NeurIPS 2021. Gradient
// noise: Perlin, Improving Noise, SIGGRAPH 2002.
package textures
