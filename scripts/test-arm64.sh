#!/bin/sh
# Runs the tests of the CPU kernels for arm64 under user-mode emulation, so that
# the NEON kernels are compared with their plain twins on any Linux machine.
# Installs nothing; says so and succeeds where the emulator is missing. Extra
# arguments go to go test. Times under emulation mean nothing.
set -eu
cd "$(dirname "$0")/.."

GO=${GO:-go}
emulator=qemu-aarch64-static

if [ "$("$GO" env GOHOSTARCH)" = arm64 ]; then
	exec "$GO" test -short "$@" ./kernels/cpu/...
fi
if ! command -v "$emulator" >/dev/null 2>&1; then
	echo "test-arm64: skipped, $emulator is missing (Debian: qemu-user-static)"
	exit 0
fi
# The conformance suite and tests of whole products cost minutes for each table.
# The plain twins pass them on the machine itself; here the shorter tests run them.
GOOS=linux GOARCH=arm64 CGO_ENABLED=0 exec "$GO" test -short -skip '^(TestConformance|Test.*Convolutions|TestWinogradError|TestMatMul|TestVectorKernels)$/^generic$' -exec "$emulator" "$@" ./kernels/cpu/...
