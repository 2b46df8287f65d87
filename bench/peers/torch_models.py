"""TrustMAE's networks and losses in PyTorch, for timing: spec defaults, random weights."""

import torch
import torch.nn.functional as F
from torch import nn


class _Transposed(torch.autograd.Function):
    """A transposed convolution through oneDNN, as the input gradient of a convolution.

    PyTorch 1.13 computes transposed convolutions on the processor without oneDNN; this is the faster way
    on most machines.
    """

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        size = (x.shape[0], w.shape[1], 2 * x.shape[2], 2 * x.shape[3])
        return torch.nn.grad.conv2d_input(size, w, x, stride=2, padding=1)

    @staticmethod
    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        return F.conv2d(dy, w, stride=2, padding=1), torch.nn.grad.conv2d_weight(dy, w.shape, x, stride=2, padding=1)


def phases(x, w, bias=None):
    """The transposed convolution K4 S2 P1 as four convolutions 2×2 in one, whose outputs are interleaved.

    Row 2i of the output takes taps 3 and 1 of rows i-1 and i, row 2i+1 taps 2 and 0 of rows i and i+1; columns
    likewise.
    """
    n, _, h, width = x.shape
    out = w.shape[1]
    taps = [[3, 1], [2, 0]]
    parts = [w[:, :, taps[a]][:, :, :, taps[b]].transpose(0, 1) for a in range(2) for b in range(2)]
    biases = None if bias is None else bias.repeat(4)
    y = F.conv2d(x, torch.cat(parts), biases, padding=1).view(n, 2, 2, out, h + 1, width + 1)
    rows = [torch.stack([y[:, a, b, :, a : a + h, b : b + width] for b in range(2)], -1) for a in range(2)]
    return torch.stack(rows, -3).reshape(n, out, 2 * h, 2 * width)


class Up(nn.Module):
    """ConvTranspose2d K4 S2 P1 without bias, but for fold_norms, computed by "torch", "onednn" or in "phases"."""

    def __init__(self, inside, outside, transposed="torch"):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inside, outside, 4, 4))
        self.bias = None
        self.transposed = transposed

    def forward(self, x):
        if self.transposed == "onednn":
            return _Transposed.apply(x, self.weight)
        if self.transposed == "phases":
            return phases(x, self.weight, self.bias)
        return F.conv_transpose2d(x, self.weight, self.bias, stride=2, padding=1)


def fold_norms(model):
    """Moves the batch norm behind each Up into its weights and bias, as exporting does behind convolutions."""
    for block in list(model.modules()):
        if isinstance(block, nn.Sequential) and isinstance(block[0], Up) and isinstance(block[1], nn.BatchNorm2d):
            up, norm = block[0], block[1]
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            up.weight.mul_(scale.view(1, -1, 1, 1))
            up.bias = nn.Parameter(norm.bias - norm.running_mean * scale)
            block[1] = nn.Identity()


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


def _block(conv, channels):
    return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


def _residual(channels):
    return Residual(_block(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), channels))


class Generator(nn.Module):
    """Encoder, memory of 64 slots read by the three nearest, decoder."""

    def __init__(self, transposed="torch"):
        super().__init__()
        down = [64, 128, 256, 512, 512]
        layers, inside = [_block(nn.Conv2d(3, 32, 7, 1, 3, bias=False), 32)], 32
        for out in down:
            layers.append(_block(nn.Conv2d(inside, out, 3, 2, 1, bias=False), out))
            inside = out
        self.encoder = nn.Sequential(*layers, *[_residual(512) for _ in range(3)])
        layers = [_residual(512) for _ in range(3)]
        for out in [512, 256, 128, 64]:
            layers.append(_block(Up(inside, out, transposed), out))
            inside = out
        self.decoder = nn.Sequential(
            *layers, Up(64, 32, transposed), nn.InstanceNorm2d(32), nn.ReLU(inplace=True), nn.Conv2d(32, 3, 7, 1, 3), nn.Tanh()
        )
        self.slots = nn.Parameter(torch.randn(64, 512))
        for p in self.parameters():
            if p.dim() == 4:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, x):
        z = self.encoder(x)
        n, c, h, w = z.shape
        rows = z.permute(0, 2, 3, 1).reshape(-1, c)
        square = (rows * rows).sum(1, keepdim=True) + (self.slots * self.slots).sum(1) - 2 * rows @ self.slots.t()
        distances = torch.sqrt(square.clamp_min(0) + 1e-12)
        near, index = distances.topk(3, dim=1, largest=False)
        weights = torch.zeros_like(distances).scatter(1, index, torch.softmax(-near, 1))
        read = (weights @ self.slots).reshape(n, h, w, c).permute(0, 3, 1, 2).contiguous()
        return self.decoder(read), distances


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 128, 256, 512, 1024]
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)) for a, b in zip(widths, widths[1:])
        )
        self.last = nn.Conv2d(1024, 1, 3, 1, 1)
        for p in self.parameters():
            if p.dim() == 4:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, x):
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.last(x), features


class Fire(nn.Module):
    def __init__(self, inside, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inside, squeeze, 1)
        self.one = nn.Conv2d(squeeze, expand, 1)
        self.three = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        s = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.one(s), self.three(s)], 1))


def vgg(groups):
    """Layers of a VGG network without the last pool, numbered as torchvision's features."""
    layers, inside = [], 3
    for group, convs in enumerate(groups):
        for _ in range(convs):
            out = min(64 << group, 512)
            layers += [nn.Conv2d(inside, out, 3, padding=1), nn.ReLU()]
            inside = out
        layers.append(nn.MaxPool2d(2))
    return layers[:-1]


def trunk(net):
    """A feature network's layers and the ones whose outputs LPIPS compares."""
    if net == "vgg16":
        return vgg([2, 2, 3, 3, 3]), [3, 8, 15, 22, 29]
    pool = lambda ceil: nn.MaxPool2d(3, 2, ceil_mode=ceil)
    if net == "alex":
        layers = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), pool(False), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), pool(False)]
        for a, b in [(192, 384), (384, 256), (256, 256)]:
            layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
        return layers, [1, 4, 7, 9, 11]
    layers = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(True), Fire(64, 16, 64), Fire(128, 16, 64), pool(True)]
    layers += [Fire(128, 32, 128), Fire(256, 32, 128), pool(True), Fire(256, 48, 192), Fire(384, 48, 192)]
    layers += [Fire(384, 64, 256), Fire(512, 64, 256)]
    return layers, [1, 4, 7, 9, 10, 11, 12]


class LPIPS(nn.Module):
    """The spatial distance [N,1,H,W]; both images go through the trunk as one batch."""

    def __init__(self, net):
        super().__init__()
        layers, self.taps = trunk(net)
        self.layers = nn.ModuleList(layers)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1))
        self.lins = nn.ParameterList()
        with torch.no_grad():
            for f in self._features(torch.zeros(1, 3, 64, 64)):
                self.lins.append(nn.Parameter(torch.ones(1, f.shape[1], 1, 1)))

    def _features(self, x):
        out = []
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i in self.taps:
                out.append(x)
        return out

    def forward(self, x, y):
        size = x.shape[2:]
        total = None
        for f, lin in zip(self._features((torch.cat([x, y]) - self.shift) / self.scale), self.lins):
            f = f / (torch.sqrt((f * f).sum(1, keepdim=True)) + 1e-10)
            a, b = f.chunk(2)
            d = F.interpolate(F.conv2d((a - b) ** 2, lin), size=size, mode="bilinear", align_corners=False)
            total = d if total is None else total + d
        return total


class Score(nn.Module):
    """Map, its largest value, mean and mean of the largest hundredth, and mask of one photo with pixels in [0,1]."""

    def __init__(self, net, transposed="torch"):
        super().__init__()
        self.generator = Generator(transposed)
        self.distance = LPIPS(net)

    def forward(self, pixels):
        x = pixels * 2 - 1
        y, _ = self.generator(x)
        m = ((x - y) ** 2).mean(1, keepdim=True) * self.distance(x, y)
        top, _ = m.flatten().topk(m.numel() // 100)
        return m, m.max(), m.mean(), top.mean(), m > 0.5, (y + 1) / 2


class FeatureLoss(nn.Module):
    """VGG-19's conv1_2, 2_2, 3_4, 4_4, 5_4 before ReLU."""

    taps = {2: 1 / 32, 7: 1 / 16, 16: 1 / 8, 25: 1 / 4, 34: 1}

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(vgg([2, 2, 4, 4, 4])[:35])

    def _features(self, x):
        out = []
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i in self.taps:
                out.append(x)
        return out

    def forward(self, real, fake):
        with torch.no_grad():
            want = self._features(real)
        return sum(w * F.l1_loss(b, a) for w, a, b in zip(self.taps.values(), want, self._features(fake)))


class SSIM(nn.Module):
    """Mean SSIM, 11×11 gaussian of deviation 1.5 applied along one axis, then the other."""

    def __init__(self):
        super().__init__()
        g = torch.exp(-((torch.arange(11.0) - 5) ** 2) / (2 * 1.5**2))
        self.register_buffer("taps", g / g.sum())

    def _blur(self, x):
        c = x.shape[1]
        row = self.taps.view(1, 1, 1, 11).expand(c, 1, 1, 11)
        return F.conv2d(F.conv2d(x, row, padding=(0, 5), groups=c), row.transpose(2, 3), padding=(5, 0), groups=c)

    def forward(self, x, y):
        mx, my, xx, yy, xy = self._blur(torch.cat([x, y, x * x, y * y, x * y], 1)).chunk(5, 1)
        vx, vy, cov = xx - mx * mx, yy - my * my, xy - mx * my
        c1, c2 = 0.01**2, 0.03**2
        return ((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean()


def memory_losses(distances):
    """Margin and trust-region loss of distances [R,64]."""
    near, index = distances.topk(2, dim=1, largest=False)
    margin = F.relu(near[:, 0] - near[:, 1] + 1).mean()
    with torch.no_grad():
        first, hit = near[:, 0], index[:, 0]
        hits = torch.zeros(64).index_add(0, hit, torch.ones_like(first))
        delta1 = torch.zeros(64).index_add(0, hit, first) / hits.clamp_min(1)
        inside = first <= delta1[hit] * (1 + 1e-6)
        r = torch.where(inside, 1.0, torch.where(first <= 20, -1.0, 0.0))
    return margin, (r * near[:, 0]).mean()
