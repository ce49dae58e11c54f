#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The unit and script tests of one configuration, then a minute of simulation.
# Usage: tools/check.sh CONFIG [SUITE]     with SUITE (a layer, or script): only those tests.
set -eu
cd "$(dirname "$0")/.."
config=$1 suite=${2:-}
dir=build/$config
tools/configure.sh "$config"
log=$dir/meson-logs/testlog.txt
rm -f "$log"
status=0
meson test -C "$dir" --print-errorlogs --num-processes 2 ${suite:+--suite "$suite"} || status=$?
[ ! -f "$log" ] || python3 tools/summary.py "$log"
[ "$status" = 0 ] || exit "$status"
if [ -z "$suite" ] && [ -f sim/paddock_sim.c ]; then
    FIRST=1 tools/sim.sh "$config" "" 60
fi
