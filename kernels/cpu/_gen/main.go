// Command gen writes the Go assembly of package cpu. Every source file here
// registers the .s files that it emits:
//
//	go run -C kernels/cpu/_gen .
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// outputs are the .s files by name, each with the function that emits it.
var outputs = map[string]func(*emitter){}

// register adds a file; source is the file here that the header names.
func register(name, source string, emit func(*emitter)) {
	outputs[name] = func(e *emitter) {
		e.header(source)
		emit(e)
	}
}

func main() {
	for name, emit := range outputs {
		var e emitter
		emit(&e)
		if err := os.WriteFile(filepath.Join("..", name), e.bytes(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}
