#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Starts, stops and asks a server, as Apache ZooKeeper's script of this name: arguments, messages,
# files and exit codes are its own, the server is paddockd. -D options in SERVER_JVMFLAGS and
# JVMFLAGS become its settings; other JVM options have no meaning and are left out. There is no JMX.
ZOOBIN="${BASH_SOURCE[0]}"
ZOOBINDIR="$(cd "$(dirname "$ZOOBIN")" && pwd)"
# shellcheck source=bin/zkEnv.sh
if [ -e "$ZOOBINDIR/../libexec/zkEnv.sh" ]; then
    . "$ZOOBINDIR/../libexec/zkEnv.sh"
else
    . "$ZOOBINDIR/zkEnv.sh"
fi

if [ -n "${2:-}" ]; then
    # A name stands for a file in the configuration folder, a path for itself.
    case $2 in
    */*) ZOOCFG=$2 ;;
    *) ZOOCFG="$ZOOCFGDIR/$2" ;;
    esac
fi
echo "Using config: $ZOOCFG" >&2

ZOO_DATADIR="$(cfg_value dataDir)"
ZOO_DATALOGDIR="$(cfg_value dataLogDir)"
options=()
if [ -n "${ZOO_DATADIR_AUTOCREATE_DISABLE:-}" ]; then
    if [ ! -d "$ZOO_DATADIR/version-2" ]; then
        echo "ZooKeeper data directory is missing at $ZOO_DATADIR fix the path or run initialize"
        exit 1
    fi
    if [ -n "$ZOO_DATALOGDIR" ] && [ ! -d "$ZOO_DATALOGDIR/version-2" ]; then
        echo "ZooKeeper txnlog directory is missing at $ZOO_DATALOGDIR fix the path or run initialize"
        exit 1
    fi
    options+=("-Dzookeeper.datadir.autocreate=false")
fi

# Java's last -D of a name wins, as paddockd's does.
read -ra flags <<<"${SERVER_JVMFLAGS:-} ${JVMFLAGS:-}"
for flag in "${flags[@]}"; do
    case $flag in
    -D*=*) options+=("$flag") ;;
    -D*) options+=("$flag=") ;;
    esac
done

ZOOPIDFILE="${ZOOPIDFILE:-$ZOO_DATADIR/zookeeper_server.pid}"
DAEMON_OUT="$ZOO_LOG_DIR/zookeeper-${USER:-}-server-$HOSTNAME.out"

is_running() {
    [ -f "$ZOOPIDFILE" ] && kill -0 "$(cat "$ZOOPIDFILE")" >/dev/null 2>&1
}

start() {
    local paddockd
    paddockd="$(find_program paddockd)" || exit 1
    mkdir -p "$(dirname "$ZOOPIDFILE")" "$ZOO_LOG_DIR"
    echo -n "Starting zookeeper ... "
    if is_running; then
        echo "already running as process $(cat "$ZOOPIDFILE")."
        exit 1
    fi
    nohup "$paddockd" "${options[@]}" "$ZOOCFG" >"$DAEMON_OUT" 2>&1 </dev/null &
    if ! echo -n $! >"$ZOOPIDFILE"; then
        echo FAILED TO WRITE PID
        exit 1
    fi
    sleep 1
    if ! kill -0 $! >/dev/null 2>&1; then
        echo FAILED TO START
        exit 1
    fi
    echo STARTED
}

# Apache's script waits for one second, ours for the end of the server, ten at most: then a start
# behind it finds the directory and the port free.
stop() {
    local pid i
    echo -n "Stopping zookeeper ... "
    if [ ! -f "$ZOOPIDFILE" ]; then
        echo "no zookeeper to stop (could not find file $ZOOPIDFILE)"
        return
    fi
    pid="$(cat "$ZOOPIDFILE")"
    kill "$pid"
    rm "$ZOOPIDFILE"
    for ((i = 0; i < 100; i++)); do
        kill -0 "$pid" >/dev/null 2>&1 || break
        sleep 0.1
    done
    echo STOPPED
}

# "host:port", "[address]:port" or "port", as it stands behind the ; of a server's line.
take_client_address() {
    case $1 in
    *:*)
        clientPortAddress="${1%:*}"
        clientPortAddress="${clientPortAddress#[}"
        clientPortAddress="${clientPortAddress%]}"
        ;;
    esac
    clientPort="${1##*:}"
}

find_client_port_of_server() {
    local myid line
    myid="$(cat "$ZOO_DATADIR/myid" 2>/dev/null)"
    if ! [[ "$myid" =~ ^[0-9]+$ ]]; then
        echo "myid could not be determined, will not able to locate clientPort in the server configs."
        return
    fi
    line="$(cfg_value "server\.$myid")"
    if [[ "$line" != *";"* ]]; then
        echo "Client port not found in static config file. Looking in dynamic config file."
        line="$(cfg_value "server\.$myid" "$(cfg_value dynamicConfigFile)")"
    fi
    if [[ "$line" != *";"* ]]; then
        echo "Client port not found in the server configs"
    else
        take_client_address "${line##*;}"
    fi
}

find_client_port() {
    isSSL=false
    clientPortAddress="$(cfg_value clientPortAddress)"
    clientPort="$(cfg_value clientPort)"
    [[ "$clientPort" =~ ^[0-9]+$ ]] || find_client_port_of_server
    if [ -z "$clientPort" ]; then
        echo "Client port not found. Looking for secureClientPort in the static config."
        clientPort="$(cfg_value secureClientPort)"
        if [ -z "$clientPort" ]; then
            echo "Unable to find either secure or unsecure client port in any configs. Terminating."
            exit 1
        fi
        isSSL=true
        clientPortAddress="$(cfg_value secureClientPortAddress)"
    fi
    clientPortAddress="${clientPortAddress:-localhost}"
}

# The answer to a four-letter word; nothing when nobody answers within five seconds.
ask() {
    # shellcheck disable=SC2016
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf %s "$2" >&3 && cat <&3' \
        "$clientPortAddress" "$clientPort" "$1" 2>/dev/null
}

status() {
    local mode=""
    find_client_port
    echo "Client port found: $clientPort. Client address: $clientPortAddress. Client SSL: $isSSL."
    if [ "$isSSL" = false ]; then
        mode="$(ask srvr | grep Mode)"
    else
        echo "This script cannot ask over TLS: use paddock with the certificates of a client." >&2
    fi
    if [ -z "$mode" ]; then
        echo "Error contacting service. It is probably not running."
        exit 1
    fi
    echo "$mode"
}

case "${1:-}" in
start)
    start
    ;;
start-foreground)
    paddockd="$(find_program paddockd)" || exit 1
    if [ -n "${ZOO_NOEXEC:-}" ]; then
        "$paddockd" "${options[@]}" "$ZOOCFG"
    else
        exec "$paddockd" "${options[@]}" "$ZOOCFG"
    fi
    ;;
print-cmd)
    paddockd="$(find_program paddockd)" || exit 1
    printf '"%s"' "$paddockd"
    printf ' %s' "${options[@]}"
    printf ' "%s" > "%s" 2>&1 < /dev/null\n' "$ZOOCFG" "$DAEMON_OUT"
    ;;
stop)
    stop
    exit 0
    ;;
version)
    paddockd="$(find_program paddockd)" || exit 1
    "$paddockd" --version |
        sed 's/^\(paddockd [^ ]*\) (ZooKeeper \(.*\))$/Apache ZooKeeper, version \2 (\1)/'
    ;;
restart)
    stop
    start
    ;;
status)
    status
    ;;
*)
    echo "Usage: $0 [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}" >&2
    ;;
esac
