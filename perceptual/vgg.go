package perceptual

// vggLayers returns the table of a VGG network (Simonyan & Zisserman 2015,
// configurations D and E): groups of 3×3 convolutions, each followed by a ReLU,
// with a 2×2 max-pool after every group.
func vggLayers(groups ...int) []layer {
	channels := []int{64, 128, 256, 512, 512}
	var table []layer
	in := 3
	for g, convs := range groups {
		for range convs {
			table = append(table,
				layer{kind: convLayer, in: in, out: channels[g], kernel: 3, stride: 1, padding: 1},
				layer{kind: reluLayer})
			in = channels[g]
		}
		table = append(table, layer{kind: poolLayer, kernel: 2, stride: 2})
	}
	return table
}

// vgg19Convs are the layers conv1_2, conv2_2, conv3_4, conv4_4 and conv5_4 of
// VGG-19, whose outputs TrustMAE's feature loss compares.
var vgg19Convs = []int{2, 7, 16, 25, 34}
