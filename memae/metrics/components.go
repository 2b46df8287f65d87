package metrics

// Components labels the connected regions of a mask, given row by row; pixels
// that touch at an edge or a corner belong together (8-connected).
//
// labels holds for each pixel 0 outside the mask and otherwise the number of its
// region, 1 to count, in the order in which reading the rows meets them.
// Components panics unless mask has width*height pixels.
func Components(mask []bool, width, height int) (labels []int32, count int) {
	return new(Labeller).Components(mask, width, height)
}

// Labeller labels regions in memory that it keeps. The zero value is ready for use, by
// one goroutine at a time.
type Labeller struct {
	labels []int32
	stack  []int
}

// Components is the function of that name; its labels hold until the next call.
func (l *Labeller) Components(mask []bool, width, height int) (labels []int32, count int) {
	sameLength("Components", "mask pixels", len(mask), width*height)
	if cap(l.labels) < len(mask) {
		l.labels = make([]int32, len(mask))
	}
	labels = l.labels[:len(mask)]
	clear(labels)
	stack := l.stack[:0]
	for start, set := range mask {
		if !set || labels[start] != 0 {
			continue
		}
		count++
		labels[start] = int32(count)
		stack = append(stack, start)
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := p%width, p/width
			for ny := max(0, y-1); ny <= min(height-1, y+1); ny++ {
				for nx := max(0, x-1); nx <= min(width-1, x+1); nx++ {
					if q := ny*width + nx; mask[q] && labels[q] == 0 {
						labels[q] = int32(count)
						stack = append(stack, q)
					}
				}
			}
		}
	}
	l.stack = stack
	return labels, count
}
