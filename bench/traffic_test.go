package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels"
	"github.com/org/trustmae/memae"
)

func TestLedger(t *testing.T) {
	l := new(ledger)
	s := kernels.NewConvShape(2, 3, 8, 8, 5, 3, 3, 1, 1, 1)
	l.Conv2d(&span{s.YLen()}, &span{s.XLen()}, &span{s.WLen()}, nil, s, 1)
	require.EqualValues(t, 4*(2*5*64+2*3*64+5*3*9), l.bytes)
	l.bytes = 0
	l.Copy2d(&span{100}, &span{100}, 3, 7, 10, 9)
	require.EqualValues(t, 2*4*21, l.bytes)
	l.bytes = 0
	list := func() []kernels.Buffer { return []kernels.Buffer{&span{10}, &span{1}} }
	l.Adam(list(), list(), list(), list(), &span{9})
	require.EqualValues(t, 7*4*11, l.bytes)
	l.bytes = 0
	gradients := list()
	l.Adam(list(), gradients, gradients, list(), &span{9})
	require.EqualValues(t, 6*4*11, l.bytes, "without momentum")
}

// A step's traffic is a part that the batch does not change, at least Adam's over
// all parameters, and the rest in proportion to the photos.
func TestStepBytes(t *testing.T) {
	c := memae.DefaultConfig()
	c.Size, c.Weights, c.Loss.VGG = 64, "random", 0
	bytes := func(batch int) int64 {
		n, err := StepBytes(c, batch)
		require.NoError(t, err)
		return n
	}
	two, four, six := bytes(2), bytes(4), bytes(6)
	require.Equal(t, four-two, six-four)
	weights := Generator(c).Weights() + Discriminator(c).Weights()
	require.Greater(t, two-(four-two), 6*4*weights)
}
