// Package kernels is the contract between the automatic differentiation of
// package autograd and the machine that computes: a [Backend] of about 40
// operations over opaque [Buffer] values, so that tensors can stay on a device.
// It holds no algorithm; see kernels/cpu for the processor's and
// kernels/kernelstest for the suite that every backend must pass.
//
// # Layout
//
// A buffer is a run of float32 values. Tensors are contiguous, row-major,
// images NCHW, Conv2d weights OIHW, ConvTranspose2d weights IOHW. Blocked
// forms exist only inside a backend.
//
// # Aliasing
//
// Outputs come first. An output must not overlap an input, except where an
// operation says that it may be the very same buffer. Inputs are never written.
//
// # Numbers
//
// NaN and infinities propagate as IEEE 754 says; no operation skips zeros. Only
// fast convolution algorithms may spread them further: Winograd's turns an output
// tile that sees a NaN or an infinity into NaN, and with it all taps of the weight
// gradients of the channels that it belongs to. A convolution's padding is zeros
// that a backend may multiply or leave out, which shows in the gradients of
// weights where those of the output are not finite.
// Sums of many terms are accumulated so that the error does not grow with
// their number (partial sums or float64).
//
// # Determinism
//
// The same backend, instruction set and arguments give the same bits, whatever
// the number of threads: the way work is cut depends on shapes only. The number
// of images is part of a shape, and may choose an algorithm or how long partial
// sums are: an image's results in one batch may differ from those in another by
// rounding.
//
// # Errors
//
// Wrong lengths and shapes are programmer's mistakes and panic. A device that
// fails (lost, out of memory) panics with a *[Failure], which [Catch] turns
// back into an error at the boundary of the library.
//
// # Concurrency
//
// A Backend may be used from several goroutines at once as long as no buffer
// is written by one while another uses it.
package kernels
