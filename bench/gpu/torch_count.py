"""Counts the multiply-adds of the convolutions and matrix products that a call asks PyTorch for, backward passes included."""

import math

from torch.utils._python_dispatch import TorchDispatchMode


class _Counter(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.__name__
        if name == "convolution.default":
            x, w, transposed, groups = args[0], args[1], args[6], args[8]
            out = func(*args, **(kwargs or {}))
            self._add(1, x if transposed else out, w, groups)
            return out
        if name == "mm.default":
            self.macs += args[0].numel() * args[1].shape[1]
        if name == "convolution_backward.default":
            dy, x, w, transposed, groups, mask = args[0], args[1], args[2], args[7], args[9], args[10]
            self._add(mask[0] + mask[1], x if transposed else dy, w, groups)  # gradients of x and of w
        return func(*args, **(kwargs or {}))

    def _add(self, passes, places, w, groups):
        """A convolution's places each see all weights; SSIM's filters, one for each channel, are left out."""
        if groups == 1:
            self.macs += passes * places.shape[0] * math.prod(places.shape[2:]) * w.numel()


def macs(call):
    with _Counter() as counter:
        call()
    return counter.macs
