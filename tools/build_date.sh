#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Write the C file that says when this was built, in the form of Apache ZooKeeper's version text.
# Usage: tools/build_date.sh OUTPUT
# The same sources give the same text: the time is SOURCE_DATE_EPOCH, else that of the commit, else
# (sources without their repository) that of the release.
set -eu
RELEASE_S=1795219200
output=$1
root=$(cd "$(dirname "$0")/.." && pwd -P)

commit_s() {
    # A repository around unpacked sources is not theirs.
    [ "$(git -C "$root" rev-parse --show-toplevel 2>/dev/null)" = "$root" ] &&
        git -C "$root" log -1 --format=%ct 2>/dev/null
}

seconds=${SOURCE_DATE_EPOCH:-$(commit_s || echo $RELEASE_S)}
case $seconds in
'' | *[!0-9]*)
    echo "SOURCE_DATE_EPOCH=$seconds is not a number of seconds" >&2
    exit 1
    ;;
esac
text="// Written by tools/build_date.sh.
#include \"main/version.h\"

const char version_text[] = PADDOCK_VERSION_TEXT(\"$(date -u -d "@$seconds" '+%Y-%m-%d %H:%M') UTC\");"
# An unchanged file is left alone, so that nothing is built again.
[ "$(cat "$output" 2>/dev/null)" = "$text" ] || echo "$text" >"$output"
