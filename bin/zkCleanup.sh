#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Removes old snapshots and logs of the server that zoo.cfg describes: zkCleanup.sh -n COUNT.
ZOOBIN="${BASH_SOURCE[0]}"
ZOOBINDIR="$(cd "$(dirname "$ZOOBIN")" && pwd)"
# shellcheck source=bin/zkEnv.sh
if [ -e "$ZOOBINDIR/../libexec/zkEnv.sh" ]; then
    . "$ZOOBINDIR/../libexec/zkEnv.sh"
else
    . "$ZOOBINDIR/zkEnv.sh"
fi

data_dir="$(cfg_value dataDir)"
log_dir="$(cfg_value dataLogDir)"
paddock="$(find_program paddock)" || exit 1
if [ -z "$log_dir" ]; then
    exec -a PurgeTxnLog "$paddock" "$data_dir" "$@"
fi
exec -a PurgeTxnLog "$paddock" "$log_dir" "$data_dir" "$@"
