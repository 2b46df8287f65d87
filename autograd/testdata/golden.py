#!/usr/bin/env python3
"""Writes golden.safetensors: outputs and gradients of operations in PyTorch.

Run in this folder: python3 golden.py
Made with PyTorch 1.13.0, seed 1. Values are float32; PyTorch computes in
float64. Every case NAME holds its inputs NAME.0, NAME.1, ..., its output
NAME.y, the gradient NAME.dy given to it and those of the inputs NAME.d0, ...
"""
import json
import struct

import torch
import torch.nn.functional as F

torch.manual_seed(1)
tensors = {}


def case(name, f, *inputs):
    inputs = [x.float().double().requires_grad_() for x in inputs]
    y = f(*inputs)
    dy = torch.randn(y.shape).double()
    grads = torch.autograd.grad(y, inputs, dy)
    tensors.update({f"{name}.{i}": x for i, x in enumerate(inputs)})
    tensors.update({f"{name}.d{i}": g for i, g in enumerate(grads)})
    tensors[f"{name}.y"], tensors[f"{name}.dy"] = y, dy


def grid(*shape):
    """Values with many ties, corners included."""
    return torch.randint(-2, 3, shape) / 2.0


x = torch.randn(2, 3, 9, 8)
case("conv", lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=2, dilation=2), x, torch.randn(4, 3, 3, 2), torch.randn(4))
case("convtranspose", lambda x, w, b: F.conv_transpose2d(x, w, b, stride=3, padding=1, output_padding=2, dilation=2),
     torch.randn(2, 3, 4, 3), torch.randn(3, 2, 3, 2), torch.randn(2))
case("maxpool", lambda x: F.max_pool2d(x, 3, 2, 1), grid(2, 3, 9, 8))
case("maxpoolceil", lambda x: F.max_pool2d(x, 3, 2, 0, ceil_mode=True), grid(2, 3, 9, 8))
case("maxpoolceilpad", lambda x: F.max_pool2d(x, 2, 3, 1, ceil_mode=True), grid(1, 2, 8, 9))
case("maxpoolceilsmall", lambda x: F.max_pool2d(x, 3, 2, 0, ceil_mode=True), grid(1, 2, 2, 2))
for name, size in {"up": (13, 20), "down": (4, 3), "double": (18, 16), "single": (1, 1)}.items():
    case("resize" + name, lambda x: F.interpolate(x, size=size, mode="bilinear", align_corners=False), x)
case("padreflect", lambda x: F.pad(x, (3, 3, 3, 3), mode="reflect"), x)
case("maximum", torch.maximum, grid(4, 5), grid(4, 5))
case("minimum", torch.minimum, grid(4, 5), grid(1, 5))
case("clamp", lambda x: x.clamp(-0.5, 0.5), grid(4, 5))
case("abs", torch.abs, grid(4, 5))
case("leakyrelu", lambda x: F.leaky_relu(x, 0.2), grid(4, 5))
case("batchnorm", lambda x, g, b: F.relu(F.batch_norm(x, None, None, g, b, training=True)), x, torch.randn(3), torch.randn(3))
case("instancenorm", lambda x: F.leaky_relu(F.instance_norm(x), 0.2), x)
case("softmax", lambda x: F.softmax(x, 1), 3 * torch.randn(4, 5))

header, blobs, at = {}, [], 0
for name, value in tensors.items():
    blob = value.detach().float().contiguous().numpy().tobytes()
    header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
    blobs.append(blob)
    at += len(blob)
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("golden.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
