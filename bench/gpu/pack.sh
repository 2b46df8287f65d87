#!/usr/bin/env bash
# Makes a folder for a machine with a GPU but without Go: test binaries, the
# program, and what they read. Binaries need the C library that they were linked
# with; the script refuses to hand out ones that need a newer one than GLIBC.
#
#	bench/gpu/pack.sh DIR
set -euo pipefail
dir=$(realpath -m "${1:?usage: bench/gpu/pack.sh DIR}")
cd "$(dirname "$0")/../.."
go=${GO:-go}
glibc=${GLIBC:-2.34}

packages=(kernels/cuda kernels/cuda/cu kernels/cuda/internal/driver memae apps/trustmae bench/gpu)
mkdir -p "$dir/bench/gpu" "$dir/bench/peers" "$dir/docs"
export CGO_ENABLED=1
"$go" build -trimpath -o "$dir/trustmae" ./apps/trustmae
"$go" build -trimpath -o "$dir/table" ./bench/gpu/table
for p in "${packages[@]}"; do
	mkdir -p "$dir/$p"
	"$go" test -trimpath -c -o "$dir/$p/package.test" "./$p"
	if [ -d "$p/testdata" ]; then cp -r "$p/testdata" "$dir/$p/"; fi
done
cp bench/gpu/check.sh bench/gpu/torch_peer.py bench/gpu/torch_count.py "$dir/bench/gpu/"
cp bench/peers/torch_peer.py bench/peers/torch_models.py "$dir/bench/peers/"
cp docs/cli.md "$dir/docs/"

find "$dir" -name package.test -o -name trustmae -type f -o -name table -type f | while read -r binary; do
	needs=$({ grep -aoE 'GLIBC_2\.[0-9]+' "$binary" || echo GLIBC_2.0; } | sort -V | tail -n 1) # none: linked with no C
	if [ "$(printf '%s\n' "$needs" "GLIBC_$glibc" | sort -V | tail -n 1)" != "GLIBC_$glibc" ]; then
		echo "pack.sh: $binary needs $needs, the machine has $glibc: build on an older system, or set GLIBC" >&2
		exit 1
	fi
done
echo "$dir: $(du -sh "$dir" | cut -f1), for glibc $glibc or newer; there, run bench/gpu/check.sh"
