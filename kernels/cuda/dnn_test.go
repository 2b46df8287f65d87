package cuda

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/kernels/cuda/internal/driver"
	"github.com/org/trustmae/kernels/cuda/standin"
)

// layer is a convolution of whole numbers, whose results are exact.
type layer struct {
	s          kernels.ConvShape
	x, w, bias []float32
}

func newLayer(s kernels.ConvShape) layer {
	fill := func(n, step int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i*step%13 - 6)
		}
		return v
	}
	return layer{s, fill(s.XLen(), 5), fill(s.WLen(), 7), fill(s.OutC, 3)}
}

// want is the activated convolution.
func (l layer) want(slope float32) []float32 {
	s := l.s
	y := make([]float32, s.YLen())
	for i := range y {
		ow, oh, oc, n := i%s.OutW, i/s.OutW%s.OutH, i/(s.OutW*s.OutH)%s.OutC, i/(s.OutW*s.OutH*s.OutC)
		sum := l.bias[oc]
		for ic := range s.InC {
			for kh := range s.KH {
				for kw := range s.KW {
					ih, iw := oh*s.Stride-s.Pad+kh*s.Dil, ow*s.Stride-s.Pad+kw*s.Dil
					if ih >= 0 && ih < s.InH && iw >= 0 && iw < s.InW {
						sum += l.x[((n*s.InC+ic)*s.InH+ih)*s.InW+iw] * l.w[((oc*s.InC+ic)*s.KH+kh)*s.KW+kw]
					}
				}
			}
		}
		y[i] = sum
		if sum < 0 {
			y[i] = slope * sum
		}
	}
	return y
}

// on computes the convolution on a backend, with every buffer moved by some values.
func (l layer) on(b *Backend, slope float32, moved int) []float32 {
	place := func(n int, values []float32) (part, whole kernels.Buffer) {
		whole = b.Alloc(n + moved)
		part = whole.Slice(moved, n)
		if values != nil {
			b.Upload(part, values)
		}
		return part, whole
	}
	x, allX := place(len(l.x), l.x)
	w, allW := place(len(l.w), l.w)
	bias, allBias := place(len(l.bias), l.bias)
	y, allY := place(l.s.YLen(), nil)
	b.Conv2d(y, x, w, bias, l.s, slope)
	got := make([]float32, l.s.YLen())
	b.Download(got, y)
	for _, whole := range []kernels.Buffer{allX, allW, allBias, allY} {
		b.Free(whole)
	}
	return got
}

// chosen is what was chosen for a shape, and whether anything was.
func chosen(b *Backend, d driver.Direction, s kernels.ConvShape) (algorithm int, ok bool) {
	algorithm, ok = b.device.choices.algorithms[choiceKey{d, s, b.precision, b.dnn.handle != nil}]
	return algorithm, ok
}

// On the stand-in, whose own kernels are slow, cuDNN is chosen and gives the right
// results, bias and activation included.
func TestTheFasterIsChosen(t *testing.T) {
	if standin.Real() {
		t.Skip("on a GPU either may be faster")
	}
	b := openWith(t, Options{})
	require.Equal(t, "own kernels, or cuDNN 9.6 where that is faster", b.Convolutions())
	l := newLayer(kernels.NewConvShape(2, 8, 12, 12, 20, 3, 3, 2, 1, 1))
	require.Equal(t, l.want(0.5), l.on(b, 0.5, 0))
	algorithm, ok := chosen(b, driver.Forward, l.s)
	require.True(t, ok)
	require.NotEqual(t, own, algorithm)
}

// Every algorithm gives what the own kernel gives, exactly on whole numbers, with
// bias and activation.
func TestAlgorithms(t *testing.T) {
	for _, p := range []Precision{TF32, F32} {
		b := openWith(t, Options{Precision: p})
		if b.dnn.handle == nil {
			t.Skip(b.Convolutions())
		}
		l := newLayer(kernels.NewConvShape(2, 8, 12, 11, 20, 3, 3, 2, 1, 1))
		dy := newLayer(kernels.NewConvShape(1, 1, 1, 1, l.s.YLen(), 1, 1, 1, 0, 1)).w // as many whole numbers
		for _, c := range []struct {
			convolution
			x, w   []float32
			result int
		}{
			{convolution{direction: driver.Forward, slope: 0.5}, l.x, l.w, l.s.YLen()},
			{convolution{direction: driver.BackwardData, slope: 0.5}, dy, l.w, l.s.XLen()},
			{convolution{direction: driver.BackwardWeights, slope: 1}, l.x, dy, l.s.WLen()},
		} {
			x, w, y, bias := b.Alloc(len(c.x)), b.Alloc(len(c.w)), b.Alloc(c.result), b.Alloc(len(l.bias))
			b.Upload(x, c.x)
			b.Upload(w, c.w)
			b.Upload(bias, l.bias)
			c.shape = l.s
			c.convolution.x, c.convolution.w = b.ptr("test", x, len(c.x)), b.ptr("test", w, len(c.w))
			c.y = b.ptr("test", y, c.result)
			got := func() []float32 {
				values := make([]float32, c.result)
				b.Download(values, y)
				b.Fill(y, float32(math.NaN()))
				return values
			}
			if c.direction != driver.BackwardWeights {
				c.bias = b.ptr("test", bias, len(l.bias))
			}
			b.multiply("test", c.convolution, own)
			want := got()
			for _, a := range algorithms[c.direction] {
				err := b.convolve("test", c.convolution, a)
				if err != nil && standin.Real() {
					t.Logf("%v %v %d: %v", p, c.direction, a, err) // an algorithm may not know the shape
					continue
				}
				require.NoError(t, err)
				require.Equal(t, want, got(), "%v %v %d", p, c.direction, a)
			}
			for _, buffer := range []kernels.Buffer{x, w, y, bias} {
				b.Free(buffer)
			}
		}
	}
}

// Buffers that cuDNN's vectors do not fit, bf16, and runs that are to be the same
// take the own kernels, without timing anything.
func TestOwnKernels(t *testing.T) {
	l := newLayer(kernels.NewConvShape(1, 3, 7, 5, 4, 3, 3, 1, 1, 1))
	for name, o := range map[string]Options{
		"moved": {}, "bf16": {Precision: BF16}, "deterministic": {Deterministic: true}, "both": {Deterministic: true, Precision: F32},
	} {
		b, moved := openWith(t, o), 0
		if name == "moved" {
			moved = 1
		}
		require.Equal(t, l.want(0), l.on(b, 0, moved), name)
		_, ok := chosen(b, driver.Forward, l.s)
		require.False(t, ok, name)
	}
	require.Equal(t, "own kernels; runs are to be the same", openWith(t, Options{Deterministic: true}).Convolutions())
}

// Where cuDNN cannot be made ready, or fails, the own kernels compute.
func TestFailingDNN(t *testing.T) {
	if standin.Real() {
		t.Skip("a fault of the stand-in")
	}
	open(t) // or skip
	t.Setenv("STANDIN_CUDNN_FAIL", "cudnnCreate")
	b := openWith(t, Options{})
	require.Equal(t, "own kernels; cudnnCreate: CUDNN_STATUS_INTERNAL_ERROR (4000)", b.Convolutions())
	l := newLayer(kernels.NewConvShape(1, 4, 6, 5, 4, 3, 3, 1, 1, 1))
	require.Equal(t, l.want(1), l.on(b, 1, 0))

	t.Setenv("STANDIN_CUDNN_FAIL", "cudnnConvolutionForward")
	b = openWith(t, Options{})
	require.Equal(t, l.want(1), l.on(b, 1, 0))
	algorithm, ok := chosen(b, driver.Forward, l.s)
	require.True(t, ok)
	require.Equal(t, own, algorithm)
	require.Equal(t, "own kernels, or cuDNN 9.6 where that is faster; it has failed: cudnnConvolutionForward: CUDNN_STATUS_INTERNAL_ERROR (4000)",
		b.Convolutions())

	// A choice that fails later is taken back.
	b.device.choices.set(choiceKey{driver.Forward, l.s, TF32, true}, 1)
	require.Equal(t, l.want(1), l.on(b, 1, 0))
	algorithm, _ = chosen(b, driver.Forward, l.s)
	require.Equal(t, own, algorithm)
	require.Zero(t, b.Stats().InUse)
}

// Algorithms that do not know a convolution are passed over.
func TestUnknownAlgorithms(t *testing.T) {
	if standin.Real() {
		t.Skip("asks the stand-in's cuDNN")
	}
	b := openWith(t, Options{Precision: F32})
	c := convolution{direction: driver.Forward, shape: kernels.NewConvShape(1, 2, 9, 9, 2, 3, 3, 1, 1, 2), slope: 1}
	require.ErrorContains(t, b.convolve("Conv2d", c, 2), "cudnnGetConvolutionForwardWorkspaceSize: CUDNN_STATUS_NOT_SUPPORTED (3000)")
	require.ErrorContains(t, b.convolve("Conv2d", c, 7), "CUDNN_STATUS_NOT_SUPPORTED")
}
