#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# `make test`: what must pass before a change lands. Unit and script tests and a minute of
# simulation under ASan and UBSan, then the process tests against the release build.
set -eu
cd "$(dirname "$0")/.."
tools/install-deps.sh build test
failed=""

echo "== unit, script and simulation (ASan, UBSan)"
tools/check.sh debug || failed="$failed check"

if ls tests/integration/test_*.py >/dev/null 2>&1; then
    echo "== integration (release build)"
    make --no-print-directory CONFIG=release integration || failed="$failed integration"
fi

if [ -n "$failed" ]; then
    echo "FAILED:$failed"
    exit 1
fi
echo "all passed"
