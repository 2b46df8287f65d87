package cuda

import (
	"reflect"
	"unsafe"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/internal/shape"
)

// threads is the size of blocks.
const threads = 256

// mostBlocks is how many blocks a grid can have along its second and third axis.
const mostBlocks = 65535

// flat is a grid over n values, each thread taking several of very many.
func (b *Backend) flat(n int) driver.Launch {
	const blocks = 8 // of a multiprocessor: all its threads
	return driver.Launch{X: min(ceilDiv(n, threads), blocks*b.device.info.Multiprocessors), Y: 1, Z: 1, Threads: threads}
}

// launch starts a kernel. The fields of args are its arguments, in order and of
// the same sizes.
func launch[A any](b *Backend, op, kernel string, l driver.Launch, args A) {
	recorded := b.gate.enter()
	defer b.gate.leave(recorded)
	start(b, op, kernel, l, args)
}

// start is launch for those that have entered the gate.
func start[A any](b *Backend, op, kernel string, l driver.Launch, args A) {
	b.must(op, b.stream.Launch(b.device.functions[kernel], l, unsafe.Pointer(&args), argumentBytes[A]()))
}

// argumentBytes is the size of arguments without the padding after the last.
func argumentBytes[A any]() uintptr {
	t := reflect.TypeFor[A]()
	last := t.Field(t.NumField() - 1)
	return last.Offset + last.Type.Size()
}

// maxAxes is how many axes a kernel's walk can have, after joining.
const maxAxes = 8

// axes is shape's []Axis as kernels take it.
type axes struct {
	count  int32
	size   [maxAxes]int32
	stride [maxAxes]int32
}

func newAxes(op string, list []shape.Axis) axes {
	checkAxes(op, len(list))
	a := axes{count: int32(len(list))}
	for i, x := range list {
		a.size[i], a.stride[i] = int32(x.Size), int32(x.Stride)
	}
	return a
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
