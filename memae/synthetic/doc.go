// Package synthetic makes a small product line out of nothing: photos of a
// turned steel flange on a conveyor belt, good ones and defective ones, with the
// exact truth of every defect. The demo and the tests run on it, so that nobody
// needs a data set to see the detector work.
//
// Good parts vary as real ones do, and a detector must not mind: position
// (±0.75/128 of the side), rotation (±1°), light (±4 % and a slight slope), the
// run of the lathe marks, the strength of the print, sensor noise. Defects come
// in the five kinds of [Kinds], cover about 1–5 % of the picture and shift its mean
// brightness less than the light does: a rule on brightness alone is blind.
//
//   - [Generate] draws one part: the same index is the same part, whether good
//     or with any of the defects, so that two pictures can be compared;
//   - [Write] lays out a whole data set in the folders of MVTec AD, with
//     unlabelled defective photos hidden in the training folder.
//
// Everything follows from [Options.Seed]: one seed, one data set. (On other
// processors a fused multiplication may round a channel to its neighbour, by 1
// in 255.) No state is shared, and any function may run concurrently.
//
// Options out of range are an error, an unknown [Kind] panics.
package synthetic
