#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Run one fuzz target, or all one after the other. Usage: tools/fuzz.sh NAME SECONDS
# Inputs that taught it something are kept in build/fuzz/corpus/NAME; seeds come from fuzz/seeds/NAME.
set -eu
cd "$(dirname "$0")/.."
name=$1 seconds=$2
tools/configure.sh fuzz
ninja --quiet -C build/fuzz fuzzers
if [ -z "$name" ]; then
    set -- fuzz/fuzz_*.c
else
    set -- "fuzz/fuzz_$name.c"
fi
for source in "$@"; do
    target=$(basename "$source" .c)
    corpus=build/fuzz/corpus/${target#fuzz_}
    seeds=fuzz/seeds/${target#fuzz_}
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=""
    echo "== $target, $seconds s"
    # shellcheck disable=SC2086
    "build/fuzz/$target" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
        -timeout=10 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$target-" "$corpus" $seeds
done
