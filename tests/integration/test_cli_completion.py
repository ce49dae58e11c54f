# SPDX-License-Identifier: Apache-2.0
"""The completion scripts in the shells they are for; znode paths come from a running server."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from tests.interop.lib.paddock_server import PADDOCK, PaddockServer


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with `paddock` in it and the three scripts."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "paddock").symlink_to(os.path.realpath(PADDOCK))
    for shell in ("bash", "zsh", "fish"):
        script = subprocess.run([PADDOCK, "completion", shell], capture_output=True, check=True).stdout
        (folder / ("paddock." + shell)).write_bytes(script)
    return folder


@pytest.fixture(scope="module")
def server():
    with PaddockServer() as running:
        for path in ("/app", "/app/one", "/app/two words", "/apple", "/other"):
            subprocess.run([PADDOCK, "-s", "127.0.0.1:%d" % running.port, "create", path, "x"],
                           check=True, capture_output=True)
        yield "127.0.0.1:%d" % running.port


def environment(shelf):
    return dict(os.environ, PATH="%s:%s" % (shelf, os.environ["PATH"]), LC_ALL="C.UTF-8", HOME=str(shelf))


def in_bash(shelf, line):
    """What bash would offer for the end of `line`."""
    script = ('source "$0"; COMP_LINE=$1 COMP_POINT=${#1}; compopt() { :; }; _paddock; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", script, str(shelf / "paddock.bash"), line],
                          capture_output=True, text=True, env=environment(shelf), timeout=120)
    assert done.stderr == ""
    return [word for word in done.stdout.split("\n") if word]


def in_fish(shelf, line):
    done = subprocess.run(["fish", "--no-config", "-c", "source %s; complete -C %s" % (
        shelf / "paddock.fish", "'" + line.replace("'", "\\'") + "'")],
        capture_output=True, text=True, env=environment(shelf), timeout=120)
    assert done.stderr == ""
    return [word.split("\t")[0] for word in done.stdout.split("\n") if word]


def in_zsh(shelf, line):
    """Types `line` and Tab at a zsh and returns what its screen shows then."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(environment(shelf), TERM="dumb", PS1="> ")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    shown = ""

    def read_until(pattern, limit_s=60.0):
        nonlocal shown
        until = time.monotonic() + limit_s
        while not re.search(pattern, shown) and time.monotonic() < until:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096).decode("utf-8", "replace")
        assert re.search(pattern, shown), shown
        text, shown = shown, ""
        return text

    try:
        os.write(terminal, ("unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source %s; "
                            "echo rea''dy\n" % (shelf / "paddock.zsh")).encode())
        read_until("ready")
        os.write(terminal, line.encode() + b"\t\t" + b"\x01echo is:\x05:end\n")  # the line as it stands, printed
        return read_until(r"is:.*:end(.|\n)*is:.*:end")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_bash_completes_commands_flags_and_words(shelf):
    assert in_bash(shelf, "paddock getA") == ["getAcl", "getAllChildrenNumber"]
    assert "get" in in_bash(shelf, "paddock ") and "redo" not in in_bash(shelf, "paddock ")
    assert in_bash(shelf, "paddock --ti") == ["--timeout"]
    assert in_bash(shelf, "paddock -s h:1 --quiet getAcl -") == ["-s", "--json", "--quiet", "--yes", "--help"]
    assert in_bash(shelf, "paddock addWatch -m PERSISTENT_") == ["PERSISTENT_RECURSIVE"]
    assert in_bash(shelf, "paddock --color a") == ["auto", "always"]
    assert in_bash(shelf, "paddock completion ") == ["bash", "zsh", "fish"]
    assert in_bash(shelf, "paddock nonsense ") == []


def test_bash_completes_paths_of_the_server_that_the_line_names(shelf, server):
    line = "paddock -s %s get " % server
    assert in_bash(shelf, line + "/ap") == ["/app", "/apple"]
    assert in_bash(shelf, line + "-s /app/") == ["/app/one", "/app/two\\ words"]
    assert in_bash(shelf, line + "/nothing") == []
    assert in_bash(shelf, line + "/app extra") == []
    assert in_bash(shelf, "paddock -s 127.0.0.1:1 -t 300 get /ap") == []


def test_bash_completes_files_where_a_file_is_wanted(shelf):
    assert in_bash(shelf, "paddock reconfig --file %s/paddock.z" % shelf) == ["%s/paddock.zsh" % shelf]


def test_fish_completes_the_same(shelf, server):
    assert in_fish(shelf, "paddock getA") == ["getAcl", "getAllChildrenNumber"]
    assert in_fish(shelf, "paddock -s %s get /ap" % server) == ["/app", "/apple"]
    assert "--json" in in_fish(shelf, "paddock getAcl --")
    assert in_fish(shelf, "paddock addWatch -m PERSISTENT_") == ["PERSISTENT_RECURSIVE"]


def test_zsh_completes_the_same(shelf, server):
    assert "paddock getAcl" in in_zsh(shelf, "paddock getAc")
    assert "/other" in in_zsh(shelf, "paddock -s %s get /oth" % server)


def test_every_command_has_a_manual_page(shelf):
    names = subprocess.run([PADDOCK, "man", "--names"], capture_output=True, text=True, check=True).stdout.split()
    assert len(names) > 30
    for name in ["", *names]:
        page = subprocess.run([PADDOCK, "man", *([name] if name else [])], capture_output=True, check=True).stdout
        assert page.startswith(b".\\\" SPDX")
        if shutil.which("mandoc"):
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, capture_output=True)
            assert lint.stdout == b"", (name, lint.stdout)
        if name:
            text = subprocess.run([PADDOCK, name, "--help"], capture_output=True, text=True, check=True).stdout
            for flag in re.findall(r"^  (?:-., )?--(\S+)", text, re.MULTILINE):
                assert ("Fl -" + flag).encode() in page, (name, flag)
