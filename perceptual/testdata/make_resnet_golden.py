"""Writes resnet.json: features and gradients of residual networks with random weights.

Run: python3 make_resnet_golden.py   (torch 1.13.0, numpy 1.24; float64; seed 1)

The module has the structure and the names of torchvision's; the names and
shapes of its state go into the file too. Weights come from `uniform`, which
random.go reimplements.
"""
import json
import re

import torch
from torch import nn
from torch.nn import functional as F

from make_golden import SEED, images, summary, uniform


class Block(nn.Module):
    """A basic block (inner 0: 3×3, 3×3) or a bottleneck (1×1, 3×3, 1×1)."""

    def __init__(self, inputs, inner, outputs, stride):
        super().__init__()
        plan = [(inputs, outputs, 3, stride), (outputs, outputs, 3, 1)]
        if inner:
            plan = [(inputs, inner, 1, 1), (inner, inner, 3, stride), (inner, outputs, 1, 1)]
        for i, (a, b, kernel, s) in enumerate(plan, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, s, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.depth = len(plan)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.depth + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.depth:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, inner, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for i, n in enumerate(blocks):
            outputs = (256 if inner else 64) << i
            stage = []
            for b in range(n):
                stage.append(Block(inputs, inner << i, outputs, 2 if i > 0 and b == 0 else 1))
                inputs = outputs
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))

    def forward(self, x):
        """The outputs of relu, maxpool and layer1 to layer4."""
        x = F.relu(self.bn1(self.conv1(x)))
        out = [x, F.max_pool2d(x, 3, 2, 1)]
        for i in range(1, 5):
            out.append(getattr(self, f"layer{i}")(out[-1]))
        return out


def fill(net):
    """He-uniform kernels; norms that change scale and offset. Tensors count in
    state_dict order, leaving num_batches_tracked out."""
    net.double().eval()
    state = {k: v for k, v in net.state_dict().items() if v.is_floating_point()}
    with torch.no_grad():
        for i, (name, p) in enumerate(state.items()):
            seed = SEED + i * 0x9E3779B9
            if p.dim() == 4:
                p.copy_(uniform(p.shape, seed, (6 / (p.shape[1] * p.shape[2] * p.shape[3])) ** 0.5))
            elif name.endswith("weight"):
                p.copy_(0.75 + uniform(p.shape, seed, 0.25))
            elif name.endswith("running_var"):
                p.copy_(1 + uniform(p.shape, seed, 0.5))
            else:
                p.copy_(uniform(p.shape, seed, 0.1))
    return {k: list(v.shape) for k, v in state.items()}


NETS = {
    "resnet18": (0, [2, 2, 2, 2]),
    "resnet50": (64, [3, 4, 6, 3]),
    "wide_resnet50_2": (128, [3, 4, 6, 3]),
}
SIZE = (64, 49)


def main():
    golden = {}
    for name, config in NETS.items():
        net = ResNet(*config)
        state = fill(net)
        x = images(*SIZE)[0].requires_grad_(True)
        taps = net(x)
        loss = sum((f * uniform(f.shape, 600 + i, 1)).mean() for i, f in enumerate(taps, 1))
        (grad,) = torch.autograd.grad(loss, x)
        golden[name] = {
            "size": SIZE,
            "features": [summary(f) | {"tap": i} for i, f in enumerate(taps, 1)],
            "grad": summary(grad),
            "state": state,
        }
    text = json.dumps(golden, indent=1)
    with open("resnet.json", "w") as f:  # a list of numbers on one line
        f.write(re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + " ".join(m[1].split()) + "]", text))


if __name__ == "__main__":
    main()
