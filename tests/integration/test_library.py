# SPDX-License-Identifier: Apache-2.0
"""libpaddock as a user gets it: installed, compiled against with the README's own lines, run."""
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer, binary
from tests.interop.lib.server_process import ROOT

BUILD = Path(binary()).resolve().parent
HEADERS = "\n".join((ROOT / "include/paddock" / name).read_text() for name in ("paddock.h", "recipes.h"))
EXAMPLES = ("config_watch", "leader")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def run(command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **keywords)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


class Installed:
    """The staged installation; `env` makes pkg-config and the loader find it there."""

    def __init__(self, root):
        self.root = root
        run([ROOT / "tools/install.sh", BUILD, "/usr/local"], env={**os.environ, "DESTDIR": str(root)})
        self.lib = root / "usr/local/lib"
        self.include = root / "usr/local/include"
        self.man = root / "usr/local/share/man"
        self.env = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": str(root), "LD_LIBRARY_PATH": str(self.lib),
                    "PKG_CONFIG_PATH": str(self.lib / "pkgconfig")}
        self.bin = root / "compiled"
        self.bin.mkdir()
        (self.bin / "examples").symlink_to(ROOT / "examples")

    def flags(self, *arguments):
        return run(["pkg-config", *arguments, "paddock"], env=self.env).split()

    def compile(self, command, name):
        run([*command, "-o", self.bin / name], env=self.env, cwd=self.bin)
        return self.bin / name


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def server():
    with PaddockServer({"tickTime": 500, "maxSessionTimeout": 2000}) as running:
        yield running


def declared():
    return set(re.findall(r"^PADDOCK_API\s[^;]*?\b(paddock_\w+)\(", HEADERS, re.M))


# ---- what is installed ----

def test_shared_library_exports_the_header_and_nothing_else(installed):
    assert len(declared()) > 20
    library = installed.lib / "libpaddock.so"
    every = {line.split()[-1].split("@")[0] for line in run(["nm", "-D", "--defined-only", library]).splitlines()}
    assert every - {"PADDOCK_0"} == declared()


def test_archive_shows_the_header_and_nothing_else(installed):
    every = {line.split()[-1] for line in
             run(["nm", "-g", "--defined-only", installed.lib / "libpaddock.a"]).splitlines() if len(line.split()) == 3}
    assert every == declared()


def test_shared_library_needs_libuv_alone(installed):
    text = run(["readelf", "-d", installed.lib / "libpaddock.so"])
    assert set(re.findall(r"NEEDED.*\[([\w-]+)\.so", text)) == {"libuv", "libc"}
    assert "[libpaddock.so.0]" in text
    assert "NODELETE" in text  # a thread that asks a name server may outlive dlclose()


def test_programs_are_installed(installed):
    assert "paddockd" in {path.name for path in (installed.root / "usr/local/bin").iterdir()}


# ---- compiling ----

def readme_lines():
    lines = re.findall(r"^cc examples/.*$", (ROOT / "README.md").read_text(), re.M)
    return [line.split("  #")[0].strip() for line in lines]


def test_readme_compiles_the_examples(installed):
    assert len(readme_lines()) == len(EXAMPLES)
    for line in readme_lines():
        run(["sh", "-c", line], env=installed.env, cwd=installed.bin)
    for name in EXAMPLES:
        assert (installed.bin / name).exists()
        assert any(f"cc examples/{name}.c" in line and f"//     {line}" in (ROOT / f"examples/{name}.c").read_text()
                   for line in readme_lines())


def build(installed, source, kind):
    """A shared, static or C++ program, without a warning."""
    name = source.stem
    cflags = [*WARNINGS, *installed.flags("--cflags")]
    if kind == "c++":
        return installed.compile(["c++", *cflags, "-x", "c++", source, "-x", "none", *installed.flags("--libs")],
                                 f"{name}.cxx")
    if kind == "static":
        libs = [flag for flag in installed.flags("--libs", "--static") if flag != "-lpaddock"]
        return installed.compile(["cc", "-std=c99", *cflags, source, installed.lib / "libpaddock.a", *libs],
                                 f"{name}.static")
    return installed.compile(["cc", "-std=c99", *cflags, source, *installed.flags("--libs")], f"{name}.shared")


USERS_OWN = r"""
#include <paddock/paddock.h>
#include <stdio.h>
/* Names that the library has inside, too. */
int buf_append(void);      int buf_append(void) { return 1; }
int list_init(void);       int list_init(void) { return 2; }
int mem_try_alloc(void);   int mem_try_alloc(void) { return 3; }
int loop_init(void);       int loop_init(void) { return 4; }
int client_open(void);     int client_open(void) { return 5; }
int main(void)
{
    struct paddock_options options = {.servers = "localhost:1", .flags = PADDOCK_NO_THREAD};
    struct paddock *zk = NULL;
    int code = paddock_open(&options, &zk);
    paddock_close(zk);
    printf("%s %d\n", paddock_code_name(code),
           buf_append() + list_init() + mem_try_alloc() + loop_init() + client_open());
    return 0;
}
"""


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_names_of_the_user_do_not_meet_ours(installed, kind):
    source = installed.bin / "own.c"
    source.write_text(USERS_OWN)
    libs = installed.flags("--libs", "--static")
    if kind == "static":
        libs = [installed.lib / "libpaddock.a"] + [flag for flag in libs if flag != "-lpaddock"]
    program = installed.compile(["cc", *WARNINGS, *installed.flags("--cflags"), source, *libs], f"own.{kind}")
    assert run([program], env=installed.env) == "Ok 15\n"


# ---- running ----

class Program:
    """An example at work; `lines` waits for what it prints."""

    def __init__(self, installed, path, *arguments):
        self.output = installed.bin / f"{path.name}.{time.monotonic_ns()}"
        self.process = subprocess.Popen([path, *arguments], env=installed.env, stdout=self.output.open("w"),
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()

    def text(self):
        return self.output.read_text()

    def lines(self, count, deadline_s=60.0):
        until = time.monotonic() + deadline_s
        while len(self.text().splitlines()) < count:
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.02)
        return self.text().splitlines()


def on_server(server, *request):
    with zkwire.open_session(server.port) as conn:
        return conn.call(*request)


@pytest.mark.parametrize("kind", ["shared", "static", "c++"])
def test_config_watch_prints_every_change_over_a_restart(installed, server, kind):
    program = build(installed, ROOT / "examples/config_watch.c", kind)
    with Program(installed, program, f"localhost:{server.port}", "/config") as watch:
        assert watch.lines(1) == ["no node"]
        on_server(server, "create", "/config", b"first")
        assert watch.lines(2)[1] == "version 0: first"
        on_server(server, "setData", "/config", b"second")
        assert watch.lines(3)[2] == "version 1: second"
        server.terminate()
        server.start()
        on_server(server, "setData", "/config", b"after the restart")
        assert watch.lines(4)[3] == "version 2: after the restart"
        on_server(server, "delete", "/config")
        assert watch.lines(5)[4] == "no node"


def wait_for_children(server, path, count, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while True:
        names = [name.decode() for name in on_server(server, "getChildren", path)[1][0]]
        if len(names) == count:
            return names
        assert time.monotonic() < until, names
        time.sleep(0.02)


def wait_for_expiry(server, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while b"Session Sets (0)/(0)" not in zkwire.word(server.port, "dump"):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_config_watch_opens_another_session_when_its_own_has_ended(installed, server):
    on_server(server, "create", "/config", b"first")
    program = build(installed, ROOT / "examples/config_watch.c", "shared")
    with Program(installed, program, f"127.0.0.1:{server.port}", "/config") as watch:
        assert watch.lines(1) == ["version 0: first"]
        watch.process.send_signal(signal.SIGSTOP)
        wait_for_expiry(server)
        on_server(server, "setData", "/config", b"while away")
        watch.process.send_signal(signal.SIGCONT)
        assert watch.lines(2)[-1] == "version 1: while away"
        on_server(server, "setData", "/config", b"and after")
        assert watch.lines(3)[-1] == "version 2: and after"


def test_leader_that_was_stopped_too_long_stands_behind(installed, server):
    program = build(installed, ROOT / "examples/leader.c", "shared")
    address = f"127.0.0.1:{server.port}"
    with Program(installed, program, address, "/election") as first:
        first.lines(1)
        with Program(installed, program, address, "/election") as second:
            before = wait_for_children(server, "/election", 2)
            first.process.send_signal(signal.SIGSTOP)
            second.lines(1)
            first.process.send_signal(signal.SIGCONT)
            assert first.lines(2)[1].endswith(" pauses")
            after = wait_for_children(server, "/election", 2)
            assert max(after) != max(before)
            assert len(first.text().splitlines()) == 2


@pytest.mark.parametrize("kind", ["shared", "static", "c++"])
def test_leader_is_followed_by_the_next_one(installed, server, kind):
    program = build(installed, ROOT / "examples/leader.c", kind)
    address = f"127.0.0.1:{server.port}"
    with Program(installed, program, address, "/election") as first:
        assert re.fullmatch(r"member-[0-9a-f]{16}- leads", first.lines(1)[0])
        with Program(installed, program, address, "/election") as second:
            wait_for_children(server, "/election", 2)
            assert second.text() == ""
            first.process.kill()  # its session ends two seconds later
            assert re.fullmatch(r"member-[0-9a-f]{16}- leads", second.lines(1)[0])


def test_leader_whose_node_is_taken_away_goes_behind_the_others(installed, server):
    program = build(installed, ROOT / "examples/leader.c", "shared")
    address = f"127.0.0.1:{server.port}"
    with Program(installed, program, address, "/election") as first:
        first.lines(1)
        with Program(installed, program, address, "/election") as second:
            names = wait_for_children(server, "/election", 2)
            assert second.text() == ""
            mine = next(name for name in names if name.startswith(first.lines(1)[0].split()[0]))
            on_server(server, "delete", f"/election/{mine}")
            second.lines(1)
            assert first.lines(2)[1].endswith(" pauses")
            assert mine not in wait_for_children(server, "/election", 2)


def test_leader_pauses_while_no_server_answers(installed, server):
    program = build(installed, ROOT / "examples/leader.c", "shared")
    with Program(installed, program, f"127.0.0.1:{server.port}", "/election") as leader:
        leader.lines(1)
        server.process.send_signal(signal.SIGSTOP)
        try:
            assert leader.lines(2, deadline_s=60)[1].endswith(" pauses")
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert len(leader.lines(3, deadline_s=60)) >= 3  # it leads again, or its session was lost


# Static, since the preloaded malloc counts what the program itself asks for. 0 and PADDOCK_NO_THREAD.
@pytest.mark.parametrize("flags", ["0", "2"])
def test_memory_that_is_out_is_an_answer(installed, server, flags):
    program = build(installed, ROOT / "tests/integration/out_of_memory.c", "static")
    codes = []
    for n in range(1, 1000):
        done = subprocess.run([program, f"localhost:{server.port}", flags], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LD_PRELOAD": BUILD / "libfail_malloc.so", "FAIL_MALLOC_AT": str(n)})
        assert done.returncode in (0, 1), f"allocation {n}: {done}"
        if "fail_malloc: failed" not in done.stderr:
            break
        codes.append(done.returncode)
    assert len(codes) > 20
    assert sum(codes) > len(codes) / 2


def test_many_handles_share_one_loop(installed):
    program = build(installed, ROOT / "tests/integration/many_sessions.c", "shared")
    count = 400
    with PaddockServer({"maxClientCnxns": 0}) as server:
        lines = run([program, f"localhost:{server.port}", str(count)], env=installed.env).split()
        different, answers, threads, turns = (int(line) for line in lines)
        assert different == count
        assert answers == 10 * count
        assert threads <= 3  # beside the program's own at most one that resolves names
        assert turns < answers
        assert b"many" not in zkwire.word(server.port, "dump")


# ---- the manual ----

def pages():
    return {page: page.read_text() for page in sorted((ROOT / "docs/man").glob("*.3"))}


def flat(text):
    """A C declaration with one space where there was any."""
    return re.sub(r"\s*([*(),])\s*", r"\1", " ".join(text.split()))


def prototypes_of_header():
    code = re.sub(r"//[^\n]*", "", HEADERS)
    return {flat(text) for text in re.findall(r"PADDOCK_API\s+([^;=]*?\));", code)}


def prototypes_of_pages():
    found = set()
    for text in pages().values():
        for kind, name, arguments in re.findall(r'^\.Ft "?([^"\n]*)"?\n\.Fo (\w+)\n(.*?)^\.Fc', text, re.M | re.S):
            if not kind.startswith("typedef"):
                found.add(flat(f"{kind} {name}({','.join(re.findall(r'Fa .(.*).$', arguments, re.M))})"))
    return found


def test_manual_describes_every_function_as_the_header_declares_it():
    assert len(prototypes_of_header()) == len(declared())
    assert prototypes_of_pages() == prototypes_of_header()


def test_manual_names_every_constant():
    code = re.sub(r"//[^\n]*", "", HEADERS)
    constants = {name for body in re.findall(r"enum paddock_\w+ \{(.*?)\}", code, re.S)
                 for name in re.findall(r"\b(PADDOCK_\w+)", body)}
    named = {name for text in pages().values() for name in re.findall(r"PADDOCK_\w+", text)}
    assert len(constants) > 90
    assert constants - named == set()


def test_every_function_is_found_by_its_name(installed):
    for name in declared():
        page = (installed.man / "man3" / f"{name}.3").read_text()
        assert re.search(rf"^\.Nm {name}\b", page, re.M)


def test_manual_pages_have_no_faults():
    for page in pages():
        run(["mandoc", "-Tlint", "-Wwarning", page])


def test_code_of_the_manual_compiles(installed):
    count = 0
    for page, text in pages().items():
        for code in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed", text, re.M | re.S):
            count += 1
            source = installed.bin / f"{page.stem}{count}.c"
            source.write_text(code.replace("\\e", "\\"))
            installed.compile(["cc", "-c", *WARNINGS, *installed.flags("--cflags"), source], f"{page.stem}{count}.o")
    assert count >= 5
