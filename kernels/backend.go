package kernels

// Buffer is a run of float32 values on a backend's device. A buffer belongs to
// the backend that allocated it; handing it to another panics.
type Buffer interface {
	// Len is the number of values.
	Len() int
	// Slice returns the values [offset, offset+length) as a buffer that shares
	// storage. Slices must not be given to Free.
	Slice(offset, length int) Buffer
}

// Backend computes. All lengths are checked; see the package comment for
// layout, aliasing, determinism and failures.
type Backend interface {
	Storage
	Elementwise
	Linear
	Windowed
	Shaping
	Statistical
}

// Storage allocates buffers and moves values between host and device.
type Storage interface {
	// Name identifies the backend and instruction set, such as "cpu/avx512".
	Name() string
	// Alloc returns a buffer of n > 0 values with undefined contents.
	Alloc(n int) Buffer
	// AllocPersistent is Alloc for values that outlive steps, such as parameters,
	// which a backend keeps apart from short-lived ones. The buffer is not given to
	// Free: its memory goes when nothing refers to it any more, on devices at the
	// latest with the backend.
	AllocPersistent(n int) Buffer
	// Free gives a buffer from Alloc back for reuse. Using it afterwards is a
	// mistake that a backend may or may not notice.
	Free(b Buffer)
	// Upload copies src into dst (equal lengths).
	Upload(dst Buffer, src []float32)
	// Download copies src into dst (equal lengths) once everything queued before
	// has finished.
	Download(dst []float32, src Buffer)
	// Sync returns when everything queued before has finished.
	Sync()
	// Stats tells the memory in use.
	Stats() Stats
}

// Stats is a backend's memory.
type Stats struct {
	InUse    int64 // bytes of buffers not given back
	Reserved int64 // bytes taken from the system: in use, kept for reuse, and forms packed from weights
}

// Elementwise maps and combines values one by one.
type Elementwise interface {
	// Fill sets every value of y to v.
	Fill(y Buffer, v float32)
	// Copy2d copies rows of cols values: y[r*yStride+c] = x[r*xStride+c].
	// Concatenation and slicing along any axis are built from it. Rows of y must
	// not overlap one another.
	Copy2d(y, x Buffer, rows, cols, yStride, xStride int)
	// Unary computes y = op(x); a and b are op's parameters. y may be x.
	Unary(op UnaryOp, y, x Buffer, a, b float32)
	// Binary computes y = op(p, q) over a contiguous output of the given shape.
	// A stride counts values; 0 repeats an operand along that axis
	// (broadcasting). y may be an operand whose strides are contiguous. alpha is
	// op's parameter.
	Binary(op BinaryOp, y, p, q Buffer, shape, pStride, qStride []int, alpha float32)
	// AddScaled computes y += alpha*x (equal lengths).
	AddScaled(y, x Buffer, alpha float32)
	// Blend computes y[i] = keep·y[i] + take[i]·x[i] for pairs of equal-length
	// buffers, such as moving averages, all in one pass.
	Blend(y, x []Buffer, keep float32, take []float32)
	// Adam takes one optimiser step over groups of equal-length parameters p[i],
	// gradients g[i] and moments m[i] (first) and v[i] (second), all in one pass. c
	// holds the step's constants in the order of [AdamStep.Constants]. Where β₁ is 0
	// m[i] may be g[i], which the step then overwrites.
	Adam(p, g, m, v []Buffer, c Buffer)
}

// Linear is the matrix product.
type Linear interface {
	// MatMul computes y [M,N] = op(a) [M,K] · op(b) [K,N], plus the old y if
	// s.Accumulate.
	MatMul(y, a, b Buffer, s MatMulShape)
}

// Windowed slides windows over images.
type Windowed interface {
	// Conv2d computes the cross-correlation y [N,OutC,OutH,OutW] of
	// x [N,InC,InH,InW] with w [OutC,InC,KH,KW], adds bias [OutC], which may be
	// nil, and multiplies negative values by slope ≥ 0, the activation that
	// follows: 1 none, 0 ReLU, else LeakyReLU.
	Conv2d(y, x, w, bias Buffer, s ConvShape, slope float32)
	// ConvTranspose2d computes the transposed convolution y [N,InC,InH,InW] of
	// x [N,OutC,OutH,OutW], where s is the convolution that leads from y to x. bias
	// [InC] and slope are as in Conv2d.
	ConvTranspose2d(y, x, w, bias Buffer, s ConvShape, slope float32)
	// Conv2dBackwardData computes the gradient dx of Conv2d's input from dy:
	// ConvTranspose2d without bias and activation.
	Conv2dBackwardData(dx, dy, w Buffer, s ConvShape)
	// Conv2dBackwardWeights computes the gradient dw of Conv2d's weights from x
	// and dy, summed over the batch.
	Conv2dBackwardWeights(dw, x, dy Buffer, s ConvShape)
	// MaxPool2d takes the largest value of every window; padding counts as -Inf.
	MaxPool2d(y, x Buffer, s PoolShape)
	// MaxPool2dBackward adds every dy to the dx of its window's first largest
	// value (row-major), all other dx being 0.
	MaxPool2dBackward(dx, dy, x Buffer, s PoolShape)
	// FilterSeparable filters every plane [H,W] along both axes with the odd
	// number of taps, zero padded: the two-dimensional correlation with
	// taps⊗taps, output of the same size.
	FilterSeparable(y, x Buffer, planes, h, w int, taps []float32)
	// SSIM computes the structural similarity y of a and b, [Planes,H,W] each:
	//
	//	(2μaμb + C1)(2σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))
	//
	// with means μx = F(x), σab = F(ab) − μaμb and σx² = F(x²) − μx², where F is
	// FilterSeparable.
	SSIM(y, a, b Buffer, s SSIMShape)
	// SSIMBackward computes the gradients of SSIM with respect to a and b from dy.
	// One of da and db may be nil.
	SSIMBackward(da, db, dy, a, b Buffer, s SSIMShape)
}

// Shaping moves values without computing, or interpolates between them.
type Shaping interface {
	// Permute writes x, of the given shape, with its axes reordered: axis i of y
	// is axis perm[i] of x.
	Permute(y, x Buffer, shape, perm []int)
	// PadReflect mirrors pad values around every plane [H,W] without repeating
	// the edge; pad < H and pad < W. y is [planes, H+2pad, W+2pad].
	PadReflect(y, x Buffer, planes, h, w, pad int)
	// PadReflectBackward is the adjoint of PadReflect.
	PadReflectBackward(dx, dy Buffer, planes, h, w, pad int)
	// ResizeBilinear brings planes from h×w to oh×ow, align_corners=false,
	// without antialiasing (PyTorch's interpolate).
	ResizeBilinear(y, x Buffer, planes, h, w, oh, ow int)
	// ResizeBilinearBackward is the adjoint of ResizeBilinear: dx is
	// [planes,h,w], dy [planes,oh,ow].
	ResizeBilinearBackward(dx, dy Buffer, planes, h, w, oh, ow int)
}

// Statistical reduces and normalises.
type Statistical interface {
	// Reduce folds the axes of x marked in reduced; y has the remaining ones.
	Reduce(op ReduceOp, y, x Buffer, shape []int, reduced []bool)
	// Norm computes mean and biased variance, each [C], of x [N,C,HW] over N and
	// HW, and what NormApply makes of x with them, to the bit. Instance norm passes
	// N=1 and C=N·C.
	Norm(y, mean, variance, x, gamma, beta Buffer, s NormShape)
	// NormApply computes y = act(gamma·(x-mean)/sqrt(variance+eps) + beta),
	// where act multiplies negative values by s.Slope (1: none, 0: ReLU). gamma
	// and beta, each [C], may both be nil. y may be x.
	NormApply(y, x, mean, variance, gamma, beta Buffer, s NormShape)
	// NormBackward computes the gradients of Norm with respect to x, gamma and beta
	// from dy. gamma, beta, dgamma and dbeta may all be nil. dx may be dy.
	NormBackward(dx, dgamma, dbeta, dy, x, mean, variance, gamma, beta Buffer, s NormShape)
	// UnitDistance computes y [N,HW], the weighted squared distances between the
	// channel vectors of p and q [N,C,HW] after each is scaled to length 1:
	// Σ_c w_c·(p_c/(‖p‖+eps) − q_c/(‖q‖+eps))². w is [C]. Equal vectors give 0
	// exactly.
	UnitDistance(y, p, q, w Buffer, s UnitShape)
	// Softmax computes the softmax of every row of x [rows,cols]; where mask is
	// not nil, only over columns whose mask is not 0, the others becoming 0.
	Softmax(y, x, mask Buffer, rows, cols int)
	// SmallestK sets mask to 1 at the k smallest values of every row of
	// x [rows,cols], ties in favour of lower columns, and to 0 elsewhere.
	SmallestK(mask, x Buffer, rows, cols, k int)
	// ReadMemory reads a memory of slots m [M,Z] with latents z [R,Z]. It computes
	// the distances d [R,M], √(max(‖z‖² + ‖m‖² − 2·z·m, 0) + Eps), the weights
	// w [R,M], the softmax of −d/Tau over the K nearest slots of every latent (ties
	// in favour of lower slots) and 0 elsewhere, and the mixtures y [R,Z], the sums
	// of those slots times their weights.
	ReadMemory(y, w, d, z, m Buffer, s MemoryShape)
	// MixtureBackward computes the gradients of ReadMemory's mixtures, as functions
	// of the distances d and of the slots, from dy; which slots are mixed is constant.
	// One of dd and dm may be nil.
	MixtureBackward(dd, dm, dy, w, m Buffer, s MemoryShape)
	// DistanceBackward computes the gradients of ReadMemory's distances with respect
	// to z and m from dd. Where a squared distance was not above 0, so that d is √Eps,
	// there is none. One of dz and dm may be nil.
	DistanceBackward(dz, dm, dd, d, z, m Buffer, s MemoryShape)
}
