#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Install the Debian packages that a task needs; silent and quick when they are there already.
# Usage: tools/install-deps.sh [build] [test] [lint] [interop]
#   build    compile and run the server           test     the unit and process tests
#   lint     tidy, fmt, fuzz (clang)              interop  other people's clients and Apache ZooKeeper
set -eu

# A program may come from elsewhere than from Debian, whose package might then conflict with it.
unless() {
    command -v "$1" >/dev/null || echo "$2"
}

packages_of() {
    case $1 in
    build) echo "gcc libc6-dev make meson ninja-build pkg-config libuv1-dev libssl-dev zlib1g-dev
                 libsnappy-dev libdeflate-dev libxxhash-dev libjansson-dev libedit-dev libcmocka-dev" ;;
    test) echo "python3-pytest python3-pyte g++ mandoc zsh fish $(unless ip iproute2)" ;;
    lint) echo "clang clang-tidy clang-format libclang-rt-14-dev" ;;
    interop) echo "python3-pytest python3-pip g++ $(unless javac default-jdk-headless) $(unless mvn maven)
                   $(unless node nodejs) $(unless npm npm) $(unless go golang-go) $(unless ip iproute2)" ;;
    *)
        echo "unknown set of packages '$1': build, test, lint or interop" >&2
        exit 2
        ;;
    esac
}

missing=""
for set in "${@:-build}"; do
    for package in $(packages_of "$set"); do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
if ! { $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends $missing; } \
    >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "could not install:$missing" >&2
    exit 1
fi
