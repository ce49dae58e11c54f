#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Simulated worlds. Usage: tools/sim.sh CONFIG SEED SECONDS
# With a SEED that one; without, fresh seeds one after the other for SECONDS.
set -eu
cd "$(dirname "$0")/.."
config=$1 seed=$2 seconds=$3
tools/configure.sh "$config"
ninja --quiet -C "build/$config" paddock-sim
if [ -n "$seed" ]; then
    exec "build/$config/paddock-sim" --seed "$seed" --verbose
fi
exec "build/$config/paddock-sim" --seconds "$seconds"
