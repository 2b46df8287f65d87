package memae

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/org/trustmae/memae/dataset"
)

// Config holds every decision of a TrustMAE. [DefaultConfig] gives the values of
// the paper where it states them and those of docs/decisions.md elsewhere. It
// survives a round trip through JSON; [ParseConfig] refuses unknown keys.
type Config struct {
	Scope      string `json:"scope"`       // "product": one model a product; "joint": one for several, each a class
	Size       int    `json:"size"`        // side of the square the photos are resized to, a multiple of 32, pixels
	Resize     string `json:"resize"`      // "bilinear": antialiased, as PIL
	Epochs     int    `json:"epochs"`      // passes over the training photos
	Batch      int    `json:"batch"`       // photos a step
	DropLast   bool   `json:"drop_last"`   // leave out a last, smaller batch; else it is kept from 2 photos on
	MinUpdates int    `json:"min_updates"` // least steps an epoch; small folders are passed over several times
	Seed       uint64 `json:"seed"`        // of weights, order and augmentation
	Seeds      int    `json:"seeds"`       // runs whose mean and deviation an evaluation reports
	Weights    string `json:"weights"`     // "path": pre-trained feature networks, the embedded one where there are none; "random": seeded ones, tests only
	Keep       string `json:"ckpt"`        // "last": the last epoch's weights

	Generator     GeneratorConfig `json:"generator"`
	Discriminator DiscConfig      `json:"discriminator"`
	Memory        MemoryConfig    `json:"memory"`
	Margin        MarginConfig    `json:"margin"`
	Trust         TrustConfig     `json:"trust"`
	Loss          LossConfig      `json:"loss"`
	Optimizer     OptimizerConfig `json:"optimizer"`
	Augment       AugmentConfig   `json:"augment"`
	Noise         NoiseConfig     `json:"noise"`
	Score         ScoreConfig     `json:"score"`
	Threshold     ThresholdConfig `json:"threshold"`
}

// GeneratorConfig describes encoder and decoder.
type GeneratorConfig struct {
	Stages       int     `json:"stages"`        // stride-2 layers: 5, or 3 (grid, screw, pill, capsule in the paper)
	Z3           int     `json:"z3"`            // channels of the latent with three stages: 512 or 256
	Width        int     `json:"width"`         // channels of the first layer, 32 in the paper; the others scale with it, Z does not
	Classes      int     `json:"classes"`       // rows of the conditional batch norms: 1, or one per product
	Block        string  `json:"block"`         // residual block: "single", "double", "post"
	Pad          string  `json:"pad"`           // "zero" or "reflect"
	SpectralNorm bool    `json:"spectral_norm"` // of every convolution
	Init         string  `json:"init"`          // "normal": N(0, 0.02); "xavier": normal, gain 0.02
	NormEps      float64 `json:"norm_eps"`
	NormMomentum float64 `json:"norm_momentum"` // weight of the new batch in the running statistics
}

// DiscConfig describes the discriminator and its turn.
type DiscConfig struct {
	Width        int  `json:"width"`         // channels of the first layer, 32 in the paper
	SpectralNorm bool `json:"spectral_norm"` // of every convolution
	Refresh      bool `json:"refresh"`       // judge a fake made after the generator's step instead of before
}

// MemoryConfig describes the memory and how it is read.
type MemoryConfig struct {
	Slots  int     `json:"slots"`   // M
	Dim    int     `json:"dim"`     // Z, channels of the latent with five stages
	TopK   int     `json:"top_k"`   // slots a read mixes; M reads densely
	Init   string  `json:"init"`    // "data": latents of the first photos; "uniform": ±1/√Z; "normal": N(0, 0.02)
	LRMult float64 `json:"lr_mult"` // of the generator's learning rate
	Tau    float64 `json:"tau"`     // softmax temperature, in units of distance
	Eps    float64 `json:"eps"`     // under the root of the distance
	STE    bool    `json:"ste"`     // pass the read's gradient straight to the latent as well
	Prune  bool    `json:"prune"`   // after training, drop slots that no training photo reads
}

// MarginConfig describes the margin loss (eq. 4).
type MarginConfig struct {
	Grad string `json:"grad"` // "both", or "enc": the memory is constant
}

// TrustConfig describes the trust-region loss (eqs 5, 6).
type TrustConfig struct {
	Delta2 float64 `json:"delta2"` // outer radius; 0 pulls only, negative has no outer radius
	Grad   string  `json:"grad"`   // "both", "enc" or "mem"
	Reduce string  `json:"reduce"` // "mean" and "sum" over all latents, "active": mean over those with r ≠ 0
}

// LossConfig weighs the terms. A weight of 0 leaves the term's work out.
type LossConfig struct {
	Rec     float64 `json:"rec"`
	SSIM    float64 `json:"ssim"`
	VGG     float64 `json:"vgg"`
	GAN     float64 `json:"gan"`
	Feature float64 `json:"feature"`
	Margin  float64 `json:"margin"`
	Trust   float64 `json:"trust"`

	SSIMRange  string `json:"ssim_range"`  // "unit": on [0,1]; "signed": on [-1,1]
	SSIMWindow string `json:"ssim_window"` // "gauss" or "box", 11×11
	Net        string `json:"net"`         // of the VGG term: "vgg19", "trustmae" (embedded), or "auto": "vgg19" where there are weights for it, else "trustmae"
	VGGTap     string `json:"vgg_tap"`     // "conv" (before ReLU) or "relu"
	VGGNorm    string `json:"vgg_norm"`    // "none" or "imagenet"; the embedded network is always standardized
	VGGParts   int    `json:"vgg_parts"`   // photos that go through VGG-19 at once; 0: the whole batch
	L1Reduce   string `json:"l1_reduce"`   // "mean" or "sum", of VGG and discriminator features
}

// OptimizerConfig describes Adam and its schedule.
type OptimizerConfig struct {
	LR              float64    `json:"lr"`               // generator and memory
	DiscriminatorLR float64    `json:"discriminator_lr"` // discriminator
	Betas           [2]float64 `json:"betas"`
	Eps             float64    `json:"eps"`
	DecayEpochs     int        `json:"decay_epochs"` // last epochs over which the rates fall linearly to 0
	EMA             float64    `json:"ema"`          // decay of averaged weights that score instead; 0: none
}

// AugmentConfig describes the random changes of training photos.
type AugmentConfig struct {
	FlipH bool   `json:"flip_h"`
	FlipV bool   `json:"flip_v"`
	Rot   string `json:"rot"`  // "k90", "deg:X" or "none"
	Fill  string `json:"fill"` // "reflect"
}

// NoiseConfig asks for a repeatable share of defective photos in training
// (dataset.Folder.WithNoise).
type NoiseConfig struct {
	Percent    float64 `json:"percent"`
	Definition string  `json:"definition"` // "total" or "ratio"
}

// ScoreConfig describes the anomaly map and the score of a photo.
type ScoreConfig struct {
	Map   string  `json:"map"`   // "msepd", "pd", "mse" or "ssim"
	Pool  string  `json:"pool"`  // "max", "mean" or "top:P", the mean of the P % largest values
	Blur  float64 `json:"blur"`  // standard deviation of a gaussian over the map, pixels; 0: none
	Net   string  `json:"net"`   // perceptual distance: "alex", "vgg", "squeeze", "trustmae" (embedded), or "auto": "alex" where there are weights for it, else "trustmae"
	Order string  `json:"order"` // "lpips": weigh, then up-sample; "eq8": up-sample, then weigh
}

// perceptual tells whether the map needs the perceptual distance.
func (s ScoreConfig) perceptual() bool { return s.Map == "msepd" || s.Map == "pd" }

// ThresholdConfig describes how training sets the limit between accept and
// reject.
type ThresholdConfig struct {
	Rule string  `json:"rule"` // "robust": from the training scores, see RobustThreshold
	Z    float64 `json:"z"`    // robust deviations above the centre
}

// DefaultConfig returns the paper's TrustMAE.
func DefaultConfig() Config {
	return Config{
		Scope: "product", Size: 256, Resize: "bilinear", Epochs: 100, Batch: 16, Seed: 1, Seeds: 1, Weights: "path", Keep: "last",
		Generator:     GeneratorConfig{Stages: 5, Z3: 512, Width: 32, Classes: 1, Block: "single", Pad: "zero", Init: "normal", NormEps: 1e-5, NormMomentum: 0.1},
		Discriminator: DiscConfig{Width: 32},
		Memory:        MemoryConfig{Slots: 64, Dim: 512, TopK: 3, Init: "data", LRMult: 1, Tau: 1, Eps: 1e-12},
		Margin:        MarginConfig{Grad: "both"},
		Trust:         TrustConfig{Delta2: 20, Grad: "both", Reduce: "mean"},
		Loss: LossConfig{
			Rec: 10, SSIM: 10, VGG: 10, GAN: 1, Feature: 10, Margin: 0.1, Trust: 1,
			SSIMRange: "unit", SSIMWindow: "gauss", Net: "auto", VGGTap: "conv", VGGNorm: "none", VGGParts: 4, L1Reduce: "mean",
		},
		Optimizer: OptimizerConfig{LR: 1e-4, DiscriminatorLR: 4e-4, Betas: [2]float64{0, 0.9}, Eps: 1e-8},
		Augment:   AugmentConfig{FlipH: true, FlipV: true, Rot: "k90", Fill: "reflect"},
		Noise:     NoiseConfig{Definition: "total"},
		Score:     ScoreConfig{Map: "msepd", Pool: "max", Net: "auto", Order: "lpips"},
		Threshold: ThresholdConfig{Rule: "robust", Z: 3},
	}
}

// PaperConfig returns the configuration that the paper uses for an MVTec AD
// category: three stages for grid, screw, pill and capsule, and no augmentation
// for cable, metal_nut and transistor.
func PaperConfig(category string) Config {
	c := DefaultConfig()
	switch category {
	case "grid", "screw", "pill", "capsule":
		c.Generator.Stages = 3
	case "cable", "metal_nut", "transistor":
		c.Augment = AugmentConfig{Rot: "none", Fill: "reflect"}
	}
	return c
}

// ErrConfig is wrapped by every complaint about a configuration.
var ErrConfig = errors.New("configuration")

// ParseConfig reads JSON over the defaults: keys that it leaves out keep them,
// unknown ones are refused.
func ParseConfig(data []byte) (Config, error) {
	c := DefaultConfig()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Config{}, fmt.Errorf("%w: text after the JSON object; remove it", ErrConfig)
	}
	return c, c.Validate()
}

// LoadConfig reads a JSON file.
func LoadConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	c, err := ParseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Validate tells the first value that makes no sense, its key, and what would.
func (c Config) Validate() error {
	for _, k := range c.words() {
		if !slices.Contains(k.allowed, k.value) {
			return fmt.Errorf("%w: %s is %q, want %s", ErrConfig, k.key, k.value, strings.Join(k.allowed, ", "))
		}
	}
	for _, k := range c.ranges() {
		if !(k.value >= k.low && k.value <= k.high) {
			return fmt.Errorf("%w: %s is %v, want %v to %v", ErrConfig, k.key, k.value, k.low, k.high)
		}
	}
	if _, _, err := parsePool(c.Score.Pool); err != nil {
		return err
	}
	if err := c.augment().Validate(); err != nil {
		return fmt.Errorf("%w: augment: %w", ErrConfig, err)
	}
	switch {
	case c.Size%32 != 0:
		return fmt.Errorf("%w: size is %d, want a multiple of 32", ErrConfig, c.Size)
	case c.Generator.Stages != 3 && c.Generator.Stages != 5:
		return fmt.Errorf("%w: generator.stages is %d, want 3 or 5", ErrConfig, c.Generator.Stages)
	case c.Memory.TopK > c.Memory.Slots:
		return fmt.Errorf("%w: memory.top_k is %d, want at most memory.slots (%d)", ErrConfig, c.Memory.TopK, c.Memory.Slots)
	case c.Scope == "product" && c.Generator.Classes != 1:
		return fmt.Errorf(`%w: generator.classes is %d with scope "product", want 1, or scope "joint"`, ErrConfig, c.Generator.Classes)
	}
	return nil
}

type wordKey struct {
	key, value string
	allowed    []string
}

// words lists the keys that take one of a few words.
func (c Config) words() []wordKey {
	return []wordKey{
		{"scope", c.Scope, []string{"product", "joint"}},
		{"resize", c.Resize, []string{"bilinear"}},
		{"weights", c.Weights, []string{"path", "random"}},
		{"ckpt", c.Keep, []string{"last"}},
		{"generator.block", c.Generator.Block, []string{"single", "double", "post"}},
		{"generator.pad", c.Generator.Pad, []string{"zero", "reflect"}},
		{"generator.init", c.Generator.Init, []string{"normal", "xavier"}},
		{"memory.init", c.Memory.Init, []string{"data", "uniform", "normal"}},
		{"margin.grad", c.Margin.Grad, []string{"both", "enc"}},
		{"trust.grad", c.Trust.Grad, []string{"both", "enc", "mem"}},
		{"trust.reduce", c.Trust.Reduce, []string{"mean", "sum", "active"}},
		{"loss.ssim_range", c.Loss.SSIMRange, []string{"unit", "signed"}},
		{"loss.ssim_window", c.Loss.SSIMWindow, []string{"gauss", "box"}},
		{"loss.net", c.Loss.Net, []string{"auto", "vgg19", "trustmae"}},
		{"loss.vgg_tap", c.Loss.VGGTap, []string{"conv", "relu"}},
		{"loss.vgg_norm", c.Loss.VGGNorm, []string{"none", "imagenet"}},
		{"loss.l1_reduce", c.Loss.L1Reduce, []string{"mean", "sum"}},
		{"noise.definition", c.Noise.Definition, []string{"total", "ratio"}},
		{"score.map", c.Score.Map, []string{"msepd", "pd", "mse", "ssim"}},
		{"score.net", c.Score.Net, []string{"auto", "alex", "vgg", "squeeze", "trustmae"}},
		{"score.order", c.Score.Order, []string{"lpips", "eq8"}},
		{"threshold.rule", c.Threshold.Rule, []string{"robust"}},
	}
}

type rangeKey struct {
	key              string
	value, low, high float64
}

// ranges lists the numeric keys with their limits.
func (c Config) ranges() []rangeKey {
	const many = 1e9
	g, m, l, o := c.Generator, c.Memory, c.Loss, c.Optimizer
	return []rangeKey{
		{"size", float64(c.Size), 64, 4096},
		{"epochs", float64(c.Epochs), 1, many},
		{"batch", float64(c.Batch), 2, 4096},
		{"min_updates", float64(c.MinUpdates), 0, many},
		{"seeds", float64(c.Seeds), 1, 1000},
		{"generator.z3", float64(g.Z3), 1, 4096},
		{"generator.width", float64(g.Width), 1, 1024},
		{"generator.classes", float64(g.Classes), 1, 1e6},
		{"generator.norm_eps", g.NormEps, 1e-12, 1},
		{"generator.norm_momentum", g.NormMomentum, 0, 1},
		{"discriminator.width", float64(c.Discriminator.Width), 1, 1024},
		{"memory.slots", float64(m.Slots), 2, 1e6},
		{"memory.dim", float64(m.Dim), 1, 1e5},
		{"memory.top_k", float64(m.TopK), 1, 1e6},
		{"memory.lr_mult", m.LRMult, 0, 1e6},
		{"memory.tau", m.Tau, 1e-6, 1e6},
		{"memory.eps", m.Eps, 0, 1},
		{"trust.delta2", c.Trust.Delta2, -many, many},
		{"loss.rec", l.Rec, 0, many}, {"loss.ssim", l.SSIM, 0, many}, {"loss.vgg", l.VGG, 0, many},
		{"loss.gan", l.GAN, 0, many}, {"loss.feature", l.Feature, 0, many},
		{"loss.margin", l.Margin, 0, many}, {"loss.trust", l.Trust, 0, many},
		{"loss.vgg_parts", float64(l.VGGParts), 0, many},
		{"optimizer.lr", o.LR, 0, 1e3}, {"optimizer.discriminator_lr", o.DiscriminatorLR, 0, 1e3},
		{"optimizer.betas[0]", o.Betas[0], 0, 1}, {"optimizer.betas[1]", o.Betas[1], 1e-9, 1},
		{"optimizer.eps", o.Eps, 0, 1}, {"optimizer.decay_epochs", float64(o.DecayEpochs), 0, float64(c.Epochs)},
		{"optimizer.ema", o.EMA, 0, 0.9999999},
		{"noise.percent", c.Noise.Percent, 0, 99},
		{"score.blur", c.Score.Blur, 0, 100},
		{"threshold.z", c.Threshold.Z, 0, 100},
	}
}

// parsePool splits score.pool into its kind and, for "top:P", the share P/100.
func parsePool(pool string) (kind string, share float64, err error) {
	if pool == "max" || pool == "mean" {
		return pool, 0, nil
	}
	if p, ok := strings.CutPrefix(pool, "top:"); ok {
		if v, err := strconv.ParseFloat(p, 64); err == nil && v > 0 && v <= 100 {
			return "top", v / 100, nil
		}
	}
	return "", 0, fmt.Errorf(`%w: score.pool is %q, want max, mean or top:P with P in (0, 100]`, ErrConfig, pool)
}

// augment gives the data set's form of the augmentation.
func (c Config) augment() dataset.Augment {
	return dataset.Augment{FlipH: c.Augment.FlipH, FlipV: c.Augment.FlipV, Rotate: c.Augment.Rot, Fill: c.Augment.Fill}
}
