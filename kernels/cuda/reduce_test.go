package cuda

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// However long a reduction is, its segments are blocks that a grid can have.
func TestSegmentsFitAGrid(t *testing.T) {
	for _, terms := range []int{1, segmentTerms, segmentTerms + 1, segmentTerms * mostBlocks, segmentTerms*mostBlocks + 1, math.MaxInt32} {
		for _, byThreads := range []bool{false, true} {
			_, segment := cutReduction(1, terms, byThreads)
			require.LessOrEqual(t, ceilDiv(terms, segment), mostBlocks, "%d terms", terms)
			require.Positive(t, segment)
		}
	}
}
