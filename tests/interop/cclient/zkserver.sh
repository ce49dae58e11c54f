#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The server control that the C client's test program calls: zkserver.sh startClean|start|stop [HOST:PORT].
# It runs the server that INTEROP_SERVER names (paddock or java) on port 22181 with its files in INTEROP_STATE;
# PADDOCKD is the program, INTEROP_CLASSPATH Java's class path. ZKMAXCNXNS is the limit of connections per address.
set -u
port=22181
state=${INTEROP_STATE:?}
pid_file=$state/pid

# Every command begins by ending the server that runs, as the tests expect.
stop_server() {
    [ -r "$pid_file" ] || return 0
    local pid
    pid=$(cat "$pid_file")
    kill -9 "$pid" 2>/dev/null
    for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    rm -f "$pid_file"
}

write_config() {
    mkdir -p "$state/data"
    cat >"$state/zoo.cfg" <<END
tickTime=500
initLimit=10
syncLimit=5
dataDir=$state/data
clientPort=$port
maxClientCnxns=${ZKMAXCNXNS:-100}
localSessionsEnabled=true
admin.enableServer=false
4lw.commands.whitelist=*
END
}

start_server() {
    write_config
    local options="-Dzookeeper.extendedTypesEnabled=true -Dznode.container.checkIntervalMs=100"
    # shellcheck disable=SC2086
    if [ "${INTEROP_SERVER:?}" = java ]; then
        setsid java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$INTEROP_CLASSPATH" $options \
            org.apache.zookeeper.server.ZooKeeperServerMain "$state/zoo.cfg" </dev/null >>"$state/log" 2>&1 &
    else
        setsid "$PADDOCKD" $options "$state/zoo.cfg" </dev/null >>"$state/log" 2>&1 &
    fi
    echo $! >"$pid_file"
}

serves() {
    { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
    printf srvr >&3
    timeout 2 cat <&3 | grep -q Mode:
    local answer=$?
    exec 3<&-
    return $answer
}

wait_server() {
    for _ in $(seq 300); do
        serves && return 0
        kill -0 "$(cat "$pid_file")" 2>/dev/null || break
        sleep 0.05
    done
    echo "no server: see $state/log"
    return 1
}

stop_server
case ${1:-} in
stop) ;;
startClean | start)
    [ "$1" = start ] || rm -rf "$state/data"
    start_server
    wait_server
    ;;
*)
    echo "this standalone server has no '${1:-}'" >&2
    exit 2
    ;;
esac
