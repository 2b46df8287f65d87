package cpu

import "github.com/org/trustmae/kernels"

// Conv2d computes the cross-correlation of x with w plus bias.
func (b *Backend) Conv2d(y, x, w, bias kernels.Buffer, s kernels.ConvShape) {
	in, weights := b.in("Conv2d", x, s.XLen()), b.in("Conv2d", w, s.WLen())
	add := b.optional("Conv2d", bias, s.OutC)
	out := b.out("Conv2d", y, s.YLen())
	plane := s.OutH * s.OutW
	b.pool.run(s.N*s.OutC, func(chunk int) {
		n, oc := chunk/s.OutC, chunk%s.OutC
		dst := out[chunk*plane : (chunk+1)*plane]
		for i := range dst {
			dst[i] = 0
			if add != nil {
				dst[i] = add[oc]
			}
		}
		for ic := range s.InC {
			src := in[(n*s.InC+ic)*s.InH*s.InW:]
			eachTap(s, func(kh, kw, oy, iy, ox0, ox1 int) {
				v := weights[((oc*s.InC+ic)*s.KH+kh)*s.KW+kw]
				for ox := ox0; ox < ox1; ox++ {
					dst[oy*s.OutW+ox] += v * src[iy*s.InW+ox*s.Stride-s.Pad+kw*s.Dil]
				}
			})
		}
	})
}

// eachTap visits every kernel tap and output row whose input row exists, with
// the range of output columns whose input column exists.
func eachTap(s kernels.ConvShape, visit func(kh, kw, oy, iy, ox0, ox1 int)) {
	for kh := range s.KH {
		for kw := range s.KW {
			shift := kw*s.Dil - s.Pad
			ox0, ox1 := 0, s.OutW
			for ox0 < ox1 && ox0*s.Stride+shift < 0 {
				ox0++
			}
			for ox1 > ox0 && (ox1-1)*s.Stride+shift >= s.InW {
				ox1--
			}
			for oy := range s.OutH {
				if iy := oy*s.Stride - s.Pad + kh*s.Dil; iy >= 0 && iy < s.InH {
					visit(kh, kw, oy, iy, ox0, ox1)
				}
			}
		}
	}
}

// Conv2dBackwardData computes the gradient of Conv2d's input.
func (b *Backend) Conv2dBackwardData(dx, dy, w kernels.Buffer, s kernels.ConvShape) {
	grad, weights := b.in("Conv2dBackwardData", dy, s.YLen()), b.in("Conv2dBackwardData", w, s.WLen())
	out := b.out("Conv2dBackwardData", dx, s.XLen())
	plane := s.InH * s.InW
	b.pool.run(s.N*s.InC, func(chunk int) {
		n, ic := chunk/s.InC, chunk%s.InC
		dst := out[chunk*plane : (chunk+1)*plane]
		clear(dst)
		for oc := range s.OutC {
			src := grad[(n*s.OutC+oc)*s.OutH*s.OutW:]
			eachTap(s, func(kh, kw, oy, iy, ox0, ox1 int) {
				v := weights[((oc*s.InC+ic)*s.KH+kh)*s.KW+kw]
				for ox := ox0; ox < ox1; ox++ {
					dst[iy*s.InW+ox*s.Stride-s.Pad+kw*s.Dil] += v * src[oy*s.OutW+ox]
				}
			})
		}
	})
}

// Conv2dBackwardWeights computes the gradient of Conv2d's weights.
func (b *Backend) Conv2dBackwardWeights(dw, x, dy kernels.Buffer, s kernels.ConvShape) {
	in, grad := b.in("Conv2dBackwardWeights", x, s.XLen()), b.in("Conv2dBackwardWeights", dy, s.YLen())
	out := b.out("Conv2dBackwardWeights", dw, s.WLen())
	b.pool.run(s.OutC*s.InC, func(chunk int) {
		oc, ic := chunk/s.InC, chunk%s.InC
		dst := out[chunk*s.KH*s.KW : (chunk+1)*s.KH*s.KW]
		clear(dst)
		for n := range s.N {
			src := in[(n*s.InC+ic)*s.InH*s.InW:]
			g := grad[(n*s.OutC+oc)*s.OutH*s.OutW:]
			eachTap(s, func(kh, kw, oy, iy, ox0, ox1 int) {
				var sum float32
				for ox := ox0; ox < ox1; ox++ {
					sum += g[oy*s.OutW+ox] * src[iy*s.InW+ox*s.Stride-s.Pad+kw*s.Dil]
				}
				dst[kh*s.KW+kw] += sum
			})
		}
	})
}
