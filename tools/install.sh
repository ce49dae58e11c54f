#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Install what `make` built: programs, client library, header, pkg-config file, man pages.
# Usage: [DESTDIR=root] tools/install.sh BUILD_DIR PREFIX
set -eu
cd "$(dirname "$0")/.."
dir=$1 prefix=$2
# Only the files that hold the prefix are made again.
meson setup --reconfigure "$dir" -Dprefix="$prefix" -Dlibdir=lib >"$dir.log" ||
    { cat "$dir.log" >&2; exit 1; }
meson install -C "$dir" --no-rebuild --quiet
if [ -z "${DESTDIR:-}" ] && [ "$(id -u)" = 0 ]; then
    ldconfig
fi
