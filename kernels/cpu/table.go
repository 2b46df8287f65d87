package cpu

import (
	"fmt"
	"os"
	"strings"
)

// table is one instruction set's kernels. Every entry of the generic table is a
// plain Go twin; faster tables start as its copy and replace what they have.
type table struct {
	name      string
	supported bool
	gemm      gemmKernels
	wide      wideKernels
	pointwise pointwiseKernels
	dots      dotKernels
	shallow   shallowKernels
	split     splitKernels
	addRows   addRowsKernel
	winograd  bothWinograds
	vector    vectorKernels
}

// tables in order of preference, filled by the files of each instruction set.
func tables() []*table {
	list := archTables()
	return append(list, &table{name: "generic", supported: true, gemm: genericGemm, wide: genericWide, pointwise: genericPointwise, dots: genericDots, shallow: genericShallow, split: genericSplit, addRows: addRowsTwin, winograd: genericWinograd, vector: genericVector})
}

// List names the kernel tables compiled in that this processor can run, the
// fastest first.
func List() []string {
	var names []string
	for _, t := range tables() {
		if t.supported {
			names = append(names, t.name)
		}
	}
	return names
}

// chooseTable finds the table by name, or by the environment, or the best.
func chooseTable(name string) (*table, error) {
	if name == "" {
		name = os.Getenv("TRUSTMAE_KERNELS")
	}
	for _, t := range tables() {
		if t.supported && (name == "" || name == t.name) {
			return t, nil
		}
	}
	return nil, fmt.Errorf("cpu: no kernel table %q on this processor; choose one of %s", name, strings.Join(List(), ", "))
}
