#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the Go client start: zkServer.sh start-foreground zoo.cfg, with properties in SERVER_JVMFLAGS.
# INTEROP_SERVER is java or paddock; PADDOCKD and INTEROP_CLASSPATH say where they are.
cfg=$2
# shellcheck disable=SC2086
if [ "$INTEROP_SERVER" = paddock ]; then
    exec "$PADDOCKD" $SERVER_JVMFLAGS "$cfg"
fi
# shellcheck disable=SC2086
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    $SERVER_JVMFLAGS -cp "$INTEROP_CLASSPATH" org.apache.zookeeper.server.quorum.QuorumPeerMain "$cfg"
