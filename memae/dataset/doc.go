// Package dataset reads folders of product photos: it lists them, decodes and
// resizes them, splits them by the noise protocol of the TrustMAE paper and
// feeds them to a trainer.
//
// # Layouts
//
// [Open] understands three layouts and decides by what it finds:
//
//   - MVTec AD: train/good, test/KIND, ground_truth/KIND/NAME_mask.png
//   - flat: any tree of photos without labels; all of them are for training
//   - CSV: a table with the columns path, label, kind, mask and split, of which
//     only path is needed; paths are relative to the table
//
// Listings are sorted by relative name, so the same folder gives the same
// order on every machine.
//
// # Photos
//
// [Load] reads PNG, JPEG, BMP and TIFF with 8 or 16 bits per channel, grey,
// palette or RGB, and gives an [Image]: planar float32 RGB in [0,1]. The format
// is decided by the content of the file, never by its name. Grey becomes three
// equal channels. Transparency is composited over black; an alpha channel that
// is zero everywhere counts as unused and is dropped. The orientation tag of
// JPEG and TIFF is honoured, colour profiles are not. Of a TIFF with several
// pages the first is read.
//
// PNG, BMP and TIFF give the very values that PIL gives; JPEG is within 3/255,
// as the cosine transforms are rounded differently. [Resize] is PIL's
// antialiased bilinear filter.
//
// [Folder.Verify] decodes all photos before a long run; [Inspect] reports on a
// folder: counts, sizes, duplicates, masks that do not fit.
//
// # Noise protocol
//
// [Folder.WithNoise] moves defective photos of the test set into the training
// set, as in the paper's tables S3 and S4. All draws are seeded, and levels are
// nested: what is in training at 5 % is also there at 10 %.
//
// # Errors
//
// Whatever comes from outside gives an error that names the file and says what
// to do. A bad file is never fatal for its folder and never passed over in
// silence: it is listed in [Folder.Skipped]. Panics report a programmer's
// mistake, such as a size below one pixel.
//
// The package knows no tensors. Functions without a stated exception are safe
// for concurrent use as long as their arguments are not modified meanwhile.
package dataset
