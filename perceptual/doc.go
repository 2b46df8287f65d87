// Package perceptual compares images by the features of frozen, pre-trained
// networks: the VGG feature loss that TrustMAE trains with ([FeatureLoss]) and
// the LPIPS distance that its anomaly maps are made of ([LPIPS]).
//
// [Features] are the trunks alone, those of residual networks among them, for
// detectors that compare patches; [Network.Stages] names a layer for each scale.
//
// Images are RGB [N,3,H,W] in [-1,1]. Networks have torchvision's layers and
// numbering; they are never trained, but gradients flow through them.
//
//	weights, err := perceptual.OpenWeights("weights") // a folder of .safetensors and .pth files
//	distance, err := perceptual.NewLPIPS(backend, weights, perceptual.LPIPSOptions{Net: "alex"})
//	perPixel := distance.Spatial(tape, photo, reconstruction) // [N,1,H,W]
//
// # Weights
//
// [OpenWeights] takes a folder whose files have this project's or torchvision's
// names, or none: a small network of our own ([Embedded]) is part of the program
// and stands in for whatever is not there. [RandomWeights] are for tests and
// comparisons. Source and Random of what is made from them tell which: random
// features find defects less well, and a program must say so in its output and in
// the models it writes.
//
// # Errors
//
// Files that are missing, damaged or of another network, and options that do
// not exist, are errors. Wrong image shapes are programmer's mistakes and panic.
//
// # Sources
//
// LPIPS: Zhang et al., The Unreasonable Effectiveness of Deep Features as a
// Perceptual Metric, CVPR 2018, version 0.1 of the authors' code. Feature loss
// and anomaly map: Tan et al., TrustMAE, WACV 2021, sections 2 and equation 8.
// VGG: Simonyan & Zisserman 2015. AlexNet: Krizhevsky 2014. SqueezeNet: Iandola
// et al. 2016. Residual networks: He et al. 2016, wide ones Zagoruyko & Komodakis
// 2016.
package perceptual
