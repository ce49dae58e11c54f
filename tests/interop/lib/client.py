# SPDX-License-Identifier: Apache-2.0
"""Runs a client program of the tests to its end and shows what it printed if it fails.

The programs of tests/interop/clients check for themselves: they end with 0 and a last line `ok N`, N the number of
checks made, or name the check that failed.
"""
import os
import re
import signal
import subprocess
import threading
import time

from tests.interop.lib import own_network


def run(command, limit_s=120, **keywords):
    """The number of checks that passed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=limit_s, **keywords)
    output = done.stdout.decode("utf-8", "replace")
    counted = re.search(r"^ok (\d+)\s*\Z", output, re.MULTILINE)
    assert done.returncode == 0 and counted, "%s ended with %d:\n%s" % (
        command[0], done.returncode, output[-4000:])
    return int(counted.group(1))


def run_whole(command, limit_s, **keywords):
    """Runs a program in a network of its own and ends what it left, or all of it at the limit; False if that was reached."""
    with subprocess.Popen(own_network.command(command), start_new_session=True, **keywords) as process:
        try:
            process.wait(limit_s)
            return True
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Dialog:
    """A program that reads commands and prints answers, as zkCli does; `expect` waits for a pattern in new output."""

    def __init__(self, command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = ""
        self.at = 0
        self.grown = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while chunk := self.process.stdout.read1(65536):
            with self.grown:
                self.output += chunk.decode("utf-8", "replace")
                self.grown.notify_all()

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, pattern, limit_s=60.0):
        """The match of `pattern` in what was printed since the last match."""
        until = time.monotonic() + limit_s
        with self.grown:
            while not (match := re.compile(pattern, re.MULTILINE).search(self.output, self.at)):
                left = until - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise AssertionError("no %r in:\n%s" % (pattern, self.output[self.at:]))
                self.grown.wait(min(left, 0.5))
            self.at = match.end()
            return match

    def ask(self, line, *patterns):
        """Sends a command and waits for each pattern in turn."""
        self.send(line)
        for pattern in patterns:
            self.expect(pattern)

    def close(self, goodbye):
        """Says `goodbye` unless the program has ended; returns its exit code."""
        try:
            self.send(goodbye)
            self.process.stdin.close()
        except (BrokenPipeError, ValueError):
            pass
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
