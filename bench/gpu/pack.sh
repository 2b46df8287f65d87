#!/usr/bin/env bash
# Makes a folder for a machine with a GPU but without Go: test binaries, the
# program, and what they read.
#
#	bench/gpu/pack.sh DIR
set -euo pipefail
dir=$(realpath -m "${1:?usage: bench/gpu/pack.sh DIR}")
cd "$(dirname "$0")/../.."
go=${GO:-go}

packages=(kernels/cuda kernels/cuda/cu kernels/cuda/internal/driver memae apps/trustmae bench/gpu)
mkdir -p "$dir/bench/gpu" "$dir/bench/peers" "$dir/docs"
CGO_ENABLED=1 "$go" build -trimpath -o "$dir/trustmae" ./apps/trustmae
for p in "${packages[@]}"; do
	mkdir -p "$dir/$p"
	CGO_ENABLED=1 "$go" test -trimpath -c -o "$dir/$p/package.test" "./$p"
	if [ -d "$p/testdata" ]; then cp -r "$p/testdata" "$dir/$p/"; fi
done
cp bench/gpu/check.sh bench/gpu/torch_peer.py "$dir/bench/gpu/"
cp bench/peers/torch_peer.py bench/peers/torch_models.py "$dir/bench/peers/"
cp docs/cli.md "$dir/docs/"
echo "$dir: $(du -sh "$dir" | cut -f1); there, run bench/gpu/check.sh"
