package cpu

import "github.com/org/trustmae/kernels"

// vectorKernels are a table's kernels over short runs of contiguous values,
// called from the drivers with at most a few tens of microseconds of work.
// Slices have the same length except where said otherwise, and an output may be
// an input of the same length.
type vectorKernels struct {
	// fill: y = v.
	fill func(y []float32, v float32)
	// unary: y = op(x), polynomials within 3 units in the last place.
	unary [kernels.UnaryOps]func(y, x []float32, a, b float32)
	// binary: y = op(p, q). p and q hold len(y) values, or one that repeats.
	binary [kernels.BinaryOps]func(y, p, q []float32, alpha float32)
	// addScaled: y += alpha·x.
	addScaled func(y, x []float32, alpha float32)
	// weighted: y = a·p + b·q.
	weighted func(y, p, q []float32, a, b float32)
	// expMinus: y = exp(x − m).
	expMinus func(y, x []float32, m, _ float32)
	// adam takes one step.
	adam func(p, g, m, v []float32, c *adamConstants)

	// fold folds x into acc[0] in float64.
	fold [kernels.ReduceOps]func(acc *[2]float64, x []float32)
	// foldColumns folds every x into its acc.
	foldColumns [kernels.ReduceOps]func(acc []float64, x []float32)

	// moments adds Σ(x−shift) to acc[0] and Σ(x−shift)² to acc[1].
	moments func(acc *[2]float64, x []float32, shift float32)
	// normApply: y = act(scale·(x−mean) + beta).
	normApply func(y, x []float32, c *normChannel)
	// normSums adds Σdz to acc[0] and Σdz·(x−mean) to acc[1], where dz is dy
	// after the activation's backward rule.
	normSums func(acc *[2]float64, dy, x []float32, c *normChannel)
	// normGrad: dx = scale·dz + factor·(x−mean) + offset.
	normGrad func(dx, dy, x []float32, c *normChannel)

	// squareColumns: acc[i] += Σ_r x[r·stride+i]² over the given number of rows.
	squareColumns func(acc, x []float32, rows, stride int)
	// gapColumns: y[i] += Σ_r w[r]·(p[r·stride+i]·pScale[i] − q[r·stride+i]·qScale[i])².
	gapColumns func(y, p, q, pScale, qScale, w []float32, stride int)

	// maxPairs: y[i] = max(x[2i], x[2i+1]); x holds at least 2·len(y) values.
	maxPairs func(y, x []float32)
	// maxTriples: y[i] = max(x[2i], x[2i+1], x[2i+2]); x holds at least
	// 2·len(y)+1 values.
	maxTriples func(y, x []float32)
	// maxPool2: y[i] is the maximum of a row of 2×2 windows over the rows x0 and x1
	// of 2·len(y) values each.
	maxPool2 func(y, x0, x1 []float32)
	// maxPool2Grad is the backward pass of a row of 2×2 windows over the rows x0
	// and x1 of 2·len(dy) values each, which dx0 and dx1 may not be.
	maxPool2Grad func(dx0, dx1, dy, x0, x1 []float32)
	// maxPool3Grad adds the backward pass of a row of 3×3 windows, two apart, to
	// three rows of dx. Rows of dx and x are width values apart and hold at least
	// 2·len(dy)+1.
	maxPool3Grad func(dx, dy, x []float32, width int)

	// squaresProducts: squares = p² + q² and products = p·q.
	squaresProducts func(squares, products, p, q []float32)
	// similarity is SSIM of a and b by their filtered values, those of a²+b² and those
	// of ab, with the constants c1 and c2.
	similarity func(y, meanA, meanB, squares, products []float32, c1, c2 float32)
	// similarityGrad: gradients of the four that similarity reads. All but dy may be
	// longer.
	similarityGrad func(toA, toB, toSquares, toProducts, dy, meanA, meanB, squares, products []float32, c1, c2 float32)
	// similarityCombine: d = mean + 2·x·squares + y·products.
	similarityCombine func(d, mean, squares, products, x, y []float32)

	// correlate: y[i] = Σ_k taps[k]·x[i+k·stride].
	correlate func(y, x, taps []float32, stride int)
	// lerp interpolates along rows.
	lerp lerpKernel
	// transpose: y[c·yStride+r] = x[r·xStride+c].
	transpose func(y, x []float32, rows, cols, yStride, xStride int)
}

// genericVector is the plain Go that defines what is correct.
var genericVector = vectorKernels{
	fill: fillGeneric,
	unary: [kernels.UnaryOps]func(y, x []float32, a, b float32){
		kernels.Affine:     affineGeneric,
		kernels.Abs:        absGeneric,
		kernels.Sign:       signGeneric,
		kernels.Square:     squareGeneric,
		kernels.Sqrt:       sqrtGeneric,
		kernels.Reciprocal: reciprocalGeneric,
		kernels.Exp:        expGeneric,
		kernels.Log:        logGeneric,
		kernels.Tanh:       tanhGeneric,
		kernels.Sigmoid:    sigmoidGeneric,
		kernels.LeakyReLU:  leakyReLUGeneric,
		kernels.Clamp:      clampGeneric,
	},
	binary: [kernels.BinaryOps]func(y, p, q []float32, alpha float32){
		kernels.Add:           addGeneric,
		kernels.Sub:           subGeneric,
		kernels.Mul:           mulGeneric,
		kernels.Div:           divGeneric,
		kernels.Max:           maxGeneric,
		kernels.Min:           minGeneric,
		kernels.LessEqual:     lessEqualGeneric,
		kernels.LeakyReLUGrad: leakyReLUGradGeneric,
		kernels.AbsGrad:       absGradGeneric,
		kernels.TanhGrad:      tanhGradGeneric,
		kernels.SigmoidGrad:   sigmoidGradGeneric,
	},
	addScaled:         addScaledGeneric,
	weighted:          weightedGeneric,
	expMinus:          expMinusGeneric,
	adam:              adamGeneric,
	fold:              [kernels.ReduceOps]func(acc *[2]float64, x []float32){kernels.Sum: sumGeneric, kernels.Largest: largestGeneric},
	foldColumns:       [kernels.ReduceOps]func(acc []float64, x []float32){kernels.Sum: sumColumnsGeneric, kernels.Largest: largestColumnsGeneric},
	moments:           momentsGeneric,
	normApply:         normApplyGeneric,
	normSums:          normSumsGeneric,
	normGrad:          normGradGeneric,
	squareColumns:     squareColumnsGeneric,
	gapColumns:        gapColumnsGeneric,
	maxPairs:          maxPairsGeneric,
	maxTriples:        maxTriplesGeneric,
	maxPool2:          maxPool2Generic,
	maxPool2Grad:      maxPool2GradGeneric,
	maxPool3Grad:      maxPool3GradGeneric,
	squaresProducts:   squaresProductsGeneric,
	similarity:        similarityGeneric,
	similarityGrad:    similarityGradGeneric,
	similarityCombine: similarityCombineGeneric,
	correlate:         correlateGeneric,
	transpose:         transposeGeneric,
}
