// Package metrics says how well anomaly scores separate defective photos, or
// defective pixels, from good ones.
//
// A higher score always means "more suspicious", and a threshold t always
// rejects a score s when s >= t.
//
//   - [AUROC], [AveragePrecision] and [BestF1] take one score for each image;
//   - [PixelAUROC], [PixelAveragePrecision] and [PixelBestF1] take the anomaly
//     maps of all images and count every pixel of every image;
//   - [AUPRO] weighs every defect alike, however large it is;
//   - [FalseRejectsAtEscapes] is the figure a factory reads: the share of good
//     parts thrown away when at most x % of the defective ones may pass.
//
// All figures are exact, ties included: nothing is binned or subsampled. The
// pixel metrics sort only the defective pixels and look the good ones up among
// them, so that their memory grows with the defects and not with the images.
//
// # Errors
//
// A figure that the data do not define is an error and never a default:
// [ErrOneClass] where good or defective samples are missing, [ErrNaN] where a
// score is not a number. Infinite scores are ordered like any other. Slices
// whose lengths do not match are the caller's mistake and panic.
//
// The definitions are those of scikit-learn (roc_auc_score,
// average_precision_score, precision_recall_curve) and, for AUPRO, of MVTec's
// evaluation code (Bergmann et al., "The MVTec Anomaly Detection Dataset",
// IJCV 2021, section 5).
package metrics
