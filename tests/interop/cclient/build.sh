#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C client's test program from Debian's source package `zookeeper`, with threads (mt) and without (st).
# Usage: build.sh FOLDER SERVER_SCRIPT CLASSPATH_OF_JUTE
set -eu
folder=$1 script=$2 classpath=$3

# The machine's own list of sources need not name source packages: this one does, and is only ours.
mkdir -p "$folder/apt/partial"
cd "$folder"
# shellcheck disable=SC2016 # The names are apt's.
apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' \
    | sort -u >sources.list
apt="apt-get -qq -o Dir::Etc::sourcelist=$folder/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$folder/apt"
$apt update
$apt -o APT::Sandbox::User=root source --download-only zookeeper
dpkg-source --no-check -x zookeeper_*.dsc source

# Two files of the client are made by jute's compiler.
client=$folder/source/zookeeper-client/zookeeper-client-c
mkdir -p "$client/generated"
cd "$client/generated"
java -cp "$classpath" org.apache.jute.compiler.generated.Rcc -l c \
    ../../../zookeeper-jute/src/main/resources/zookeeper.jute
cp "$script" "$client/tests/zkServer.sh"

# TLS and SASL have tests of their own; a source file forgets to include time.h.
for build in mt:ON st:OFF; do
    cmake -S "$client" -B "$folder/${build%:*}" -Wno-dev -DWANT_SYNCAPI="${build#*:}" -DWITH_OPENSSL=OFF \
        -DWITH_CYRUS_SASL=OFF -DCMAKE_CXX_FLAGS="-include time.h"
    cmake --build "$folder/${build%:*}" --target zktest -j2
done
