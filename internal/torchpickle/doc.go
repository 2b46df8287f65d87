// Package torchpickle reads tensors from PyTorch's .pth files, both the zip
// form (torch 1.6 and later) and the legacy form before it, and executes
// nothing.
//
// A pickle is a program. This reader runs the part of that language that
// state dictionaries use: protocol 2, plain containers and numbers, and the
// few globals listed in globals.go. Any other opcode or global is an error
// that names it. Lengths, shapes, strides and offsets are checked against the
// size of the file before memory is taken for them, and the work that a file
// may ask for is bounded.
package torchpickle
