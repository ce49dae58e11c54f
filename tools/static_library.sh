#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# One object of many, in an archive: everything that the first inputs need is linked into it, and
# only the names of the public contract stay visible, so that no buf_ or list_ of ours meets one of
# the user's.
# Usage: tools/static_library.sh OUTPUT COMPILER WHOLE... -- ARCHIVE...
set -eu
output=$1 compiler=$2
shift 2
whole=
while [ "$1" != -- ]; do
    whole="$whole $1"
    shift
done
shift
object=${output%.a}.o
# shellcheck disable=SC2086
$compiler -r -nostdlib -o "$object" -Wl,--whole-archive $whole -Wl,--no-whole-archive \
    -Wl,--start-group "$@" -Wl,--end-group
objcopy --wildcard --keep-global-symbol='paddock_*' "$object"
rm -f "$output"
ar rcs "$output" "$object"
rm -f "$object"
