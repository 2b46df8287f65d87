#!/bin/sh
# Measures everything that docs/performance.md shows, on an otherwise idle machine:
#
#	scripts/performance.sh [-short] FOLDER
#
# What matters most comes first, so that a run that is broken off has it. FOLDER
# gets peak.txt, gemm.txt, models.txt and layers.txt, which benchstat reads (the last
# two hold all sides: -col software), and the tables of the comparison with other
# software, *.md. Ten runs of everything take hours; -short takes one to three runs of
# what the tables need most.
# MODULES is the folder node_modules that holds onnxruntime-node, if it is not where
# bench/peers/compare looks.
set -eu
short=
if [ "${1-}" = -short ]; then
	short=yes
	shift
fi
if [ $# -ne 1 ]; then
	echo "usage: scripts/performance.sh [-short] FOLDER" >&2
	exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
GO=${GO:-go}
"$GO" build -o "$folder/compare" ./bench/peers/compare

# A failure of one part is said and does not stop what follows.

bench() { # FILE PACKAGE ARGUMENTS...
	file=$folder/$1 package=$2
	shift 2
	echo "$(date +%H:%M:%S) $file" >&2
	"$GO" test -run '^$' "$@" "$package" > "$file" || echo "$file: incomplete" >&2
}

compare() { # TABLE LOG ARGUMENTS...
	table=$folder/$1 log=$folder/$2
	shift 2
	echo "$(date +%H:%M:%S) $table" >&2
	"$folder/compare" -log "$log" ${MODULES:+-modules "$MODULES"} "$@" > "$table" || echo "$table: incomplete" >&2
}

bench peak.txt ./internal/peak -bench Peak -benchtime 5x
if [ "$short" ]; then
	compare train.md models.txt -works '^TrainStep/batch=16,size=256' -rounds 2 -seconds 1
	compare detect.md models.txt -works 'Detect/net=(alex|vgg16)' -rounds 3 -seconds 1
	compare generator.md models.txt -works 'Generator' -rounds 3 -seconds 1
	compare train-without-vgg.md models.txt -works 'TrainStepNoVGG/batch=16,size=256' -rounds 1 -seconds 1
	compare pairs.md models.txt -works 'LPIPSPair/net=(alex|vgg16)' -rounds 2 -seconds 1
	bench gemm.txt ./kernels/cpu -bench Gemm -count 10 -benchtime 0.1s
	compare layers.md layers.txt -layers -works 'batch=8' -rounds 1
else
	compare train.md models.txt -works 'TrainStep' -rounds 10
	compare detect.md models.txt -works 'Detect' -rounds 10
	compare generator.md models.txt -works 'Generator' -rounds 10
	compare pairs.md models.txt -works 'LPIPSPair' -rounds 10
	bench gemm.txt ./kernels/cpu -bench Gemm -count 10
	compare layers.md layers.txt -layers -rounds 10
fi
rm "$folder/compare"
