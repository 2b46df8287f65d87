#!/usr/bin/env python3
"""Writes sklearn.json, the golden values of package metrics.

Made with scikit-learn 1.2.1, scipy 1.10.1, numpy 1.24.2, seed 1:

    python3 sklearn.py > sklearn.json
"""
import json
import sys

# The script's own name would otherwise hide the library.
sys.path = [p for p in sys.path if not p.endswith("testdata") and p != ""]

import numpy as np
from scipy import ndimage, stats
from sklearn import metrics

rng = np.random.default_rng(1)


def ranking(scores, labels):
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-300)
    best = len(f1) - 1 - int(np.argmax(f1[::-1] >= f1.max() - 1e-12))
    return {
        "auroc": metrics.roc_auc_score(labels, scores),
        "average_precision": metrics.average_precision_score(labels, scores),
        "best_f1": f1[best],
        "best_f1_threshold": float(thresholds[best]),
    }


def images(name, n, defective, shift, levels):
    labels = np.zeros(n, dtype=bool)
    labels[rng.permutation(n)[:defective]] = True
    scores = rng.normal(size=n) + shift * labels
    if levels:
        scores = np.round(scores * levels) / levels
    return {"name": name, "scores": scores.tolist(), "defective": labels.tolist(),
            **ranking(scores, labels)}


def aupro(maps, masks, limit):
    """Per-region overlap against false-positive rate, at every distinct score."""
    regions = []
    for m, t in zip(maps, masks):
        labels, count = ndimage.label(t, structure=np.ones((3, 3)))
        regions += [m[labels == i] for i in range(1, count + 1)]
    good = np.concatenate([m[~t] for m, t in zip(maps, masks)])
    x, y = [0.0], [0.0]
    for threshold in np.unique(np.stack(maps))[::-1]:
        x.append((good >= threshold).mean())
        y.append(np.mean([(r >= threshold).mean() for r in regions]))
    x, y = np.array(x), np.array(y)
    inside = x <= limit
    cut_x, cut_y = x[inside], y[inside]
    if cut_x[-1] < limit:
        i = len(cut_x)
        at = y[i - 1] + (y[i] - y[i - 1]) * (limit - x[i - 1]) / (x[i] - x[i - 1])
        cut_x, cut_y = np.append(cut_x, limit), np.append(cut_y, at)
    return np.trapz(cut_y, cut_x) / limit


def pixels(name, n, width, height, levels):
    maps, masks = [], []
    for i in range(n):
        truth = np.zeros((height, width), dtype=bool)
        for _ in range(0 if i % 3 == 0 else 3):  # every third image is good
            y, x = rng.integers(height), rng.integers(width)
            truth[y:y + rng.integers(1, 5), x:x + rng.integers(1, 5)] = True
        m = rng.normal(size=(height, width)) + 1.2 * truth
        m = np.round(m * levels) / levels if levels else m
        maps.append(m.astype(np.float32))
        masks.append(truth)
    flat = np.concatenate([m.ravel() for m in maps]).astype(np.float64)
    truth = np.concatenate([t.ravel() for t in masks])
    return {"name": name, "width": width, "height": height,
            "maps": [[float(v) for v in m.ravel()] for m in maps],
            "masks": [t.ravel().astype(int).tolist() for t in masks],
            **ranking(flat, truth),
            "aupro": {"0.05": aupro(maps, masks, 0.05),
                      "0.3": aupro(maps, masks, 0.3),
                      "1": aupro(maps, masks, 1.0)}}


def interval(hits, trials, confidence):
    tail = (1 - confidence) / 2
    return {"hits": hits, "trials": trials, "confidence": confidence,
            "low": stats.beta.ppf(tail, hits, trials - hits + 1) if hits else 0.0,
            "high": stats.beta.ppf(1 - tail, hits + 1, trials - hits) if hits < trials else 1.0}


golden = {
    "images": [
        images("no ties", 60, 25, 1.0, 0),
        images("many ties", 150, 60, 0.8, 2),
        images("few levels", 80, 12, 1.0, 1),
        images("inverted", 40, 20, -1.5, 4),
        images("one defective", 30, 1, 0.5, 2),
        images("one good", 30, 29, 0.5, 2),
    ],
    "pixels": [
        pixels("no ties", 4, 13, 11, 0),
        pixels("many ties", 6, 16, 12, 4),
        pixels("few levels", 3, 9, 20, 1),
    ],
    "intervals": [interval(k, n, c) for k, n in
                  [(0, 20), (1, 20), (7, 20), (20, 20), (3, 467), (0, 1), (250, 1000)]
                  for c in (0.95, 0.99)],
}
json.dump(golden, sys.stdout, separators=(",", ":"))
print()
