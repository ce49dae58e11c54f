# SPDX-License-Identifier: Apache-2.0
"""One contender over kazoo: contend.py HOST:PORT PATH WITNESS_DIR lock|latch|own SESSION_MS ID.

`own` is kazoo's Lock as it comes, which is told to see Curator's names; the others have Curator's names themselves. See
tests/tools/contend.c.
"""
import fcntl
import logging
import os
import sys
import time

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException
from kazoo.recipe.lock import Lock


class CuratorsLock(Lock):
    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


class CuratorsLatch(Lock):
    _NODE_NAME = "-latch-"
    _EXCLUDE_NAMES = ["-latch-"]


def make(client, kind, path, who):
    if kind == "own":
        return Lock(client, path, who, extra_lock_patterns=["-lock-"])
    return {"lock": CuratorsLock, "latch": CuratorsLatch}[kind](client, path, who)


def main(server, path, folder, kind, session_ms, who):
    logging.disable(logging.CRITICAL)
    witness = open(os.path.join(folder, "witness"), "a")
    log = os.open(os.path.join(folder, "log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def say(verb, node):
        os.write(log, f"{verb} {who} {node}\n".encode())

    client = KazooClient(server, timeout=int(session_ms) / 1000, connection_retry={"max_tries": -1, "max_delay": 0.2})
    client.start(timeout=60)
    while True:
        lock = make(client, kind, path, who)
        try:
            if not lock.acquire(timeout=60):
                continue
            try:
                fcntl.lockf(witness, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("TWO", lock.node)
                continue
            say("in", lock.node)
            time.sleep(0.005)
            say("out", lock.node)
            fcntl.lockf(witness, fcntl.LOCK_UN)
            while True:
                try:
                    lock.release()
                    break
                except KazooException:  # kazoo leaves that to its caller
                    time.sleep(0.05)
        except KazooException as error:
            say("failed", repr(error))


main(*sys.argv[1:])
