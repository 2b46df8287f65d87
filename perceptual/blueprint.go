package perceptual

import (
	"fmt"
	"slices"

	"github.com/org/trustmae/internal/safetensors"
)

// blueprint describes the tensors of a set of weights and where to find them.
type blueprint struct {
	what   string   // in words, for errors
	files  []string // below the folder of weights, the preferred one first
	prefix string   // that tensor names may carry in files
	params []param

	fold func([]safetensors.Tensor) ([]safetensors.Tensor, error) // from the file's tensors to the network's; nil: the same
}

// param is a tensor of a network, named without torchvision's prefix
// "features.".
type param struct {
	name  string
	shape []int
}

// trunkFiles are this project's file names, then torchvision's.
var trunkFiles = map[Network][]string{
	VGG19: {"vgg19_features.safetensors", "vgg19_features_f16.safetensors", "vgg19.safetensors",
		"vgg19-dcbb9e9d.pth", "vgg19.pth"},
	VGG16: {"vgg16_features.safetensors", "vgg16_features_f16.safetensors", "vgg16.safetensors",
		"vgg16-397923af.pth", "vgg16.pth"},
	AlexNet: {"alexnet_features.safetensors", "alexnet.safetensors",
		"alexnet-owt-7be5be79.pth", "alexnet-owt-4df8aa71.pth", "alexnet.pth"},
	SqueezeNet: {"squeezenet1_1_features.safetensors", "squeezenet1_1_features.pth", "squeezenet1_1.safetensors",
		"squeezenet1_1-b8a52dc0.pth", "squeezenet1_1-f364aa15.pth", "squeezenet1_1.pth"},
	ResNet18: {"resnet18.safetensors", "resnet18-f37072fd.pth", "resnet18-5c106cde.pth", "resnet18.pth"},
	ResNet50: {"resnet50.safetensors", "resnet50-0676ba61.pth", "resnet50-19c8e357.pth", "resnet50-11ad3fa6.pth", "resnet50.pth"},
	WideResNet50: {"wide_resnet50_2.safetensors", "wide_resnet50_2-95faca4d.pth", "wide_resnet50_2-9ba9bcbe.pth",
		"wide_resnet50_2.pth"},
	Embedded: {EmbeddedFile},
}

// blueprint describes a trunk.
func (n Network) blueprint() blueprint {
	plan := blueprint{what: string(n) + " features", files: trunkFiles[n], prefix: "features.", params: n.params()}
	if n.residual() {
		plan.prefix, plan.params, plan.fold = "", withNorms(plan.params), foldNorms
	}
	return plan
}

// residual tells networks of residual blocks, whose convolutions have batch norms
// in place of a bias.
func (n Network) residual() bool {
	return slices.ContainsFunc(n.layers(), func(l layer) bool { return l.kind == stageLayer })
}

// params lists the network's tensors in the order of its layers.
func (n Network) params() []param {
	var list []param
	conv := func(name string, in, out, kernel int) {
		list = append(list,
			param{name + ".weight", []int{out, in, kernel, kernel}},
			param{name + ".bias", []int{out}})
	}
	for i, l := range n.layers() {
		switch l.kind {
		case convLayer:
			conv(l.label(i), l.in, l.out, l.kernel)
		case fireLayer:
			conv(fmt.Sprintf("%d.squeeze", i), l.in, l.squeeze, 1)
			conv(fmt.Sprintf("%d.expand1x1", i), l.squeeze, l.out/2, 1)
			conv(fmt.Sprintf("%d.expand3x3", i), l.squeeze, l.out/2, 3)
		case stageLayer:
			for b := range l.blocks {
				branch, shortcut := l.block(b)
				for _, c := range branch {
					conv(c.name, c.in, c.out, c.kernel)
				}
				if shortcut != nil {
					conv(shortcut.name, shortcut.in, shortcut.out, shortcut.kernel)
				}
			}
		}
	}
	return list
}

// lpipsNames are the names that the LPIPS code gives to its networks.
var lpipsNames = map[Network]string{AlexNet: "alex", VGG16: "vgg", SqueezeNet: "squeeze", Embedded: string(Embedded)}

// lpipsBlueprint describes the channel weights of LPIPS v0.1 for trunk n, in
// the folders of the LPIPS code among others.
func (n Network) lpipsBlueprint() blueprint {
	name := lpipsNames[n] + ".pth"
	plan := blueprint{
		what:  "LPIPS channel weights for " + string(n),
		files: []string{"lpips/" + lpipsNames[n] + ".safetensors", "lpips/" + name, "lpips/weights/v0.1/" + name, "weights/v0.1/" + name, "v0.1/" + name, name},
	}
	if n == Embedded {
		plan.files = trunkFiles[n] // both in one file
	}
	for i, tap := range n.lpipsTaps() {
		plan.params = append(plan.params, param{linName(i), []int{1, n.channels(tap), 1, 1}})
	}
	return plan
}

// linName names the channel weights of a tap as the LPIPS code does.
func linName(tap int) string { return fmt.Sprintf("lin%d.model.1.weight", tap) }
