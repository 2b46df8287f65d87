// Package heatmap turns anomaly maps into what people look at: coloured maps,
// overlays, contours, captioned panels, and lists of suspicious regions.
//
// A [Map] holds one anomaly score for each pixel, a [Photo] the picture it
// belongs to (the fields are those of dataset.Image, so that a conversion
// heatmap.Photo(img) is enough). The usual picture of one result is
//
//	smooth := heatmap.Blur(m, 4)
//	picture := heatmap.Overlay(photo, smooth, low, high)
//	heatmap.Contour(picture, truth, m.Width, m.Height, 1, heatmap.TruthColor)
//	heatmap.Contour(picture, heatmap.Mask(smooth, threshold), m.Width, m.Height, 1, heatmap.PredictionColor)
//	err := heatmap.SavePNG("result.png", picture)
//
// A pixel belongs to the predicted defect when its score is at least the
// threshold, as in package metrics. Colours run from low to high, which belong
// to a calibration and not to one map: scaled to its own extremes, every good
// photo would glow somewhere.
//
// Sizes that do not fit each other are the caller's mistake and panic; only
// [SavePNG] returns an error. Functions that return a picture return a new one.
package heatmap
