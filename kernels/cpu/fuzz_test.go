package cpu

import (
	"testing"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/kernelstest"
)

// The targets turn bytes into shapes and compare every table, on two threads and
// on one, with the definition of an operation. Run one with
//
//	go test -fuzz FuzzConv2d -fuzztime 60s ./kernels/cpu

func FuzzStorage(f *testing.F)         { fuzz(f, "Storage") }
func FuzzUnary(f *testing.F)           { fuzz(f, "Unary") }
func FuzzBinary(f *testing.F)          { fuzz(f, "Binary") }
func FuzzUpdate(f *testing.F)          { fuzz(f, "Update") }
func FuzzMatMul(f *testing.F)          { fuzz(f, "MatMul") }
func FuzzConv2d(f *testing.F)          { fuzz(f, "Conv2d") }
func FuzzMaxPool2d(f *testing.F)       { fuzz(f, "MaxPool2d") }
func FuzzFilterSeparable(f *testing.F) { fuzz(f, "FilterSeparable") }
func FuzzPermute(f *testing.F)         { fuzz(f, "Permute") }
func FuzzPadReflect(f *testing.F)      { fuzz(f, "PadReflect") }
func FuzzResizeBilinear(f *testing.F)  { fuzz(f, "ResizeBilinear") }
func FuzzReduce(f *testing.F)          { fuzz(f, "Reduce") }
func FuzzNorm(f *testing.F)            { fuzz(f, "Norm") }
func FuzzUnitDistance(f *testing.F)    { fuzz(f, "UnitDistance") }
func FuzzRows(f *testing.F)            { fuzz(f, "Rows") }
func FuzzSSIM(f *testing.F)            { fuzz(f, "SSIM") }
func FuzzReadMemory(f *testing.F)      { fuzz(f, "ReadMemory") }

func fuzz(f *testing.F, group string) {
	var backends [][]kernels.Backend
	for _, table := range List() {
		backends = append(backends, []kernels.Backend{open(f, table, 2), open(f, table, 1)})
	}
	kernelstest.Fuzz(f, group, backends)
}
