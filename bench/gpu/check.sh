#!/usr/bin/env bash
# Checks and times everything on a machine with a GPU, in a folder that pack.sh
# made; a table comes last. Logs and compiled kernels go to OUT. Needs the driver
# and NVRTC; PyTorch and compute-sanitizer are used where they are found.
#
#	bench/gpu/check.sh [OUT]
#	STANDIN=1 bench/gpu/check.sh [OUT]     with the stand-in, as far as that goes
set -uo pipefail
cd "$(dirname "$0")/../.."
out=$(realpath -m "${1:-gpu-check}")
mkdir -p "$out"
if [ -z "${STANDIN:-}" ]; then
	export TRUSTMAE_CUDA_TEST=gpu TRUSTMAE_CUDA_CACHE="$out/kernels"
fi
benchtime=${STANDIN:+1x}
benchtime=${benchtime:-1s}
rows=()
failed=0

# step NAME SECONDS COMMAND... runs a command and notes how it ended.
step() {
	local name=$1 limit=$2 start=$SECONDS code=0
	shift 2
	timeout "$limit" "$@" > "$out/$name.log" 2>&1 || code=$?
	[ $code = 0 ] || { failed=1; tail -n 25 "$out/$name.log"; }
	rows+=("$(printf '%-24s %-10s %4d s' "$name" "$([ $code = 0 ] && echo passed || echo "code $code")" $((SECONDS - start)))")
}

# in_folder DIR COMMAND... runs a command in a folder, tests the folder's tests.
in_folder() { (cd "$1" && shift && "$@"); }
export -f in_folder
tests() { in_folder "$1" ./package.test -test.timeout 300s "${@:2}"; }
export -f tests

{
	ldd --version | head -n 1
	uname -srm
	nvidia-smi 2>&1 | head -n 20
	ldconfig -p | grep -E 'libcuda|nvrtc' || true
} | tee "$out/machine.log"
[ -n "${STANDIN:-}" ] || step doctor 120 ./trustmae doctor
cat "$out/doctor.log" 2> /dev/null

step driver 60 bash -c 'tests kernels/cuda/internal/driver'
[ -n "${STANDIN:-}" ] || step compile 120 bash -c 'tests kernels/cuda/cu'
step conformance 300 bash -c 'tests kernels/cuda'
step training 200 bash -c 'tests memae -test.run CUDA'
step program 100 bash -c 'tests apps/trustmae -test.run "StandIn|WrongResults"'
if [ -z "${STANDIN:-}" ] && command -v compute-sanitizer > /dev/null; then
	for tool in memcheck racecheck; do
		step "$tool" 120 bash -c "in_folder kernels/cuda compute-sanitizer --tool $tool --error-exitcode 9 ./package.test -test.run 'TestConformance/(Update|PadReflect|FilterSeparable|UnitDistance)'"
	done
fi
step timings 200 bash -c "tests bench/gpu -test.run '^$' -test.bench . -test.benchtime $benchtime"
if [ -z "${STANDIN:-}" ] && python3 -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
	step torch 200 python3 bench/gpu/torch_peer.py
fi

echo
printf '%s\n' "${rows[@]}"
echo
grep -h ^Benchmark "$out/timings.log"
cat "$out/torch.log" 2> /dev/null
exit $failed
