#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Run a server for trying things out, in the foreground. Usage: tools/run.sh BUILD_DIR PORT
# Its data lies in build/run/data; every four-letter word is answered.
set -eu
cd "$(dirname "$0")/.."
dir=$1 port=$2
mkdir -p build/run/data
cat >build/run/zoo.cfg <<CFG
tickTime=2000
dataDir=$PWD/build/run/data
clientPort=$port
4lw.commands.whitelist=*
CFG
cat <<TEXT
Starting a server with build/run/zoo.cfg; stop it with Control-C. From another terminal:
    echo ruok | nc 127.0.0.1 $port         answers imok
    zkCli.sh -server 127.0.0.1:$port       the shell of Apache ZooKeeper, or any ZooKeeper client
TEXT
exec "$dir/paddockd" build/run/zoo.cfg
