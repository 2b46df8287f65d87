#!/usr/bin/python3
"""Times PyTorch at the work of `go test -bench . ./bench` and prints one JSON object a line.

    bench/peers/torch_peer.py --list                  the names of the works
    bench/peers/torch_peer.py [--work NAME]... [--seconds 3] [--threads 2]

Every work runs in a process of its own, so that its peak memory is its own, once for each variant: "eager"; "onednn"
with transposed convolutions through oneDNN; "jit" frozen and optimised for inference. Times are milliseconds a
call after two calls to warm up. Needs Debian's python3-torch, or any PyTorch from 1.13 on.
"""

import argparse
import json
import re
import subprocess
import sys
import time

import torch

sys.dont_write_bytecode = True  # leave no cache in the checkout
import torch_models as models

NETS = ["alex", "squeeze", "vgg16"]
BATCHES, SIZES = [4, 16], [128, 256]


def images(count, size):
    return torch.rand(count, 3, size, size) * 2 - 1


def optimised(module, *inputs):
    with torch.no_grad():
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, inputs)))


def inference(call):
    def run():
        with torch.inference_mode():
            call()

    return run


def generator(variant, batch):
    x = images(batch, 256)
    net = models.Generator(variant == "onednn").eval()
    if variant == "jit":
        net = optimised(net, x)
    return inference(lambda: net(x))


def pair(variant, net):
    x, y = images(1, 256), images(1, 256)
    distance = models.LPIPS(net).eval()
    if variant == "jit":
        distance = optimised(distance, x, y)
    return inference(lambda: distance(x, y))


class Score(torch.nn.Module):
    """Map, its largest value, mean and mean of the largest hundredth, and mask of one photo with pixels in [0,1]."""

    def __init__(self, net, onednn):
        super().__init__()
        self.generator = models.Generator(onednn)
        self.distance = models.LPIPS(net)

    def forward(self, pixels):
        x = pixels * 2 - 1
        y, _ = self.generator(x)
        m = ((x - y) ** 2).mean(1, keepdim=True) * self.distance(x, y)
        top, _ = m.flatten().topk(m.numel() // 100)
        return m, m.max(), m.mean(), top.mean(), m > 0.5, (y + 1) / 2


def detect(variant, net):
    photo = torch.rand(1, 3, 256, 256)
    score = Score(net, variant == "onednn").eval()
    if variant == "jit":
        score = optimised(score, photo)
    return inference(lambda: [r.numpy() for r in score(photo)])


def train_step(variant, batch, size, with_vgg):
    x = images(batch, size)
    gen, disc, ssim = models.Generator(variant == "onednn"), models.Discriminator(), models.SSIM()
    features = models.FeatureLoss().requires_grad_(False) if with_vgg else None
    adam = lambda net, lr: torch.optim.Adam(net.parameters(), lr=lr, betas=(0, 0.9), foreach=True)
    adam_g, adam_d = adam(gen, 1e-4), adam(disc, 4e-4)
    l1 = torch.nn.functional.l1_loss
    unit = lambda v: v * 0.5 + 0.5

    def step():
        disc.requires_grad_(False)
        fake, distances = gen(x)
        margin, trust = models.memory_losses(distances)
        loss = 10 * l1(fake, x) + 10 * (1 - ssim(unit(fake), unit(x))) + 0.1 * margin + trust
        if features is not None:
            loss = loss + 10 * features(x, fake)
        with torch.no_grad():
            _, want = disc(x)
        verdict, got = disc(fake)
        loss = loss - verdict.mean() + 10 * sum(l1(a, b) for a, b in zip(got, want))
        adam_g.zero_grad(set_to_none=True)
        loss.backward()
        adam_g.step()

        disc.requires_grad_(True)
        real, made = disc(x)[0], disc(fake.detach())[0]
        loss = torch.relu(1 - real).mean() + torch.relu(1 + made).mean()
        adam_d.zero_grad(set_to_none=True)
        loss.backward()
        adam_d.step()

    return step


def works():
    """Makers of the timed calls by work and variant, under the names of the Go benchmarks."""
    table = {}
    for batch in [1, 16]:
        table[f"Generator/batch={batch}"] = (["eager", "onednn", "jit"], lambda v, b=batch: generator(v, b))
    for net in NETS:
        table[f"LPIPSPair/net={net}"] = (["eager", "jit"], lambda v, n=net: pair(v, n))
    for net in NETS:
        table[f"Detect/net={net}"] = (["eager", "onednn", "jit"], lambda v, n=net: detect(v, n))
    for name, vgg in [("TrainStep", True), ("TrainStepNoVGG", False)]:
        for batch in BATCHES:
            for size in SIZES:
                make = lambda v, b=batch, s=size, g=vgg: train_step(v, b, s, g)
                table[f"{name}/batch={batch},size={size}"] = (["eager", "onednn"], make)
    return table


def measure(call, seconds):
    """Milliseconds of single calls for about so many seconds, at least one call."""
    call()
    call()
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - begin))
    return times


def peak_mib():
    found = re.search(r"^VmHWM:\s*(\d+) kB$", open("/proc/self/status").read(), re.M)
    return int(found.group(1)) / 1024


def run_one(work, variant, seconds, threads):
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    times = sorted(measure(works()[work][1](variant), seconds))
    result = {
        "work": work,
        "peer": "torch " + torch.__version__,
        "variant": variant,
        "threads": threads,
        "runs": len(times),
        "mean_ms": sum(times) / len(times),
        "median_ms": times[len(times) // 2],
        "best_ms": times[0],
        "peak_mib": peak_mib(),
    }
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the names of the works and leave")
    parser.add_argument("--work", action="append", metavar="NAME", help="time only this work; may be repeated")
    parser.add_argument("--seconds", type=float, default=3, help="how long to time each variant")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", help=argparse.SUPPRESS)  # in this process; set by the parent
    args = parser.parse_args()
    table = works()
    if args.list:
        print("\n".join(table))
        return
    for name in args.work or table:
        if name not in table:
            sys.exit(f"no work {name!r}; --list prints the names")
        if args.variant:
            run_one(name, args.variant, args.seconds, args.threads)
            continue
        for variant in table[name][0]:
            own = ["--work", name, "--variant", variant, "--seconds", str(args.seconds), "--threads", str(args.threads)]
            subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
