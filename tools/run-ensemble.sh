#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Run three servers on loopback for trying things out, in the foreground, each with a log of its own.
# Usage: tools/run-ensemble.sh BUILD_DIR PORT. They serve PORT, PORT+1, PORT+2; data and process ids
# lie in build/run/ensemble/1 to 3. A server that is killed stays away until this is started again or
# `tools/run-ensemble.sh BUILD_DIR PORT N` starts number N.
set -eu
cd "$(dirname "$0")/.."
dir=$1 port=$2 only=${3:-}
home=$PWD/build/run/ensemble

# Quorum and election ports lie far above the client ports: 2181 -> 12181 and 22181.
configure() {
    local number=$1 member
    mkdir -p "$home/$number/data"
    echo "$number" >"$home/$number/data/myid"
    {
        echo "tickTime=1000"
        echo "initLimit=10"
        echo "syncLimit=5"
        echo "dataDir=$home/$number/data"
        echo "clientPort=$((port + number - 1))"
        echo "4lw.commands.whitelist=*"
        for member in 1 2 3; do
            echo "server.$member=127.0.0.1:$((port + 10000 + member - 1)):$((port + 20000 + member - 1))"
        done
    } >"$home/$number/zoo.cfg"
}

start() {
    local number=$1
    [ -f "$home/$number/zoo.cfg" ] || configure "$number"
    "$dir/paddockd" "$home/$number/zoo.cfg" >>"$home/$number/paddockd.log" 2>&1 &
    echo $! >"$home/$number/paddockd.pid"
}

if [ -n "$only" ]; then
    start "$only"
    echo "Server $only runs again, process $(cat "$home/$only/paddockd.pid"); it ends with a signal."
    exit 0
fi

# Those that are still there, ours or started later, by the process ids they left.
stop() {
    trap - INT TERM EXIT
    for number in 1 2 3; do
        kill "$(cat "$home/$number/paddockd.pid")" 2>/dev/null || true
    done
    wait
}
trap stop INT TERM EXIT

for number in 1 2 3; do
    configure "$number"
    start "$number"
done
cat <<TEXT
Three servers run; stop them with Control-C. From another terminal:
    paddock -s 127.0.0.1:$port,127.0.0.1:$((port + 1)),127.0.0.1:$((port + 2)) top     who leads, and what they do
    kill -9 \$(cat build/run/ensemble/N/paddockd.pid)                       kill server N
    tools/run-ensemble.sh $dir $port N                              start it again
Their logs: build/run/ensemble/1 to 3, paddockd.log
TEXT
while true; do
    sleep 1
done
