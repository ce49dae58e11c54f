#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the folders of a new server, as Apache ZooKeeper's script of this name does.
ZOOBIN="${BASH_SOURCE[0]}"
ZOOBINDIR="$(cd "$(dirname "$ZOOBIN")" && pwd)"
# shellcheck source=bin/zkEnv.sh
if [ -e "$ZOOBINDIR/../libexec/zkEnv.sh" ]; then
    . "$ZOOBINDIR/../libexec/zkEnv.sh"
else
    . "$ZOOBINDIR/zkEnv.sh"
fi

usage() {
    printf 'usage: %s <parameters>
  Optional parameters:
     -h                                                    Display this message
     --help                                                Display this message
     --configfile=%-40s ZooKeeper config file
     --myid=#                                              Set the myid to be used, if any (1-255)
     --force                                               Force creation of the data/txnlog dirs
' "$0" "$ZOOCFG"
    exit 1
}

# The folder must hold no data yet.
check_new() {
    if [ -d "$2/version-2" ]; then
        echo "ZooKeeper $1 directory already exists at $2 (or use --force to force re-initialization)"
        exit 1
    fi
}

make_new() {
    rm -rf "$1/myid" "$1/version-2"
    mkdir -p "$1/version-2"
}

initialize() {
    if [ ! -e "$ZOOCFG" ]; then
        echo "Unable to find config file at $ZOOCFG"
        exit 1
    fi
    local data_dir log_dir
    data_dir="$(cfg_value dataDir)"
    log_dir="$(cfg_value dataLogDir)"
    if [ -z "$data_dir" ]; then
        echo "Unable to determine dataDir from $ZOOCFG"
        exit 1
    fi
    if [ -n "$FORCE" ]; then
        echo "Force enabled, data/txnlog directories will be re-initialized"
    else
        check_new data "$data_dir"
        [ -z "$log_dir" ] || check_new txnlog "$log_dir"
    fi
    make_new "$data_dir"
    [ -z "$log_dir" ] || make_new "$log_dir"
    if [ -n "$MYID" ]; then
        echo "Using myid of $MYID"
        echo "$MYID" >"$data_dir/myid"
    else
        echo "No myid provided, be sure to specify it in $data_dir/myid if using non-standalone"
    fi
    touch "$data_dir/initialize"
    # Servers look for it beside the logs.
    [ -z "$log_dir" ] || touch "$log_dir/initialize"
}

MYID="" FORCE=""
while [ -n "${1:-}" ]; do
    case $1 in
    --configfile) ZOOCFG=$2; shift 2 ;;
    --configfile=?*) ZOOCFG=${1#*=}; shift ;;
    --myid) MYID=$2; shift 2 ;;
    --myid=?*) MYID=${1#*=}; shift ;;
    --force) FORCE=1; shift ;;
    -h | --help) usage ;;
    *)
        echo "Unknown option: $1"
        usage
        ;;
    esac
done
initialize
