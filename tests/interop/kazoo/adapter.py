# SPDX-License-Identifier: Apache-2.0
"""pytest plugin for kazoo's own tests: their harness starts paddockd where it would start a JVM.

kazoo.testing writes a zoo.cfg and runs `java ... -Dname=value ... QuorumPeerMain zoo.cfg`. Only that command is
changed here, to `paddockd -Dname=value ... zoo.cfg`; starting, stopping and clearing a server stay kazoo's own.
Without PADDOCKD in the environment nothing is changed, and the tests run on Java.
"""
import os
import subprocess
import types

from kazoo.testing import common

# The harness asks for TLS and SASL in every zoo.cfg, wanted by the tests or not.
LATER = ("secureClientPort", "ssl.", "authProvider.", "serverCnxnFactory")


def _start(args, **keywords):
    if args[0] != "java":
        return subprocess.Popen(args=args, **keywords)
    properties = [arg for arg in args if arg.startswith(("-Dzookeeper.", "-Dreadonlymode."))]
    with open(args[-1], encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith(LATER)]
    with open(args[-1], "w", encoding="utf-8") as file:
        file.writelines(lines)
    return subprocess.Popen([os.environ["PADDOCKD"], *properties, args[-1]], **keywords)


def pytest_configure():
    if "PADDOCKD" in os.environ:
        common.subprocess = types.SimpleNamespace(Popen=_start)
