// Package autograd is reverse-mode automatic differentiation over the
// operations of a kernels.Backend.
//
// A [Tensor] is a contiguous, row-major block of float32 values on a backend;
// images are [N,C,H,W]. Operations are methods of a [Tape], which records what
// the gradient needs:
//
//	tape := autograd.NewTape(backend)
//	x := tape.Input(pixels, 1, 3, 64, 64)
//	loss := tape.Mean(tape.Square(tape.Sub(tape.Conv2d(x, w, nil, autograd.Conv2dParams{Padding: 1}), target)))
//	tape.Backward(loss) // adds to w.Grad()
//	tape.Reset()        // gives every buffer of the step back
//
// # Ownership
//
// Leaves made by [NewParameter] and [NewConstant] live until the program drops
// them and may be read by many tapes. Everything else belongs to the tape that
// made it and ends at [Tape.Reset]. [Tensor.Release] ends a tensor early: its
// memory goes back as soon as no recorded operation needs it, which is how
// layers keep memory low. After the second step of a loop that does the same
// work, no new memory is taken.
//
// # Gradients of gradients
//
// Backward rules are written in operations that have rules themselves, so
// [Tape.Grad] with CreateGraph gives gradients that can be differentiated again,
// any number of times. Only [Tape.MaxPool2d] ends there. Package
// autograd/gradcheck compares gradients of both orders with numeric differences.
//
// # Errors
//
// Wrong shapes are programmer's mistakes and panic with operation, got and
// want. A gradient that is asked for and does not exist is [ErrNoGradient];
// after [Tape.Backward], [Tensor.Grad] of such a leaf is nil, which optimisers
// must report. A device that fails panics as package kernels says; the tape can
// be used again after Reset.
//
// # Concurrency
//
// A tape belongs to one goroutine at a time. Several tapes may share leaves as
// long as none of them writes (accumulates gradients, optimises) meanwhile.
package autograd
