#!/usr/bin/python3
"""Times PyTorch at the work of `go test -bench . ./bench` and prints one JSON object a line.

    bench/peers/torch_peer.py --list                  the names of the works
    bench/peers/torch_peer.py [--work NAME]... [--seconds 3] [--threads 2]
    bench/peers/torch_peer.py --layers < lines        single layers, in one process

Every work runs in a process of its own, so that its peak memory is its own, once for each variant: "eager"; "onednn"
with transposed convolutions through oneDNN; "jit" frozen and optimised for inference. Times are milliseconds a
call after two calls to warm up, or one that takes longer than a second. A layer's line is NAME PASS BATCH IN OUT SIDE KERNEL STRIDE PADDING TRANSPOSED, as
compare writes them. Needs Debian's python3-torch, or any PyTorch from 1.13 on.
"""

import argparse
import json
import re
import subprocess
import sys
import time

import torch
from torch.nn import functional as F, grad

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


def transposed(variant):
    return "onednn" if variant == "onednn" else "torch"


def generator(variant, batch):
    x = images(batch, 256)
    net = models.Generator(transposed(variant)).eval()
    if variant == "jit":
        net = optimised(net, x)
    return inference(lambda: net(x))


def pair(variant, net):
    x, y = images(1, 256), images(1, 256)
    distance = models.LPIPS(net).eval()
    if variant == "jit":
        distance = optimised(distance, x, y)
    return inference(lambda: distance(x, y))


def detect(variant, net):
    photo = torch.rand(1, 3, 256, 256)
    score = models.Score(net, transposed(variant)).eval()
    if variant == "jit":
        score = optimised(score, photo)
    return inference(lambda: [r.numpy() for r in score(photo)])


def train_step(variant, batch, size, with_vgg, place=lambda v: v, wrap=lambda net: net):
    """A call that takes a training step. place moves photos and networks to a layout, wrap compiles networks."""
    x = place(images(batch, size))
    gen, disc, ssim = place(models.Generator(transposed(variant))), place(models.Discriminator()), models.SSIM()
    features = place(models.FeatureLoss()).requires_grad_(False) if with_vgg else None
    # Both betas are floats: newer PyTorch refuses an integer beside one.
    adam = lambda net, lr: torch.optim.Adam(net.parameters(), lr=lr, betas=(0.0, 0.9), foreach=True)
    adam_g, adam_d = adam(gen, 1e-4), adam(disc, 4e-4)
    gen, disc, ssim, features = wrap(gen), wrap(disc), wrap(ssim), features and wrap(features)
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
    start = time.perf_counter()
    call()
    if time.perf_counter() - start < 1:
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


def layer(line):
    """The work that a line of --layers names, and its calls by variant."""
    work, pass_, *sizes = line.split()
    batch, inside, outside, side, kernel, stride, padding, flipped = map(int, sizes)
    conv = {"stride": stride, "padding": padding}
    x = torch.rand(batch, inside, side, side)
    if flipped:
        w = torch.rand(inside, outside, kernel, kernel)
        dy = F.conv_transpose2d(x, w, **conv)
        through_onednn = lambda: grad.conv2d_input(dy.shape, w, x, **conv)
        return work, {
            "forward": {"eager": lambda: F.conv_transpose2d(x, w, **conv), "onednn": through_onednn},
            "backward-data": {"eager": lambda: F.conv2d(dy, w, **conv)},
            "backward-weights": {"eager": lambda: grad.conv2d_weight(dy, w.shape, x, **conv)},
        }[pass_]
    w = torch.rand(outside, inside, kernel, kernel)
    dy = F.conv2d(x, w, **conv)
    return work, {
        "forward": {"eager": lambda: F.conv2d(x, w, **conv)},
        "backward-data": {"eager": lambda: grad.conv2d_input(x.shape, w, dy, **conv)},
        "backward-weights": {"eager": lambda: grad.conv2d_weight(x, w.shape, dy, **conv)},
    }[pass_]


def report(work, variant, times, memory=None):
    result = {
        "work": work,
        "peer": "torch " + torch.__version__,
        "variant": variant,
        "runs": len(times),
        "mean_ms": round(sum(times) / len(times), 4),
        "best_ms": round(min(times), 4),
    }
    if memory is not None:
        result["peak_mib"] = round(memory)
    print(json.dumps(result), flush=True)


def run_one(work, variant, seconds):
    times = measure(works()[work][1](variant), seconds)
    report(work, variant, times, peak_mib())


def run_layers(lines, seconds):
    with torch.inference_mode():
        for line in lines:
            work, calls = layer(line)
            for variant, call in calls.items():
                report(work, variant, measure(call, seconds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the names of the works and leave")
    parser.add_argument("--work", action="append", metavar="NAME", help="time only this work; may be repeated")
    parser.add_argument("--layers", action="store_true", help="time the layers that standard input names")
    parser.add_argument("--seconds", type=float, default=3, help="how long to time each variant")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", help=argparse.SUPPRESS)  # in this process; set by the parent
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    if args.layers:
        run_layers(sys.stdin, args.seconds)
        return
    table = works()
    if args.list:
        print("\n".join(table))
        return
    for name in args.work or table:
        if name not in table:
            sys.exit(f"no work {name!r}; --list prints the names")
        if args.variant:
            run_one(name, args.variant, args.seconds)
            continue
        for variant in table[name][0]:
            own = ["--work", name, "--variant", variant, "--seconds", str(args.seconds), "--threads", str(args.threads)]
            subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
