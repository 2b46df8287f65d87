"""Writes golden.safetensors: an independent writer of the format.

Run: python3 make_golden.py   (numpy 1.24; no random numbers)

The layout follows the format description and the reference implementation
(huggingface/safetensors, safetensors/src/tensor.rs, `prepare`): header as
compact JSON with __metadata__ first, tensors by decreasing dtype, then by
name, header padded with spaces to a multiple of 8 bytes.
"""
import json
import struct

import numpy as np


def bf16(a):
    """Rounds float32 to bfloat16 bits, ties to even (finite values only)."""
    u = a.astype("<f4").view("<u4")
    return ((u + 0x7FFF + ((u >> 16) & 1)) >> 16).astype("<u2")


ramp = (np.arange(24, dtype=np.float32) - 11.5) / 7
tensors = [  # already in file order
    ("conv.bias", "F32", ramp[:4]),
    ("conv.weight", "F32", ramp.reshape(2, 3, 2, 2)),
    ("empty", "F32", np.zeros((0, 3), np.float32)),
    ("scalar", "F32", np.float32(-0.1).reshape(())),
    ("brain", "BF16", ramp.reshape(4, 6)),
    ("a.half", "F16", ramp.reshape(6, 4)),
]
header = {"__metadata__": {"format": "pt", "note": 'quote " <tag> \u00fc'}}
blob = b""
for name, dtype, a in tensors:
    raw = {"F32": lambda: a.astype("<f4"), "F16": lambda: a.astype("<f2"), "BF16": lambda: bf16(a)}[dtype]().tobytes()
    header[name] = {"dtype": dtype, "shape": list(a.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
    blob += raw
text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
text += b" " * (-len(text) % 8)
with open("golden.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + blob)
