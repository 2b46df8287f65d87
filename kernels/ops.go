package kernels

// UnaryOp names a function of one value; a and b are its parameters.
type UnaryOp int

// The functions of [Elementwise.Unary].
const (
	Affine     UnaryOp = iota // a·x + b
	Abs                       // |x|
	Sign                      // -1, 0 or 1; NaN stays NaN
	Square                    // x²
	Sqrt                      // √x
	Reciprocal                // 1/x
	Exp                       // eˣ
	Log                       // ln x
	Tanh                      // tanh x
	Sigmoid                   // 1/(1+e⁻ˣ)
	LeakyReLU                 // x where x > 0, a·x elsewhere; a=0 is ReLU (0, not -0, below zero); NaN stays NaN
	Clamp                     // min(max(x, a), b); NaN stays NaN
	UnaryOps                  // number of functions
)

var unaryNames = [UnaryOps]string{"affine", "abs", "sign", "square", "sqrt", "reciprocal", "exp", "log", "tanh", "sigmoid", "leakyrelu", "clamp"}

// String returns the function's name.
func (op UnaryOp) String() string { return unaryNames[op] }

// BinaryOp names a function of two values p and q; alpha is its parameter.
type BinaryOp int

// The functions of [Elementwise.Binary]. The last four are the usual backward
// rules in one pass: p is the forward value, q the gradient of the output.
const (
	Add           BinaryOp = iota // p + q
	Sub                           // p − q
	Mul                           // p · q
	Div                           // p / q
	Max                           // max(p, q); NaN if either is
	Min                           // min(p, q); NaN if either is
	LessEqual                     // 1 where p ≤ q, else 0
	LeakyReLUGrad                 // q where p > 0, alpha·q elsewhere; p may be LeakyReLU's input or (alpha ≥ 0) its output
	AbsGrad                       // q · sign(p)
	TanhGrad                      // q · (1 − p²), p = tanh x
	SigmoidGrad                   // q · p · (1 − p), p = sigmoid x
	BinaryOps                     // number of functions
)

var binaryNames = [BinaryOps]string{"add", "sub", "mul", "div", "max", "min", "lessequal", "leakyrelugrad", "absgrad", "tanhgrad", "sigmoidgrad"}

// String returns the function's name.
func (op BinaryOp) String() string { return binaryNames[op] }

// ReduceOp names a fold of many values into one.
type ReduceOp int

// The folds of [Statistical.Reduce].
const (
	Sum       ReduceOp = iota // Σx
	Largest                   // max x; NaN if any is
	ReduceOps                 // number of folds
)

var reduceNames = [ReduceOps]string{"sum", "largest"}

// String returns the fold's name.
func (op ReduceOp) String() string { return reduceNames[op] }
