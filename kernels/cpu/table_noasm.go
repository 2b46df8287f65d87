//go:build noasm || !(amd64 || arm64)

package cpu

// archTables lists no table: the plain Go twins serve.
func archTables() []*table { return nil }
