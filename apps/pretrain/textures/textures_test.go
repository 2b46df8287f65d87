package textures

import (
	"hash/crc32"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

const side = 64

func requirePicture(t *testing.T, m *Image) {
	t.Helper()
	require.Len(t, m.Pix, 3*m.Size*m.Size)
	for i, v := range m.Pix {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("value %d is %v, want 0 to 1", i, v)
		}
	}
}

// spread is the standard deviation of all values.
func spread(pix []float32) float64 {
	sum, squares := 0., 0.
	for _, v := range pix {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	n := float64(len(pix))
	return math.Sqrt(max(squares/n-sum/n*sum/n, 0))
}

// checksum of values rounded to what a file holds, so that another processor's
// fused multiply-adds change it hardly ever.
func checksum(m *Image) uint32 {
	bytes := make([]byte, len(m.Pix))
	for i, v := range m.Pix {
		bytes[i] = byte(v*255 + 0.5)
	}
	return crc32.ChecksumIEEE(bytes)
}

func TestPicturesDependOnSeedAndIndexOnly(t *testing.T) {
	require.Equal(t, Picture(side, 1, 7), Picture(side, 1, 7))
	require.Equal(t, NewPair(side, 1, 7), NewPair(side, 1, 7))
	seen := map[uint32]bool{}
	for seed := range uint64(4) {
		for index := range uint64(25) {
			m := Picture(side, seed, index)
			requirePicture(t, m)
			seen[checksum(m)] = true
		}
	}
	require.Len(t, seen, 100, "no two pictures are alike")
}

func TestPicturesShowSomething(t *testing.T) {
	plain := 0
	for index := range uint64(200) {
		if spread(Picture(side, 3, index).Pix) < 0.01 {
			plain++
		}
	}
	require.Less(t, plain, 10, "of 200 pictures")
}

func TestEveryPainterCoversThePicture(t *testing.T) {
	for i, p := range painters {
		for seed := range uint64(10) {
			black := newImage(side)
			white := newImage(side)
			for k := range white.Pix {
				white.Pix[k] = 1
			}
			p.paint(rand.New(rand.NewPCG(seed, uint64(i))), black)
			p.paint(rand.New(rand.NewPCG(seed, uint64(i))), white)
			for k, v := range black.Pix {
				if !(math.Abs(float64(v-white.Pix[k])) <= 1e-6) {
					t.Fatalf("painter %d, seed %d: value %d shows the ground", i, seed, k)
				}
			}
		}
	}
}

func TestSharesOfPainters(t *testing.T) {
	sum := 0.
	for _, p := range painters {
		sum += p.share
	}
	require.InDelta(t, 1, sum, 1e-9)
}

func TestPairsMarkTheirDefects(t *testing.T) {
	defectives, pixels := 0, 0
	for index := range uint64(100) {
		p := NewPair(side, 5, index)
		requirePicture(t, p.Photo)
		requirePicture(t, p.Reference)
		defects := 0
		for i, d := range p.Defect {
			require.False(t, d != 0 && p.Far[i] != 0, "pixel %d of pair %d is both", i, index)
			if d != 0 {
				defects++
			}
		}
		if defects > 0 {
			defectives++
			pixels += defects
		}
	}
	require.InDelta(t, 100*defective, defectives, 20)
	require.InDelta(t, 0.06, float64(pixels)/float64(defectives*side*side), 0.05, "share of a defective picture")
}

// Where nothing is marked, the photo is the picture that the reference was made
// from.
func TestDefectsChangeWhatTheyMark(t *testing.T) {
	for index := range uint64(50) {
		r := rand.New(rand.NewPCG(9, index))
		m := picture(r, side)
		p := Pair{Photo: m.clone(), Reference: m, Defect: make([]float32, side*side)}
		p.spoil(r)
		n := side * side
		for i, d := range p.Defect {
			change := 0.
			for c := range 3 {
				change += math.Abs(float64(p.Photo.Pix[c*n+i] - m.Pix[c*n+i]))
			}
			require.Equal(t, d != 0, float32(change)/3 >= visible, "pixel %d of pair %d", i, index)
		}
	}
}

func TestHarmlessChangesAreSmall(t *testing.T) {
	changed := 0.
	for index := range uint64(100) {
		r := rand.New(rand.NewPCG(11, index))
		m := picture(r, side)
		before := m.clone()
		m.harmless(r)
		requirePicture(t, m)
		for i := range m.Pix {
			m.Pix[i] -= before.Pix[i]
		}
		changed += spread(m.Pix) / 100
	}
	require.InDelta(t, 0.06, changed, 0.04)
}

// What is rebuilt is smoother, and still the same picture.
func TestRebuiltPicturesResembleTheirOriginals(t *testing.T) {
	roughness := func(m *Image) float64 {
		sum := 0.
		for i := 1; i < len(m.Pix); i++ {
			sum += math.Abs(float64(m.Pix[i] - m.Pix[i-1]))
		}
		return sum
	}
	changed, before, after := 0., 0., 0.
	for index := range uint64(100) {
		r := rand.New(rand.NewPCG(12, index))
		m := picture(r, side)
		old := m.clone()
		m.rebuild(r)
		before, after = before+roughness(old), after+roughness(m)
		for i := range m.Pix {
			old.Pix[i] -= m.Pix[i]
		}
		changed += spread(old.Pix) / 100
	}
	require.InDelta(t, 0.07, changed, 0.04)
	require.Less(t, after, 0.6*before)
}

func TestFadeKeepsTheMean(t *testing.T) {
	m := Picture(side, 1, 1)
	faded := m.clone()
	faded.fade(0.25)
	require.InDelta(t, 0.75*spread(m.plane(0)), spread(faded.plane(0)), 1e-4)
	mean := func(m *Image) (v float64) {
		for _, p := range m.plane(0) {
			v += float64(p) / side / side
		}
		return v
	}
	require.InDelta(t, mean(m), mean(faded), 1e-4)
}

// Reflections are small and brighter than what they lie on.
func TestGlintsBrightenLittle(t *testing.T) {
	for index := range uint64(50) {
		m := newImage(side)
		m.glint(rand.New(rand.NewPCG(13, index)))
		requirePicture(t, m)
		bright := 0
		for _, v := range m.plane(0) {
			if v > 0.1 {
				bright++
			}
		}
		require.Less(t, bright, side*side/4)
	}
}

func TestPowerNoiseHasItsSpectrum(t *testing.T) {
	const n = 64
	rough := func(alpha float64) float64 {
		values := powerNoise(rand.New(rand.NewPCG(1, 1)), n, alpha, 1, 0)
		steps := 0.
		for i := 1; i < len(values); i++ {
			if i%n > 0 {
				steps += math.Abs(values[i] - values[i-1])
			}
		}
		return steps
	}
	require.Greater(t, rough(0.5), rough(1))
	require.Greater(t, rough(1), rough(2))
}

func TestShapesAreSignedDistances(t *testing.T) {
	for name, s := range map[string]shape{
		"disc": disc(10), "ring": ring(10, 2), "box": box(10, 6, 2), "polygon": polygon(5, 9), "blob": blob(1, 10, 0.5),
	} {
		for i := range 100 {
			angle, far := float64(i), 3+0.2*float64(i)
			u, v := far*math.Cos(angle), far*math.Sin(angle)
			require.LessOrEqual(t, math.Abs(s(u, v)), 40., name)
			require.InDelta(t, s(u, v), s(u+1e-3, v), 1e-2, "%s is continuous", name)
		}
		require.Positive(t, s(30, 0), name)
	}
}

func BenchmarkPair(b *testing.B) {
	index := uint64(0)
	for b.Loop() {
		NewPair(96, 1, index)
		index++
	}
}
