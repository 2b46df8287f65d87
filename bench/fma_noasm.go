//go:build noasm || !amd64

package bench

// fmaLoopOf returns no loop: the peak is a matrix product's.
func fmaLoopOf(string) fmaLoop { return fmaLoop{} }
