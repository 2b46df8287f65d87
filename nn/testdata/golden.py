#!/usr/bin/env python3
"""Writes the golden files of package nn: what PyTorch computes.

Run in this folder: python3 golden.py
Made with PyTorch 1.13.0, seeds as below. Inputs and weights are float32 values;
PyTorch computes in float64, so that the files hold no rounding of its own.
"""
import json
import struct

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

torch.set_default_dtype(torch.float64)


def write(path, tensors):
    """Writes float32 safetensors."""
    header, blobs, at = {}, [], 0
    for name, value in tensors.items():
        blob = value.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def randn(*shape, scale=1.0):
    """Normal values that float32 holds exactly."""
    return (torch.randn(*shape) * scale).float().double()


def randomise(module, scale=0.5):
    """Weights of norms around 1, everything else around 0."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            p.copy_(randn(*p.shape, scale=scale))
            if p.dim() == 1 and name.endswith("weight"):
                p.add_(1).copy_(p.float().double())
        for name, b in module.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(randn(*b.shape))
            if name.endswith("running_var"):
                b.copy_(randn(*b.shape).abs().add(0.5).float().double())
            if name.endswith(("_u", "_v")):
                b.copy_(F.normalize(randn(*b.shape), dim=0).float().double())


def state(module):
    """What the layers of package nn keep, under their names."""
    return {k.replace("norm.running", "running"): v.clone()
            for k, v in module.state_dict().items() if not k.endswith("num_batches_tracked")}


def put(out, prefix, tensors):
    out.update({prefix + k: v for k, v in tensors.items()})


class Residual(nn.Module):
    def __init__(self, body, after=None):
        super().__init__()
        self.body, self.after = body, after

    def forward(self, x):
        y = x + self.body(x)
        return y if self.after is None else self.after(y)


class ConditionalBatchNorm2d(nn.Module):
    """SN-GAN's: batch norm without weights, then rows of two embeddings."""

    def __init__(self, ids, classes, channels):
        super().__init__()
        self.ids = ids
        self.weight = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x):
        gamma, beta = self.weight[self.ids][:, :, None, None], self.bias[self.ids][:, :, None, None]
        return F.leaky_relu(self.norm(x) * gamma + beta, 0.2)


def layer(out, name, module, x, evaluate=False):
    """One forward and backward pass of sum(y * dy)."""
    randomise(module)
    module.train(not evaluate)
    put(out, name + "/before/", state(module))
    x.requires_grad_()
    y = module(x)
    dy = randn(*y.shape)
    (y * dy).sum().backward()
    put(out, name + "/", {"x": x, "y": y, "dy": dy, "dx": x.grad})
    put(out, name + "/grad/", {k: p.grad for k, p in module.named_parameters()})
    put(out, name + "/after/", state(module))


def layers():
    torch.manual_seed(1)
    out = {}
    layer(out, "conv", nn.Conv2d(3, 4, 3, padding=1), randn(2, 3, 6, 5))
    layer(out, "conv_stride", nn.Conv2d(2, 5, 4, stride=2, padding=1, bias=False), randn(2, 2, 9, 7))
    layer(out, "conv_wide", nn.Conv2d(2, 3, 7, padding=3, bias=False), randn(1, 2, 6, 8))
    layer(out, "conv_dilation", nn.Conv2d(2, 3, 3, padding=2, dilation=2), randn(2, 2, 7, 6))
    layer(out, "conv_reflect", nn.Conv2d(2, 3, 5, stride=2, padding=2, padding_mode="reflect"), randn(2, 2, 8, 7))
    layer(out, "conv_point", nn.Conv2d(3, 2, 1), randn(2, 3, 4, 4))
    layer(out, "convt", nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1, bias=False), randn(2, 3, 5, 4))
    layer(out, "convt_outputpadding", nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), randn(2, 2, 4, 5))
    layer(out, "convt_stride1", nn.ConvTranspose2d(2, 3, 3), randn(1, 2, 4, 5))
    layer(out, "batchnorm", nn.BatchNorm2d(3), randn(2, 3, 4, 5))
    layer(out, "batchnorm_eval", nn.BatchNorm2d(3), randn(2, 3, 4, 5), evaluate=True)
    layer(out, "batchnorm_momentum", nn.BatchNorm2d(3, eps=1e-2, momentum=0.3, affine=False), randn(3, 3, 2, 2))
    layer(out, "batchnorm_relu", nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), randn(2, 3, 4, 5))
    layer(out, "batchnorm_leaky", nn.Sequential(nn.BatchNorm2d(3), nn.LeakyReLU(0.2)), randn(2, 3, 4, 5))
    layer(out, "batchnorm_leaky_eval", nn.Sequential(nn.BatchNorm2d(3), nn.LeakyReLU(0.2)), randn(2, 3, 4, 5), evaluate=True)
    layer(out, "conditional", ConditionalBatchNorm2d([2, 0, 2, 1], 3, 4), randn(4, 4, 3, 3))
    layer(out, "conditional_eval", ConditionalBatchNorm2d([2, 0, 2, 1], 3, 4), randn(4, 4, 3, 3), evaluate=True)
    layer(out, "instancenorm", nn.InstanceNorm2d(3), randn(2, 3, 4, 5))
    layer(out, "instancenorm_relu", nn.Sequential(nn.InstanceNorm2d(3), nn.ReLU()), randn(2, 3, 4, 5))
    layer(out, "relu", nn.ReLU(), randn(2, 3, 4))
    layer(out, "leakyrelu", nn.LeakyReLU(0.2), randn(2, 3, 4))
    layer(out, "tanh", nn.Tanh(), randn(2, 3, 4))
    layer(out, "sigmoid", nn.Sigmoid(), randn(2, 3, 4))
    layer(out, "maxpool", nn.MaxPool2d(2), randn(2, 2, 6, 7))
    layer(out, "maxpool_padding", nn.MaxPool2d(3, 2, 1), randn(2, 2, 6, 7))
    layer(out, "maxpool_ceil", nn.MaxPool2d(3, 2, ceil_mode=True), randn(2, 2, 6, 8))
    layer(out, "residual", Residual(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU())), randn(2, 3, 4, 4))
    layer(out, "residual_post", Residual(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)), nn.ReLU()), randn(2, 3, 4, 4))
    layer(out, "spectral", spectral_norm(nn.Conv2d(3, 4, 3, padding=1)), randn(2, 3, 5, 5))
    layer(out, "spectral_eval", spectral_norm(nn.Conv2d(3, 4, 3, padding=1)), randn(2, 3, 5, 5), evaluate=True)
    layer(out, "spectral_convt", spectral_norm(nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1)), randn(2, 3, 3, 3))
    # Two passes in one graph: each has its own u and v.
    layer(out, "spectral_twice", Twice(spectral_norm(nn.Conv2d(3, 3, 3, padding=1))), randn(2, 3, 4, 4))
    write("layers.safetensors", out)


class Twice(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(self.body(x))


def ssim_map(a, b, window, c1=0.01**2, c2=0.03**2):
    """SSIM by its definition: explicit sums over the window at every pixel."""
    n, c, h, w = a.shape
    size = window.shape[0]

    def mean(x):
        patches = F.unfold(x.reshape(n * c, 1, h, w), size, padding=size // 2)
        return (patches * window.reshape(1, -1, 1)).sum(1).reshape(n, c, h, w)

    mu_a, mu_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mu_a**2, mean(b * b) - mu_b**2
    cov = mean(a * b) - mu_a * mu_b
    return (2 * mu_a * mu_b + c1) * (2 * cov + c2) / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))


def gauss(size, sigma):
    at = torch.arange(size) - size // 2
    w = torch.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * sigma**2))
    return w / w.sum()


def loss(out, name, f, *inputs):
    """Value and gradients of f(inputs...)."""
    for x in inputs:
        x.requires_grad_()
    value = f(*inputs)
    value.sum().backward()
    out[name + "/value"] = value
    for i, x in enumerate(inputs):
        out[f"{name}/x{i}"] = x
        out[f"{name}/grad{i}"] = torch.zeros_like(x) if x.grad is None else x.grad


def losses():
    torch.manual_seed(2)
    out = {}

    def image(*shape):
        return torch.rand(*shape).float().double()

    def near(a, scale):
        return (a.detach() + randn(*a.shape, scale=scale)).clamp(0, 1).float().double()

    loss(out, "l1", lambda a, b: F.l1_loss(a, b).reshape(1), randn(2, 3, 4, 5), randn(2, 3, 4, 5))
    loss(out, "mse", lambda a, b: F.mse_loss(a, b).reshape(1), randn(2, 3, 4, 5), randn(2, 3, 4, 5))
    a = image(2, 3, 14, 17)
    loss(out, "ssim", lambda a, b: ssim_map(a, b, gauss(11, 1.5)).mean().reshape(1), a, near(a, 0.1))
    a = image(1, 2, 7, 6)
    loss(out, "ssim_small", lambda a, b: ssim_map(a, b, gauss(11, 1.5)).mean().reshape(1), a, near(a, 0.3))
    a = image(1, 2, 12, 10)
    loss(out, "ssim_box", lambda a, b: ssim_map(a, b, torch.full((7, 7), 1 / 49), 0.02, 0.05).mean().reshape(1), a, near(a, 0.1))
    a = image(1, 1, 13, 12)
    loss(out, "ssim_map", lambda a, b: ssim_map(a, b, gauss(5, 0.8)), a, near(a, 0.1))
    loss(out, "hinge_d", lambda r, f: (-torch.clamp(r - 1, max=0).mean() - torch.clamp(-f - 1, max=0).mean()).reshape(1), randn(3, 1, 2, 4), randn(2, 1, 4, 4))
    loss(out, "hinge_g", lambda f: -f.mean().reshape(1), randn(3, 1, 2, 4))

    def matching(reduction):
        def f(r0, r1, f0, f1):
            mean = F.l1_loss(f0, r0.detach()) + F.l1_loss(f1, r1.detach())
            sums = (f0 - r0.detach()).abs().sum() + (f1 - r1.detach()).abs().sum()
            return (mean if reduction == "mean" else sums / 2).reshape(1)
        return f

    for reduction in ("mean", "sum"):
        loss(out, "matching_" + reduction, matching(reduction),
             randn(2, 3, 4, 4), randn(2, 5, 2, 2), randn(2, 3, 4, 4), randn(2, 5, 2, 2))
    write("losses.safetensors", out)


def training():
    """Ten Adam steps of a small auto-encoder on MSE + 1 - SSIM."""
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
        Residual(nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())),
        nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1, bias=False), nn.InstanceNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 3, 3, padding=1), nn.Tanh())
    randomise(net, 0.2)
    out = {}
    put(out, "before/", state(net))
    x = torch.rand(4, 3, 16, 16).mul(2).sub(1).float().double()
    adam = torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.9), weight_decay=1e-3)
    values = []
    for step in range(10):
        y = net(x)
        value = F.mse_loss(y, x) + 1 - ssim_map((y + 1) / 2, (x + 1) / 2, gauss(11, 1.5)).mean()
        adam.zero_grad()
        value.backward()
        if step == 0:
            put(out, "grad/", {k: p.grad.clone() for k, p in net.named_parameters()})
        adam.step()
        values.append(value.detach())
    out["x"], out["losses"] = x, torch.stack(values)
    put(out, "after/", state(net))
    for i, p in enumerate(net.parameters()):
        put(out, f"adam/{i}.", {k: adam.state[p][k] for k in ("exp_avg", "exp_avg_sq")})
    net.eval()
    out["y_eval"] = net(x)
    write("training.safetensors", out)


def gan():
    """Five alternating hinge steps: generator, then discriminator on the detached fake."""
    torch.manual_seed(4)
    g = nn.Sequential(
        nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 3, 3, padding=1), nn.Tanh())
    d = nn.Sequential(
        spectral_norm(nn.Conv2d(3, 5, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(5, 6, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(6, 1, 3, padding=1)))
    randomise(g, 0.3)
    randomise(d, 0.3)
    out = {}
    put(out, "g/before/", state(g))
    put(out, "d/before/", state(d))
    z, real = randn(3, 4, 4, 4), torch.rand(3, 3, 8, 8).mul(2).sub(1).float().double()
    adam_g = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.0, 0.9))
    adam_d = torch.optim.Adam(d.parameters(), lr=4e-3, betas=(0.0, 0.9))

    def features(x):
        taps = []
        for m in d:
            x = m(x)
            taps.append(x)
        return [taps[1], taps[3]], taps[4]

    values = []
    for _ in range(5):
        fake = g(z)
        real_taps, _ = features(real)
        fake_taps, score = features(fake)
        loss_g = -score.mean() + sum(F.l1_loss(f, r.detach()) for f, r in zip(fake_taps, real_taps))
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        _, on_real = features(real)
        _, on_fake = features(fake.detach())
        loss_d = F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        values.append(torch.stack([loss_g.detach(), loss_d.detach()]))
    out.update({"z": z, "real": real, "losses": torch.stack(values)})
    put(out, "g/after/", state(g))
    put(out, "d/after/", state(d))
    write("gan.safetensors", out)


layers()
losses()
training()
gan()
