#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Simulated worlds. Usage: tools/sim.sh CONFIG SEED SECONDS [SCHEDULES]
# With a SEED that one: a server alone under every plan, then an ensemble's schedule. Without, seeds of
# a server alone for SECONDS; every schedule with a name; SCHEDULES of ensembles, a quarter of that
# with members that change, and a quarter with the client library among the clients. $FIRST is the
# first seed, for what must not fail by chance; without it they are fresh ones.
set -eu
cd "$(dirname "$0")/.."
config=$1 seed=$2 seconds=$3 schedules=${4:-200} first=${FIRST:-$(date +%s)}
tools/configure.sh "$config"
ninja --quiet -C "build/$config" paddock-sim
sim=build/$config/paddock-sim
if [ -n "$seed" ]; then
    "$sim" --seed "$seed" --verbose
    exec "$sim" --servers 0 --seed "$seed"
fi
"$sim" --seconds "$seconds" --seed "$first"
"$sim" --named all --schedules 3 --jobs 2
"$sim" --servers 0 --schedules "$((schedules / 4 + 1))" --reconfig --rollover \
    --seed "$first" --ms 1200 --jobs 2
"$sim" --servers 0 --schedules "$((schedules / 4 + 1))" --library --seed "$first" --ms 1200 --jobs 2
exec "$sim" --servers 0 --schedules "$schedules" --seed "$first" --ms 1200 --jobs 2
