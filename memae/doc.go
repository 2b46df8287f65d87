// Package memae is TrustMAE, a detector of visual defects that learns from one
// unlabelled folder of product photos of which some may be defective (Tan, Chen,
// Chen, Chen, WACV 2021).
//
// A [Generator] encodes a photo, replaces every latent by a mixture of the
// nearest slots of a [Memory], and decodes. Trained on mostly normal photos,
// the memory holds normal prototypes, so that a defect comes back repaired; the
// trust region keeps latents of defects from claiming slots. The anomaly map is
// the squared difference between photo and reconstruction times a perceptual
// distance.
//
//	d, err := memae.New(memae.DefaultConfig(), memae.Options{Backend: backend, WeightsDir: "weights"})
//	err = d.Fit(ctx, memae.FromSource(photos))
//	results, err := d.Score(ctx, images)
//	err = d.Save("bottle.safetensors")
//
// Every choice that the paper leaves open is a field of [Config]. [Detector] is
// the interface that this and other detectors share.
//
// # Errors
//
// Files, photos, configurations, devices and a training that diverges give
// errors; wrong use of the API panics. Nothing is printed.
//
// # Determinism
//
// The same configuration, seed, photos and backend give the same bits, whatever
// the number of threads and however often training was interrupted and resumed.
package memae
