package kernels

import (
	"errors"
	"fmt"
)

// Failure is what a backend panics with when its device fails: out of memory,
// lost, driver error. It is not a programmer's mistake, and [Catch] turns it
// into an error.
type Failure struct {
	Backend string // name of the backend
	Op      string // operation that failed
	Err     error  // cause, saying what to do
}

// Error names backend, operation and cause.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s: %v", f.Backend, f.Op, f.Err) }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// ErrOutOfMemory is wrapped by the cause of a [Failure] for lack of memory: less
// work at a time may succeed.
var ErrOutOfMemory = errors.New("out of memory")

// Catch stores a *[Failure] that is panicking through the caller in err. Use it
// deferred, where device failures shall become errors; every other panic goes on.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Failure:
		*err = r
	default:
		panic(r)
	}
}
