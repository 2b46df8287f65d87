package shape

import (
	"fmt"

	"github.com/org/trustmae/kernels"
)

// CheckUnary panics unless op is a function of one value.
func CheckUnary(name string, op kernels.UnaryOp) {
	if op < 0 || op >= kernels.UnaryOps {
		panic(fmt.Sprintf("%s: operation %d, want 0 to %d", name, int(op), int(kernels.UnaryOps)-1))
	}
}

// CheckBinary panics unless op is a function of two values.
func CheckBinary(name string, op kernels.BinaryOp) {
	if op < 0 || op >= kernels.BinaryOps {
		panic(fmt.Sprintf("%s: operation %d, want 0 to %d", name, int(op), int(kernels.BinaryOps)-1))
	}
}

// CheckReduce panics unless op is a fold.
func CheckReduce(name string, op kernels.ReduceOp) {
	if op < 0 || op >= kernels.ReduceOps {
		panic(fmt.Sprintf("%s: operation %d, want 0 to %d", name, int(op), int(kernels.ReduceOps)-1))
	}
}

// CheckCopy panics unless rows of cols values fit into buffers of the given
// lengths and the output's do not overlap. It reports false where there is
// nothing to copy.
func CheckCopy(op string, yLen, xLen, rows, cols, yStride, xStride int) bool {
	if rows < 0 || cols < 0 || xStride < 0 || rows > 1 && yStride < cols {
		panic(fmt.Sprintf("%s: %d rows of %d values, strides %d and %d, want counts ≥ 0, the first stride ≥ the row, the second ≥ 0", op, rows, cols, yStride, xStride))
	}
	if rows == 0 || cols == 0 {
		return false
	}
	if need := (rows-1)*yStride + cols; yLen < need {
		panic(fmt.Sprintf("%s: output holds %d values, want at least %d", op, yLen, need))
	}
	if need := (rows-1)*xStride + cols; xLen < need {
		panic(fmt.Sprintf("%s: input holds %d values, want at least %d", op, xLen, need))
	}
	return true
}

// CheckStrided panics unless a walk with the given strides stays within a
// buffer of the given length.
func CheckStrided(op string, length int, shape, stride []int) {
	if len(stride) != len(shape) {
		panic(fmt.Sprintf("%s: %d strides %v, want one for each axis of shape %v", op, len(stride), stride, shape))
	}
	need := 1
	for i, s := range stride {
		if s < 0 {
			panic(fmt.Sprintf("%s: stride %d in %v, want ≥ 0", op, s, stride))
		}
		need += (shape[i] - 1) * s
	}
	if length < need {
		panic(fmt.Sprintf("%s: buffer holds %d values, want at least %d (shape %v, strides %v)", op, length, need, shape, stride))
	}
}

// CheckNorm panics on impossible sizes and returns the number of values of x.
func CheckNorm(op string, s kernels.NormShape) int {
	if s.N < 1 || s.C < 1 || s.HW < 1 {
		panic(fmt.Sprintf("%s: shape [%d %d %d], want sizes ≥ 1", op, s.N, s.C, s.HW))
	}
	return s.N * s.C * s.HW
}

// CheckMemory panics on impossible sizes.
func CheckMemory(op string, s kernels.MemoryShape) {
	if s.R < 1 || s.M < 1 || s.Z < 1 || s.K < 1 || s.K > s.M {
		panic(fmt.Sprintf("%s: %d latents of %d values mix %d of %d slots, want sizes ≥ 1 and no more than there are", op, s.R, s.Z, s.K, s.M))
	}
}

// CheckUnit panics on impossible sizes and returns the number of values of x.
func CheckUnit(op string, s kernels.UnitShape) int {
	return CheckNorm(op, kernels.NormShape{N: s.N, C: s.C, HW: s.HW})
}

// CheckPad panics where the mirror image would need more than the plane has.
func CheckPad(op string, planes, h, w, pad int) {
	if planes < 1 || pad < 0 || pad >= h || pad >= w {
		panic(fmt.Sprintf("%s: padding %d of %d planes of %d×%d, want 0 ≤ padding < height and width", op, pad, planes, h, w))
	}
}

// CheckPool panics unless every window covers an input value.
func CheckPool(op string, s kernels.PoolShape) {
	ok := s.Planes >= 1 && s.InH >= 1 && s.InW >= 1 && s.OutH >= 1 && s.OutW >= 1 &&
		s.Kernel >= 1 && s.Stride >= 1 && s.Pad >= 0 && s.Pad < s.Kernel &&
		(s.OutH-1)*s.Stride-s.Pad < s.InH && (s.OutW-1)*s.Stride-s.Pad < s.InW
	if !ok {
		panic(fmt.Sprintf("%s: %+v, want sizes ≥ 1 and every window to cover an input value", op, s))
	}
}

// CheckResize panics on empty planes.
func CheckResize(op string, planes, h, w, oh, ow int) {
	if planes < 1 || h < 1 || w < 1 || oh < 1 || ow < 1 {
		panic(fmt.Sprintf("%s: %d planes from %d×%d to %d×%d, want sizes ≥ 1", op, planes, h, w, oh, ow))
	}
}

// CheckFilter panics on an even number of taps or empty planes.
func CheckFilter(op string, planes, h, w, taps int) {
	if taps%2 == 0 || planes < 1 || h < 1 || w < 1 {
		panic(fmt.Sprintf("%s: %d taps on %d planes of %d×%d, want an odd number and sizes ≥ 1", op, taps, planes, h, w))
	}
}

// CheckSSIM panics on an even number of taps, stabilisers that are not above 0 or
// empty planes, and returns the number of values.
func CheckSSIM(op string, s kernels.SSIMShape) int {
	CheckFilter(op, s.Planes, s.H, s.W, len(s.Taps))
	if !(s.C1 > 0) || !(s.C2 > 0) {
		panic(fmt.Sprintf("%s: C1 %v, C2 %v, want values above 0", op, s.C1, s.C2))
	}
	return s.Planes * s.H * s.W
}

// CheckSmallest panics unless a row has k values.
func CheckSmallest(op string, cols, k int) {
	if k < 0 || k > cols {
		panic(fmt.Sprintf("%s: k is %d, want 0 to %d", op, k, cols))
	}
}
