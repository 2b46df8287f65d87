// Command table reads what `go test -bench . ./bench/gpu` and torch_peer.py printed
// and prints one table: each work's time beside PyTorch's, the bound that the
// machine sets, the aims, and whether each was met.
//
//	table TIMINGS TORCH
//
// A file that is missing or empty leaves its column open.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: table TIMINGS TORCH")
		os.Exit(2)
	}
	print(os.Stdout, readGo(open(os.Args[1])), readTorch(open(os.Args[2])))
}

// open returns a file's contents, none where it cannot be read.
func open(path string) io.Reader {
	file, err := os.Open(path)
	if err != nil {
		return strings.NewReader("")
	}
	return file
}
