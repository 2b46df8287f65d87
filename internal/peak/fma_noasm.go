//go:build noasm || !(amd64 || arm64)

package peak

// fmaLoops is empty: there is no assembly.
var fmaLoops map[string]fmaLoop
