package textures

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
)

// hash mixes a lattice point and a seed into 64 even bits (the finaliser of
// SplitMix64).
func hash(i, j int, seed uint64) uint64 {
	h := seed + uint64(int64(i))*0x9e3779b97f4a7c15 + uint64(int64(j))*0xc2b2ae3d27d4eb4f
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unitHash is a hash in [0,1).
func unitHash(i, j int, seed uint64) float64 { return float64(hash(i, j, seed)>>11) * 0x1p-53 }

// perlin is gradient noise of period 1, about −0.7 to 0.7.
func perlin(x, y float64, seed uint64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	x, y = x-fx, y-fy
	corner := func(di, dj int) float64 {
		h := hash(i+di, j+dj, seed)
		gx := float64(h&0xffff)/0x8000 - 1
		gy := float64(h>>16&0xffff)/0x8000 - 1
		return gx*(x-float64(di)) + gy*(y-float64(dj))
	}
	fade := func(t float64) float64 { return t * t * t * (t*(6*t-15) + 10) }
	u, v := fade(x), fade(y)
	top := corner(0, 0)*(1-u) + corner(1, 0)*u
	bottom := corner(0, 1)*(1-u) + corner(1, 1)*u
	return top*(1-v) + bottom*v
}

// cloud sums octaves of gradient noise, about 0 to 1. Ridged, it folds each
// octave at 0, which gives veins; stretched, it is brushed or wooden.
func cloud(r *rand.Rand, size int) field {
	f := randomFrame(r, size)
	seed := r.Uint64()
	period := scaleBetween(r, 4, float64(size))
	stretch := 1.
	if chance(r, 0.3) {
		stretch = scaleBetween(r, 2, 20)
	}
	octaves, persistence := 1+r.IntN(5), between(r, 0.3, 0.8)
	ridged := chance(r, 0.25)
	warp := 0.
	if chance(r, 0.3) {
		warp = between(r, 0.2, 1.5)
	}
	return func(x, y float64) float64 {
		u, v := f.to(x, y)
		u, v = u/period/stretch, v/period
		if warp > 0 {
			u, v = u+warp*perlin(u, v, seed+101), v+warp*perlin(u, v, seed+102)
		}
		sum, total, amplitude := 0., 0., 1.
		for o := range octaves {
			n := perlin(u, v, seed+uint64(o))
			if ridged {
				n = 0.7 - 2*math.Abs(n)
			}
			sum, total = sum+amplitude*n, total+amplitude
			u, v, amplitude = 2*u, 2*v, amplitude*persistence
		}
		return 0.5 + sum/total
	}
}

// powerNoise returns noise of random phases whose amplitudes fall with the
// frequency to the power −alpha, [size·size], mean 0, standard deviation 1. The
// picture of a power of 1 has the statistics of photographs.
func powerNoise(r *rand.Rand, size int, alpha, stretch, angle float64) []float64 {
	sin, cos := math.Sincos(angle)
	spectrum := make([]complex128, size*size)
	for i := range spectrum {
		fx, fy := frequency(i%size, size), frequency(i/size, size)
		u, v := (fx*cos+fy*sin)*stretch, fy*cos-fx*sin
		amplitude := 0.
		if i > 0 {
			amplitude = math.Exp(-alpha / 2 * math.Log(u*u+v*v)) // math.Pow takes four times as long
		}
		spectrum[i] = complex(r.NormFloat64()*amplitude, r.NormFloat64()*amplitude)
	}
	transform(spectrum, size)
	values, power := make([]float64, len(spectrum)), 0.
	for i, c := range spectrum {
		values[i] = real(c)
		power += values[i] * values[i]
	}
	scale := 1 / math.Sqrt(power/float64(len(values))+1e-30)
	for i := range values {
		values[i] *= scale
	}
	return values
}

// frequency of the k-th of n Fourier coefficients, in cycles a picture.
func frequency(k, n int) float64 {
	if k > n/2 {
		k -= n
	}
	return float64(k)
}

// transform is the two-dimensional Fourier transform in place.
func transform(values []complex128, size int) {
	fft := fourier.NewCmplxFFT(size)
	line := make([]complex128, size)
	for j := range size {
		row := values[j*size : (j+1)*size]
		fft.Coefficients(row, row)
	}
	for i := range size {
		for j := range size {
			line[j] = values[j*size+i]
		}
		fft.Coefficients(line, line)
		for j := range size {
			values[j*size+i] = line[j]
		}
	}
}

// paintCloud fills the picture with gradient noise.
func paintCloud(r *rand.Rand, m *Image) { m.fill(cloud(r, m.Size), randomPalette(r)) }

// paintPower fills the picture with power-law noise, its channels alike or, in a
// third of the cases, independent.
func paintPower(r *rand.Rand, m *Image) {
	alpha, stretch, angle := between(r, 0.3, 2.2), 1., between(r, 0, math.Pi)
	if chance(r, 0.4) {
		stretch = scaleBetween(r, 2, 16)
	}
	base, spread := randomColour(r), between(r, 0.03, 0.25)
	same := powerNoise(r, m.Size, alpha, stretch, angle)
	coloured := chance(r, 1./3)
	for c := range 3 {
		noise := same
		if coloured {
			noise = powerNoise(r, m.Size, alpha, stretch, angle)
		}
		for i := range m.plane(c) {
			m.plane(c)[i] = float32(base[c] + spread*noise[i])
		}
	}
}
