#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Configure build/<config>, or configure it again when source files came or went since the last time.
# Usage: tools/configure.sh release|debug|tsan|cov|fuzz
set -eu
cd "$(dirname "$0")/.."
config=$1
dir=build/$config

case $config in
release) flags="--buildtype=debugoptimized -Dhardened=true -Db_lto=true" ;;
debug) flags="--buildtype=debug -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Ddebug_checks=true" ;;
tsan) flags="--buildtype=debug -Doptimization=1 -Db_sanitize=thread -Db_lundef=false -Ddebug_checks=true" ;;
cov) flags="--buildtype=debug -Db_coverage=true -Ddebug_checks=true" ;;
fuzz) flags="--buildtype=debugoptimized -Dfuzz=true -Db_lundef=false -Ddebug_checks=true" CC=clang ;;
*)
    echo "unknown CONFIG '$config': release, debug, tsan, cov or fuzz" >&2
    exit 2
    ;;
esac

mkdir -p "$dir"
find src sim tests/unit tests/script tests/tools bench fuzz -name '*.c' 2>/dev/null | sort >"$dir/sources.new"
if [ ! -f "$dir/build.ninja" ]; then
    # shellcheck disable=SC2086
    CC=${CC:-gcc} meson setup "$dir" $flags >"$dir.log" || { cat "$dir.log" >&2; exit 1; }
elif ! cmp -s "$dir/sources.new" "$dir/sources.txt"; then
    meson setup --reconfigure "$dir" >"$dir.log" || { cat "$dir.log" >&2; exit 1; }
fi
mv "$dir/sources.new" "$dir/sources.txt"
