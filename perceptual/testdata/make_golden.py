"""Writes golden.json: features, LPIPS and feature loss of random networks.

Run: python3 make_golden.py   (torch 1.13.0, numpy 1.24; float64; seed 1)

Weights and images come from `uniform`, which random.go reimplements, so that
nothing but results needs storing. The networks are written out from the papers
and torchvision's documentation of its layers; the LPIPS steps follow the
description of version 0.1.
"""
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SEED = 1


def uniform(shape, seed, bound):
    """MurmurHash3's finaliser over a Weyl sequence, in [-bound, bound)."""
    with np.errstate(over="ignore"):
        h = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed % 2**32)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    v = (h.astype(np.float64) * 2.0**-31 - 1) * bound
    return torch.from_numpy(v.astype(np.float32).astype(np.float64).reshape(shape))


def vgg(groups):
    layers, channels = [], 3
    for convs, width in zip(groups, (64, 128, 256, 512, 512)):
        for _ in range(convs):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


def alexnet():
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
    )


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


def squeezenet():
    pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64), pool(),
        Fire(128, 32, 128), Fire(256, 32, 128), pool(),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    )


def fill(net):
    """He-uniform kernels, PyTorch's biases; tensors count in state_dict order."""
    net.double()
    with torch.no_grad():
        for i, p in enumerate(net.state_dict().values()):
            gain = 1
            if p.dim() == 4:
                gain, fan_in = 6, p.shape[1] * p.shape[2] * p.shape[3]
            p.copy_(uniform(p.shape, SEED + i * 0x9E3779B9, (gain / fan_in) ** 0.5))
    return net


def features(net, x, taps):
    out = []
    for i, layer in enumerate(net[: max(taps) + 1]):
        x = layer(x)
        if i in taps:
            out.append(x)
    return out


def summary(t):
    """Shape, mean, length and ten values spread over the tensor."""
    flat = t.detach().reshape(-1)
    at = [k * (len(flat) - 1) // 9 for k in range(10)]
    return {"shape": list(t.shape), "mean": flat.mean().item(), "l2": flat.norm().item(), "values": flat[at].tolist()}


def images(h, w):
    """Seed 95 keeps every ReLU and pool 4e-6 standard deviations from its kink,
    where float32 and float64 could part ways."""
    return uniform((2, 3, h, w), 77, 1), uniform((2, 3, h, w), 95, 1)


def lpips(net, taps, x, y, lin, order):
    shift = torch.tensor([-0.030, -0.088, -0.188]).double().view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).double().view(1, 3, 1, 1)
    pairs = zip(*(features(net, (v - shift) / scale, taps) for v in (x, y)))
    layers = []
    for (a, b), k in zip(pairs, lin):
        if order == "lpips":
            a, b = (f / (f.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for f in (a, b))
            layers.append(F.conv2d((a - b) ** 2, k))
        else:
            d = F.interpolate(a - b, size=x.shape[2:], mode="bilinear", align_corners=False)
            layers.append(F.conv2d(d**2, k))
    scalars = torch.stack([d.mean([2, 3]).view(-1) for d in layers])
    spatial = sum(F.interpolate(d, size=x.shape[2:], mode="bilinear", align_corners=False) for d in layers)
    return scalars, spatial


def feature_loss(net, x, y, tap, norm, reduce):
    taps = [2, 7, 16, 25, 34]
    if tap == "relu":
        taps = [t + 1 for t in taps]
    if norm == "imagenet":
        mean = torch.tensor([0.485, 0.456, 0.406]).double().view(1, 3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).double().view(1, 3, 1, 1)
        x, y = ((v / 2 + 0.5 - mean) / std for v in (x, y))
    terms = zip((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1), features(net, x, taps), features(net, y, taps))
    return sum(k * F.l1_loss(b, a, reduction=reduce) for k, a, b in terms)


NETS = {  # trunk, LPIPS taps, image size
    "vgg19": (vgg([2, 2, 4, 4, 4]), [2, 3, 7, 16, 25, 34, 35], (16, 32)),
    "vgg16": (vgg([2, 2, 3, 3, 3]), [3, 8, 15, 22, 29], (16, 32)),
    "alexnet": (alexnet(), [1, 4, 7, 9, 11], (64, 49)),
    "squeezenet1_1": (squeezenet(), [1, 4, 7, 9, 10, 11, 12], (64, 49)),
}


def main():
    golden = {"features": {}, "lpips": [], "loss": []}
    for name, (net, taps, size) in NETS.items():
        fill(net)
        x, y = images(*size)
        golden["features"][name] = [summary(f) | {"tap": t} for t, f in zip(taps, features(net, x, taps))]
        if name == "vgg19":
            continue
        for order in ("lpips", "eq8"):
            lin = [1 + uniform((1, f["shape"][1], 1, 1), 500 + i, 1) for i, f in enumerate(golden["features"][name])]
            y.requires_grad_(True)
            scalars, spatial = lpips(net, taps, x, y, lin, order)
            (grad,) = torch.autograd.grad(scalars.sum(), y, retain_graph=True)
            (spatial_grad,) = torch.autograd.grad((spatial * uniform(spatial.shape, 79, 1)).sum(), y)
            golden["lpips"].append({
                "net": name, "order": order, "size": size, "layers": scalars.tolist(), "spatial": summary(spatial),
                "grad": summary(grad), "spatial_grad": summary(spatial_grad),
            })
    net, _, size = NETS["vgg19"]
    x, y = images(*size)
    y.requires_grad_(True)
    for tap, norm, reduce in (("conv", "none", "mean"), ("relu", "none", "mean"), ("conv", "imagenet", "mean"), ("relu", "imagenet", "sum")):
        loss = feature_loss(net, x, y, tap, norm, reduce)
        (grad,) = torch.autograd.grad(loss, y)
        golden["loss"].append({"tap": tap, "norm": norm, "reduce": reduce, "size": size, "value": loss.item(), "grad": summary(grad)})
    with open("golden.json", "w") as f:
        json.dump(golden, f, indent=1)


if __name__ == "__main__":
    main()
