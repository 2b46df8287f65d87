#!/usr/bin/python3
"""Times ONNX Runtime at the models of bench/peers/torch_models.py and prints one JSON object a line.

    bench/peers/onnxruntime/ort_peer.py --list
    bench/peers/onnxruntime/ort_peer.py --modules NODE_MODULES --models FOLDER --work NAME [--seconds 3] [--threads 2]
    bench/peers/onnxruntime/ort_peer.py --modules NODE_MODULES --models FOLDER --layers < lines

PyTorch writes every model to FOLDER the first time it is asked for; ort_run.mjs times it with the package
onnxruntime-node in NODE_MODULES, in a process of its own. Variants: "exported" as PyTorch writes it; "rewritten" with
transposed convolutions as four convolutions 2×2. Training is none of its works, and of layers only the forward pass.
Install with: npm install --ignore-scripts --prefix SOMEWHERE onnxruntime-node
"""

import argparse
import json
import os
import subprocess
import sys
import warnings

sys.dont_write_bytecode = True  # leave no cache in the checkout
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))

TRANSPOSED = {"exported": "torch", "rewritten": "phases"}
BOTH = list(TRANSPOSED)


def works():
    """Variants, input shapes and maker of each model, under the names of the Go benchmarks. Makers take a variant."""
    table = {}
    for batch in [1, 16]:
        table[f"Generator/batch={batch}"] = (BOTH, [[batch, 3, 256, 256]], lambda m, v: m.Generator(TRANSPOSED[v]))
    photo = [1, 3, 256, 256]
    for net in ["alex", "squeeze", "vgg16"]:
        table[f"LPIPSPair/net={net}"] = (BOTH[:1], [photo, photo], lambda m, v, n=net: m.LPIPS(n))
        table[f"Detect/net={net}"] = (BOTH, [photo], lambda m, v, n=net: m.Score(n, TRANSPOSED[v]))
    return table


def layer(line):
    """The work that a line of --layers names (see torch_peer.py), like an entry of works; nothing for gradients."""
    work, pass_, *sizes = line.split()
    batch, inside, outside, side, kernel, stride, padding, flipped = map(int, sizes)
    if pass_ != "forward":
        return work, ([], None, None)

    def make(models, variant):
        if variant == "rewritten":
            return models.Up(inside, outside, "phases")
        conv = models.nn.ConvTranspose2d if flipped else models.nn.Conv2d
        return conv(inside, outside, kernel, stride, padding)

    return work, (BOTH if flipped else BOTH[:1], [[batch, inside, side, side]], make)


def export(file, make, variant, shapes):
    """Writes a model. Weights are small random numbers."""
    import torch
    import torch_models

    torch.manual_seed(1)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make(torch_models, variant).eval()
        for p in model.parameters():
            p.normal_(0, 0.02)
        torch_models.fold_norms(model)
        names = [f"x{i}" for i in range(len(shapes))]
        unfinished = file + ".part"
        torch.onnx.export(model, tuple(torch.rand(s) for s in shapes), unfinished, opset_version=16, input_names=names)
        os.rename(unfinished, file)


def session(args, work, variant, shapes, make):
    """What ort_run.mjs needs to know of a model."""
    file = os.path.join(args.models, work.replace("/", "~") + "." + variant + ".onnx")
    if not os.path.exists(file):
        export(file, make, variant, shapes)
    return {"file": file, "work": work, "variant": variant, "shapes": shapes}


def run(args, sessions):
    command = ["node", os.path.join(here, "ort_run.mjs"), args.modules, str(args.seconds), str(args.threads)]
    subprocess.run(command, input=json.dumps(sessions), text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the names of the works and leave")
    parser.add_argument("--work", metavar="NAME", help="time this work")
    parser.add_argument("--layers", action="store_true", help="time the layers that standard input names")
    parser.add_argument("--seconds", type=float, default=3, help="how long to time each variant")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--modules", help="folder node_modules that holds onnxruntime-node")
    parser.add_argument("--models", help="folder for the models")
    args = parser.parse_args()
    if args.list:
        print("\n".join(works()))
    elif args.layers:
        entries = [layer(line) for line in sys.stdin]
        run(args, [session(args, w, v, shapes, make) for w, (variants, shapes, make) in entries for v in variants])
    elif args.work in works():
        variants, shapes, make = works()[args.work]
        for v in variants:
            run(args, [session(args, args.work, v, shapes, make)])  # one process each, whose memory is its own
    else:
        sys.exit(f"no work {args.work!r}; --list prints the names")


if __name__ == "__main__":
    main()
