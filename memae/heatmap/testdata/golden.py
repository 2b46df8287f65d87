#!/usr/bin/env python3
"""Writes golden.json, the golden values of package heatmap.

Made with matplotlib 3.6.3, scipy 1.10.1, torch 1.13.0, numpy 1.24.2, seed 1:

    python3 golden.py > golden.json
"""
import json
import sys

import matplotlib
import numpy as np
import torch
from scipy import ndimage

rng = np.random.default_rng(1)


def grid(m):
    return {"width": m.shape[1], "height": m.shape[0], "scores": [float(v) for v in m.astype(np.float32).ravel()]}


blurs, resizes = [], []
m = rng.normal(size=(7, 10)).astype(np.float32)
for sigma in (0.5, 1.0, 2.5, 6.0):  # the last window is wider than the map
    blurs.append({"sigma": sigma, **grid(ndimage.gaussian_filter(m.astype(np.float64), sigma))})
for height, width in ((14, 20), (5, 3), (7, 10), (1, 1), (9, 31)):
    out = torch.nn.functional.interpolate(torch.tensor(m)[None, None], size=(height, width), mode="bilinear", align_corners=False)
    resizes.append(grid(out[0, 0].numpy()))
json.dump({
    "colormaps": {name: [[int(round(255 * v)) for v in matplotlib.colormaps[name](i / 16)[:3]] for i in range(17)]
                  for name in ("inferno", "viridis")},
    "map": grid(m),
    "blurs": blurs,
    "resizes": resizes,
}, sys.stdout, separators=(",", ":"))
print()
