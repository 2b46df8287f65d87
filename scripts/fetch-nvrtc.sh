#!/usr/bin/env bash
# Puts NVRTC, the compiler of CUDA kernels, into a folder, so that kernels can be
# compiled for every architecture on a machine without a GPU:
#
#	scripts/fetch-nvrtc.sh DIR && TRUSTMAE_CUDA_PATH=DIR go test ./kernels/cuda/cu
#
# Takes Debian's packages from the mirror that this machine uses already, with a
# configuration of its own: nothing is installed. Says why where it cannot.
set -euo pipefail

dir=${1:?usage: scripts/fetch-nvrtc.sh DIR}
release=trixie # its NVRTC 12.4 knows sm_90a and runs on older systems

fail() {
	echo "fetch-nvrtc: $*" >&2
	exit 1
}

[ "$(uname -m)" = x86_64 ] || fail "only for x86-64"
command -v apt-get > /dev/null || fail "this is no Debian"
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN)' | awk '$2 == "main" && $3 == "Debian" && !/security/ { print $1; exit }')
[ -n "$mirror" ] || fail "no Debian mirror is configured"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keys" ] || fail "$keys is missing"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,parts}
touch "$work/status"
echo "deb [signed-by=$keys] $mirror $release main non-free" > "$work/sources.list"
options=(
	-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts"
	-o Dir::State::Lists="$work/lists" -o Dir::State::Status="$work/status" -o Dir::Cache="$work/cache"
	-o APT::Architecture=amd64 -o APT::Sandbox::User=root
)
apt-get "${options[@]}" -qq update || fail "no list of packages of $release"
(cd "$work" && apt-get "${options[@]}" -qq download libnvrtc12 'libnvrtc-builtins12.*') || fail "the packages cannot be had"
mkdir -p "$dir"
for package in "$work"/*.deb; do
	dpkg -x "$package" "$work/root"
done
find "$work/root" -name 'libnvrtc*.so*' -exec cp -a {} "$dir/" \;
ls "$dir"
