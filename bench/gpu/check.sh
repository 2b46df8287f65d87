#!/usr/bin/env bash
# Checks and times everything on a machine with a GPU, in a folder that pack.sh
# made, in less than ten minutes; tables come last. Needs the driver and NVRTC;
# PyTorch and compute-sanitizer are used where they are found. What fails, is
# missing or runs out of time is said in the table and stops nothing else. Logs and
# compiled kernels go to OUT.
#
#	bench/gpu/check.sh [OUT]
#	STANDIN=1 bench/gpu/check.sh [OUT]     with the stand-in: all that it can do, at small sizes
set -uo pipefail
here=$PWD
cd "$(dirname "$0")/../.." || exit 1
out=${1:-$here/gpu-check}
case $out in /*) ;; *) out=$here/$out ;; esac
if ! mkdir -p "$out" || ! : > "$out/machine.log"; then
	echo "check.sh: cannot write to $out: name another folder for the logs" >&2
	exit 1
fi
budget=${BUDGET:-570} # seconds for everything
slow=1                # times the limits of steps
if [ -n "${STANDIN:-}" ]; then
	slow=4 budget=${BUDGET:-2400}
fi
failed=0
child=
rows=()
exec 3>&1 # for finish, which an interruption may call from within a redirection

row() { rows+=("$(printf '%-14s %-12s %5s  %s' "$@")"); }

# finish prints what there is, however the check ended.
finish() {
	trap - EXIT INT TERM
	exec >&3
	[ -z "$child" ] || { kill "$child" 2> /dev/null; wait "$child" 2> /dev/null; }
	echo
	cat "$out/machine.log"
	echo
	printf '%-14s %-12s %5s  %s\n' step result s note
	printf '%s\n' "${rows[@]}"
	echo
	grep -hE 'loss .* on the processor' "$out/training.log" 2> /dev/null | sed 's/^.*_test.go:[0-9]*: //'
	echo
	[ -z "${STANDIN:-}" ] || echo 'On the stand-in, at small sizes: the times below mean nothing.'
	./table <(cat "$out"/{Copy,MatMul,Conv2d,Generator,Detect,TrainStep}.log 2> /dev/null) "$out/torch.log"
	echo "logs: $out"
	exit "$1"
}
trap 'failed=1; row interrupted - - ""; finish 130' INT TERM
trap 'finish $failed' EXIT

# run NAME SECONDS COMMAND... runs a command with its output in a log, and notes
# how it ended.
run() {
	local name=$1 limit=$(($2 * slow)) start=$SECONDS code=0 result note=
	shift 2
	[ "$limit" -le $((budget - SECONDS)) ] || limit=$((budget - SECONDS))
	if [ "$limit" -lt 5 ]; then
		row "$name" "NOT RUN" - "no time left of $budget s"
		failed=1
		return
	fi
	echo "$name ..."
	timeout -k 5 "$limit" "$@" > "$out/$name.log" 2>&1 &
	child=$!
	wait "$child" || code=$?
	child=
	case $code in
	0) result=passed ;;
	124 | 137) result=TIMEOUT note="after $limit s" ;;
	*) result=FAILED note="code $code" ;;
	esac
	if [ $code != 0 ]; then
		failed=1
		grep -E -- '--- FAIL|panic:|_test\.go:[0-9]+:|^trustmae: ' "$out/$name.log" | head -n 20
		tail -n 5 "$out/$name.log"
	fi
	local skipped
	skipped=$(grep -c -- '--- SKIP' "$out/$name.log" || true)
	[ "$skipped" = 0 ] || note="$note $skipped skipped"
	row "$name" "$result" $((SECONDS - start)) "$note"
}

# tests FOLDER ARGUMENTS... runs a package's tests in its folder.
tests() { (cd "$1" && ./package.test -test.v "${@:2}"); }
export -f tests

missing() { row "$1" "left out" - "$2"; }

python=
for p in python3 /usr/bin/python3; do
	if "$p" -c 'import torch' 2> /dev/null; then
		python=$p
		break
	fi
done
# Where PyTorch was installed, its packages have NVRTC, cuDNN and cuBLASLt; the program
# looks where most pythons keep theirs.
if [ -n "$python" ] && [ -z "${STANDIN:-}${TRUSTMAE_CUDA_PATH:-}" ]; then
	packages=$("$python" -c 'import pathlib, torch; print(*pathlib.Path(torch.__file__).parents[1].glob("nvidia/*/lib"), sep=":")' 2> /dev/null)
	[ -z "$packages" ] || export TRUSTMAE_CUDA_PATH=$packages
fi
{
	date -u
	uname -srm
	ldd --version 2>&1 | head -n 1
	nproc
	nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv 2>&1
	ldconfig -p 2> /dev/null | grep -E 'libcuda\.|nvrtc\.|cudnn\.|cublasLt\.'
	[ -z "$python" ] || "$python" -c 'import sys, torch; print(sys.executable, torch.__version__, torch.version.cuda)'
	echo "TRUSTMAE_CUDA_PATH=${TRUSTMAE_CUDA_PATH:-}"
} > "$out/machine.log" 2>&1

benchtime=1s
if [ -n "${STANDIN:-}" ]; then
	benchtime=1x
else
	export TRUSTMAE_CUDA_TEST=gpu TRUSTMAE_CUDA_CACHE="$out/kernels"
fi

# What tells most comes first: is there a device, do kernels compile, is one right.
if [ -z "${STANDIN:-}" ]; then
	# It finds a missing GPU no fault; here it is one.
	run doctor 60 bash -c 'set -o pipefail; ./trustmae doctor | tee /dev/stderr | grep -E "^test +cuda/.* right" > /dev/null'
	cat "$out/doctor.log"
	run compile 90 bash -c 'tests kernels/cuda/cu'
else
	missing doctor 'the program looks for a driver'
	missing compile 'NVRTC is the stand-in'
fi
run driver 60 bash -c 'tests kernels/cuda/internal/driver'
run conformance 150 bash -c 'tests kernels/cuda'
run training 120 bash -c 'tests memae -test.run "CUDA|Replayed|WithoutGraphs"'
run program 100 bash -c 'tests apps/trustmae -test.run "StandIn|WrongResults|Lost|LittleMemory"'
# Benchmarks apart, so that one that hangs does not take the others' figures.
for work in Copy MatMul Conv2d Generator Detect TrainStep; do
	run "$work" 60 bash -c "cd bench/gpu && ./package.test -test.run '^$' -test.bench '^Benchmark$work$' -test.benchtime $benchtime"
done
if [ -z "$python" ]; then
	missing torch 'no python3 here has PyTorch'
elif [ -n "${STANDIN:-}" ]; then
	run torch 120 "$python" bench/gpu/torch_peer.py --device cpu --size 64 --batch 2 --seconds 0
elif "$python" -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
	run torch 200 "$python" bench/gpu/torch_peer.py
else
	missing torch 'PyTorch sees no GPU'
fi
if [ -n "${STANDIN:-}" ]; then
	missing sanitizer 'it takes a GPU'
elif ! sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2> /dev/null | tail -n 1) || [ -z "$sanitizer" ]; then
	missing sanitizer 'compute-sanitizer was not found'
else
	export sanitizer
	for tool in memcheck racecheck synccheck; do
		run "$tool" 40 bash -c "cd kernels/cuda && \"\$sanitizer\" --tool $tool --error-exitcode 9 ./package.test -test.short -test.run '^(TestWarpgroups|TestJoinedOperations|TestConformance)$/^(Update|SSIM|UnitDistance|ReadMemory|Imaging)$'"
	done
fi
