#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Install what `make` built: programs, client library, header, pkg-config file, man pages; and what
# paddock says of itself: its man pages and completions.
# Usage: [DESTDIR=root] tools/install.sh BUILD_DIR PREFIX
set -eu
cd "$(dirname "$0")/.."
dir=$1 prefix=$2
# Only the files that hold the prefix are made again.
meson setup --reconfigure "$dir" -Dprefix="$prefix" -Dlibdir=lib >"$dir.log" ||
    { cat "$dir.log" >&2; exit 1; }
meson install -C "$dir" --no-rebuild --quiet

paddock=$dir/paddock
to=${DESTDIR:-}$prefix
mkdir -p "$to/share/man/man1" "$to/share/bash-completion/completions" \
    "$to/share/zsh/site-functions" "$to/share/fish/vendor_completions.d"
"$paddock" man >"$to/share/man/man1/paddock.1"
for command in $("$paddock" man --names); do
    "$paddock" man "$command" >"$to/share/man/man1/paddock-$command.1"
done
"$paddock" completion bash >"$to/share/bash-completion/completions/paddock"
"$paddock" completion zsh >"$to/share/zsh/site-functions/_paddock"
"$paddock" completion fish >"$to/share/fish/vendor_completions.d/paddock.fish"
if [ -z "${DESTDIR:-}" ] && [ "$(id -u)" = 0 ]; then
    ldconfig
fi
