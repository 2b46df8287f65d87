package cpu

func momentsGeneric(acc *[2]float64, x []float32, shift float32) {
	var sum, squares float64
	for _, v := range x {
		d := float64(v) - float64(shift)
		sum += d
		squares += d * d
	}
	acc[0] += sum
	acc[1] += squares
}

func normApplyGeneric(y, x []float32, c *normChannel) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = activate(c.scale*(v-c.mean)+c.beta, c.slope)
	}
}

func normSumsGeneric(acc *[2]float64, dy, x []float32, c *normChannel) {
	x = x[:len(dy)]
	var sum, product float64
	for i, d := range dy {
		centred := x[i] - c.mean
		if c.slope != 1 && !(c.scale*centred+c.beta > 0) {
			d *= c.slope
		}
		sum += float64(d)
		product += float64(d) * float64(centred)
	}
	acc[0] += sum
	acc[1] += product
}

func normGradGeneric(dx, dy, x []float32, c *normChannel) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, d := range dy {
		centred := x[i] - c.mean
		if c.slope != 1 && !(c.scale*centred+c.beta > 0) {
			d *= c.slope
		}
		dx[i] = c.scale*d + (c.factor*centred + c.offset)
	}
}
