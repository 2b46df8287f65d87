#!/usr/bin/env python3
"""Times PyTorch at the work of `go test -bench . ./bench/gpu`: TF32, channels_last, eager and compiled.

    bench/gpu/torch_peer.py                                     on the GPU
    bench/gpu/torch_peer.py --device cpu --size 64 --batch 2 --seconds 0    to see that it runs
    bench/gpu/torch_peer.py --device cpu --size 64 --batch 2 --count        count a step's work instead

The models are bench/peers/torch_models.py. Prints one JSON object a line. Times are milliseconds a call after calls to
warm up, the GPU waited for; rates are TFLOP/s of products and GB/s of copies, reads and writes counted. A work that
fails says why and the others go on. PyTorch from 1.13 on; compiled variants need 2.0.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import torch

sys.dont_write_bytecode = True  # leave no cache in the checkout
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch_models as models
import torch_peer as peer

WARM = 3


def place(value):
    return value.to(memory_format=torch.channels_last)


class BatchScore(models.Score):
    """Map, largest value, mean and mean of the largest hundredth, mask and reconstruction of each photo of a batch."""

    def forward(self, pixels):
        x = pixels * 2 - 1
        y, _ = self.generator(x)
        m = ((x - y) ** 2).mean(1, keepdim=True) * self.distance(x, y)
        rows = m.flatten(1)
        top, _ = rows.topk(max(rows.shape[1] // 100, 1))
        return m, rows.amax(1), rows.mean(1), top.mean(1), m > 0.5, (y + 1) / 2


def generator(batch, size, wrap):
    x = place(peer.images(batch, size))
    net = wrap(place(models.Generator("torch").eval()))
    return peer.inference(lambda: net(x))


def detect(batch, size, wrap):
    """Photos start on the host and results end there, as in memae.Score."""
    photos = torch.rand(batch, 3, size, size, device="cpu")
    device = torch.empty(0).device
    net = wrap(place(BatchScore("alex").eval()))
    return peer.inference(lambda: [r.cpu() for r in net(place(photos.to(device)))])


def train_step(batch, size, wrap):
    return peer.train_step("eager", batch, size, True, place, wrap)


def matmul(n, tf32):
    a, b = torch.rand(n, n), torch.rand(n, n)

    def run():
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.mm(a, b)
        torch.backends.cuda.matmul.allow_tf32 = True

    return run, 2 * n**3 / 1e12


def copy(n):
    a, b = torch.rand(n), torch.empty(n)
    return lambda: b.copy_(a), 8 * n / 1e9


def compiled(net):
    if not hasattr(torch, "compile"):
        raise RuntimeError(f"PyTorch {torch.__version__} has no torch.compile")
    return torch.compile(net)


def works(args):
    """Makers of the timed calls by work and variant; a rate's maker gives its amount of work too."""
    large = args.device == "cuda"
    table = {
        ("Copy", "eager"): lambda: copy(1 << 28 if large else 1 << 16),
        ("MatMul", "f32"): lambda: matmul(8192 if large else 64, False),
        ("MatMul", "tf32"): lambda: matmul(8192 if large else 64, True),
    }
    for variant, wrap in [("eager", lambda net: net), ("compiled", compiled)]:
        # Steps first: compiling takes minutes, and theirs is the time that an aim is set by.
        table |= {
            ("TrainStep", variant): lambda w=wrap: train_step(args.batch, args.size, w),
            ("Generator/batch=1", variant): lambda w=wrap: generator(1, args.size, w),
            ("Detect/batch=64", variant): lambda w=wrap: detect(64 if large else args.batch, args.size, w),
        }
    return table


def measure(call, seconds, sync):
    for _ in range(WARM if seconds else 0):
        call()
    sync()
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        sync()
        times.append(1e3 * (time.perf_counter() - begin))
    return times


def time_all(args, sync):
    for (work, variant), make in works(args).items():
        result = {"work": work, "variant": variant, "torch": torch.__version__}
        try:
            made = make()
            call, amount = made if isinstance(made, tuple) else (made, None)
            times = measure(call, args.seconds, sync)
            result |= {"runs": len(times), "best_ms": min(times), "median_ms": statistics.median(times)}
            if amount:
                result["rate"] = amount / (min(times) / 1e3)
        except Exception as error:  # whatever a compiler throws: the other works go on
            result["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        print(json.dumps(result), flush=True)


def count(args):
    """Prints the multiply-adds of one step, and the numbers of parameters."""
    import torch_count  # needs a part of PyTorch that older versions lack

    step = train_step(args.batch, args.size, lambda net: net)
    parameters = {
        name: sum(p.numel() for p in net.parameters())
        for name, net in [("generator", models.Generator()), ("discriminator", models.Discriminator()), ("features", models.FeatureLoss())]
    }
    print(json.dumps({"work": "TrainStep", "macs": torch_count.macs(step), "parameters": parameters}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--size", type=int, default=256, help="side of photos in pixels")
    parser.add_argument("--batch", type=int, default=16, help="photos of a training step")
    parser.add_argument("--seconds", type=float, default=3, help="how long to time each work; 0: one call")
    parser.add_argument("--count", action="store_true", help="count a training step's work instead of timing")
    args = parser.parse_args()
    torch.manual_seed(1)
    sync = lambda: None
    if args.device == "cuda":
        torch.set_default_device("cuda")
        sync = torch.cuda.synchronize
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    if args.count:
        count(args)
    else:
        time_all(args, sync)


if __name__ == "__main__":
    main()
