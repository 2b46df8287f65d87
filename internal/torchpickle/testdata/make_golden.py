"""Writes zip.pth and legacy.pth with the same state, and stress files.

Run: python3 make_golden.py   (torch 1.13.0; no random numbers)
"""
from collections import OrderedDict

import torch


def ramp(n, dtype=torch.float32):
    """(7 i mod 23 - 11) / 8: exact in every floating dtype."""
    return ((torch.arange(n) * 7 % 23 - 11).to(torch.float64) / 8).to(dtype)


conv = torch.nn.Conv2d(2, 3, 2)
with torch.no_grad():
    conv.weight.copy_(ramp(24).reshape(3, 2, 2, 2))
    conv.bias.copy_(ramp(3))
base = ramp(40)
state = OrderedDict()
state["conv"] = conv.state_dict()  # nested, with _metadata
state["parameter"] = torch.nn.Parameter(ramp(4))
state["transposed"] = ramp(12).reshape(3, 4).t()
state["slice"] = base[5:35].reshape(5, 6)[1:4, ::2]  # offset and stride
state["same_storage"] = base[38:]
state["half"] = ramp(6, torch.float16)
state["brain"] = ramp(6, torch.bfloat16).reshape(2, 3)
state["double"] = ramp(5, torch.float64)
state["num_batches_tracked"] = torch.tensor(300)
state["empty"] = torch.zeros(0, 3)
state["expanded"] = ramp(3)[1:2].expand(3)  # stride 0
state["epoch"] = 7
state["note"] = "not a tensor"
state["extra"] = [1.5, None, (True, 2**40)]

torch.save(state, "zip.pth")
torch.save(state, "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(conv, "module_zip.pth")  # a whole module: must be refused
torch.save(OrderedDict(a=torch.arange(3, dtype=torch.int32)), "int32_zip.pth")
