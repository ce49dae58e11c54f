# SPDX-License-Identifier: Apache-2.0
"""Our command line under the name zkCli.sh answers as Apache's does, byte for byte (tests/interop/zkcli)."""
import functools
import re
import time

import pytest

from tests.interop.zkcli import compare

shell_run = functools.lru_cache(compare.shell_run)
batch_run = functools.lru_cache(compare.batch_run)


@pytest.mark.parametrize("server_kind", ["java", "paddock"])
def test_every_line_of_the_shell_is_answered_the_same(server_kind):
    theirs, ours = shell_run("java", server_kind), shell_run("paddock", server_kind)
    assert len(theirs) > 400
    wrong = compare.unequal("lines.txt", theirs, ours)
    assert not wrong, "\n\n".join(wrong)
    assert compare.events_of(theirs) == compare.events_of(ours)


def test_our_shell_sees_no_difference_between_the_servers():
    wrong = compare.unequal("lines.txt", shell_run("paddock", "java"), shell_run("paddock", "paddock"))
    # Java's server lists ephemeral nodes in the order of a hash table of its own.
    wrong = [text for text in wrong if not text.startswith("getEphemerals /e\n")]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("server_kind", ["java", "paddock"])
def test_the_program_has_the_same_streams_and_exit_codes(server_kind):
    theirs, ours = batch_run("java", server_kind), batch_run("paddock", server_kind)
    wrong = compare.unequal("batch.txt", theirs, ours)
    assert not wrong, "\n\n".join(wrong)
    for their, our in zip(theirs, ours):
        assert their.exit_code == our.exit_code, their.line
        assert b"\tat " not in our.err and len(our.err.splitlines()) < 35


def test_every_command_of_zkcli_is_compared():
    usage = next(answer.err for answer in batch_run("paddock", "paddock") if "nonsense" in answer.line)
    commands = set(re.findall(rb"^\t(\S+)", usage, re.MULTILINE))
    assert len(commands) == 28
    compared = {line.split()[0] for _, _, line in compare.read("lines.txt") + compare.read("batch.txt") if line.strip()}
    in_batch = {word for _, _, line in compare.read("batch.txt") for word in line.split()}
    assert {command.decode() for command in commands} <= compared | in_batch


def test_marked_lines_name_rows_of_the_table():
    rows = compare.differences()
    for table in ("lines.txt", "batch.txt"):
        for tag, _, line in compare.read(table):
            assert not tag or tag in rows, line
    assert all(len(row) == 3 for row in rows.values())


def test_the_page_is_made_from_the_table():
    assert compare.DOCUMENT.read_text() == compare.document(), "python3 -m tests.interop.zkcli.compare --doc"


def test_an_ephemeral_node_outlives_the_program_until_its_timeout(server):
    command = compare.our_command()
    _, err, code = compare.run_batch(command, server.port, [
        "-server", "127.0.0.1:%d" % server.port, "-timeout", "4000", "create", "-e", "/left", "x"])
    assert (code, err) == (0, b"Created /left\n")
    ask = ["-server", "127.0.0.1:%d" % server.port, "stat", "/left"]
    assert compare.run_batch(command, server.port, ask)[2] == 0
    until = time.monotonic() + 15
    while compare.run_batch(command, server.port, ask)[2] == 0 and time.monotonic() < until:
        time.sleep(0.3)
    assert compare.run_batch(command, server.port, ask)[1] == b"Node does not exist: /left\n"
