package perceptual

// Release is an official file of weights: where it comes from and what it has to
// be. Programs fetch it for those who may; this package never does.
type Release struct {
	Name    string // of the weights, such as "alexnet" or "lpips-alex"
	File    string // below a folder of weights, where [OpenWeights] finds it; parts are separated by /
	URL     string
	Size    int64  // bytes
	SHA256  string // hexadecimal
	Licence string // SPDX identifier of the code that it comes with

	plan blueprint
}

// Releases returns the official file of each network and of LPIPS' channel
// weights: torchvision's first ones (IMAGENET1K_V1), whose names carry the begin
// of their SHA-256, and version 0.1 of LPIPS.
func Releases() []Release {
	const (
		torchvision = "https://download.pytorch.org/models/"
		lpips       = "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/082bb24f84c091ea94de2867d34c4544f68e0963/"
	)
	trunk := func(n Network, file string, size int64, sha256 string) Release {
		return Release{string(n), file, torchvision + file, size, sha256, "BSD-3-Clause", n.blueprint()}
	}
	channels := func(n Network, size int64, sha256 string) Release {
		name := lpipsNames[n]
		return Release{"lpips-" + name, "lpips/" + name + ".pth", lpips + "lpips/weights/v0.1/" + name + ".pth",
			size, sha256, "BSD-2-Clause", n.lpipsBlueprint()}
	}
	return []Release{
		trunk(AlexNet, "alexnet-owt-7be5be79.pth", 244_408_911, "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"),
		trunk(SqueezeNet, "squeezenet1_1-b8a52dc0.pth", 4_958_839, "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b"),
		trunk(VGG16, "vgg16-397923af.pth", 553_433_881, "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
		trunk(VGG19, "vgg19-dcbb9e9d.pth", 574_673_361, "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"),
		trunk(ResNet18, "resnet18-f37072fd.pth", 46_830_571, "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"),
		trunk(ResNet50, "resnet50-0676ba61.pth", 102_530_333, "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"),
		trunk(WideResNet50, "wide_resnet50_2-95faca4d.pth", 138_223_492, "95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8"),
		channels(AlexNet, 6_009, "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"),
		channels(SqueezeNet, 10_811, "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76"),
		channels(VGG16, 7_289, "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868"),
	}
}

// Find returns the file in dir that [OpenWeights] takes these weights from, the
// official one or another of the same network; [ErrNoWeights] tells that there is
// none.
func (r Release) Find(dir string) (string, error) { return find(dir, r.plan) }

// Fits reads a file, in any form that [OpenWeights] takes, and checks that it
// holds these weights: names, shapes, finite values.
func (r Release) Fits(path string) error {
	_, err := loadFile(path, r.plan)
	return err
}
