#!/usr/bin/env python3
"""Times PyTorch on a GPU at the work of `go test -bench . ./bench/gpu`: TF32, channels_last, eager and compiled.

The models are bench/peers/torch_models.py. Times are milliseconds a call after five calls to warm up, the GPU waited
for. One line for each work and variant; a variant that fails says why and the others go on.
"""

import pathlib
import sys
import time

import torch

sys.dont_write_bytecode = True  # leave no cache in the checkout
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch_models as models
import torch_peer as peer

SECONDS = 3


def generator(batch, compiled):
    x = peer.images(batch, 256).to(memory_format=torch.channels_last)
    net = models.Generator("torch").eval().to(memory_format=torch.channels_last)
    if compiled:
        net = torch.compile(net)
    return peer.inference(lambda: net(x))


def train_step(batch, compiled):
    step = peer.train_step("eager", batch, 256, True)
    return torch.compile(step) if compiled else step


def measure(call):
    for _ in range(5):
        call()
    torch.cuda.synchronize()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        begin = time.perf_counter()
        call()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begin))
    return times


def main():
    torch.manual_seed(1)
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    works = {
        "Generator/batch=1": lambda compiled: generator(1, compiled),
        "Generator/batch=16": lambda compiled: generator(16, compiled),
        "TrainStep": lambda compiled: train_step(16, compiled),
    }
    for name, make in works.items():
        for variant in ["eager", "compiled"]:
            try:
                times = measure(make(variant == "compiled"))
            except RuntimeError as error:
                print(f"torch {name} {variant}: {error}", flush=True)
                continue
            print(f"torch {torch.__version__} {name} {variant}: best {min(times):.3f} ms of {len(times)}", flush=True)


if __name__ == "__main__":
    main()
