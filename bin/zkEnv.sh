# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What zkServer.sh, zkServer-initialize.sh and zkCleanup.sh share: where the configuration is, and
# the settings of its zookeeper-env.sh and java.env. Read by them with their arguments; takes
# `--config DIR` from the front of these. ZOOBINDIR is set. Variables and defaults are those of
# Apache ZooKeeper's zkEnv.sh; what is about Java (JAVA_HOME, CLASSPATH, heap sizes) has no effect.

ZOOBINDIR="${ZOOBINDIR:-/usr/bin}"
ZOOKEEPER_PREFIX="$ZOOBINDIR/.."

if [ $# -gt 1 ] && [ "$1" = "--config" ]; then
    ZOOCFGDIR=$2
    shift 2
fi
if [ -z "${ZOOCFGDIR:-}" ]; then
    if [ -e "$ZOOKEEPER_PREFIX/conf" ]; then
        ZOOCFGDIR="$ZOOBINDIR/../conf"
    else
        ZOOCFGDIR="$ZOOBINDIR/../etc/zookeeper"
    fi
fi
if [ -f "$ZOOCFGDIR/zookeeper-env.sh" ]; then
    # shellcheck source=/dev/null
    . "$ZOOCFGDIR/zookeeper-env.sh"
fi
ZOOCFG="$ZOOCFGDIR/${ZOOCFG:-zoo.cfg}"
if [ -f "$ZOOCFGDIR/java.env" ]; then
    # shellcheck source=/dev/null
    . "$ZOOCFGDIR/java.env"
fi
ZOO_LOG_DIR="${ZOO_LOG_DIR:-$ZOOKEEPER_PREFIX/logs}"

# The program of that name: beside the script, beside what the script is a link to, in PATH.
find_program() {
    local target
    target="$(readlink -f "${BASH_SOURCE[-1]}")"
    if [ -x "$ZOOBINDIR/$1" ]; then
        echo "$ZOOBINDIR/$1"
    elif [ -x "${target%/*}/$1" ]; then
        echo "${target%/*}/$1"
    elif ! command -v "$1"; then
        echo "Error: $1 is neither beside this script nor in PATH." >&2
        exit 1
    fi
}

# The value of a key in zoo.cfg, or in the file named behind it; the last one counts.
cfg_value() {
    grep "^[[:space:]]*$1[[:space:]]*=" "${2:-$ZOOCFG}" 2>/dev/null | tail -n 1 |
        sed -e 's/^[^=]*=//' -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//'
}
