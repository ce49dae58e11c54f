# SPDX-License-Identifier: Apache-2.0
"""No function of our programs has the name of one in a library that they load: the loader would give the library ours."""
import re
import subprocess
from pathlib import Path

import pytest

from tests.interop.lib.paddock_server import PADDOCK, binary

# What every program and library has of its own, made by the linker or by the C library's start files.
EVERYBODYS = {"_init", "_fini", "_start", "_end", "_edata", "__bss_start", "__data_start", "data_start", "main",
              "_IO_stdin_used", "__dso_handle"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def defined(path, *flags):
    """Global names that a file defines, without their versions."""
    names = [line.split()[-1] for line in run("nm", "-g", "--defined-only", *flags, str(path)).splitlines() if line.strip()]
    return {re.sub(r"@.*", "", name) for name in names} - EVERYBODYS


def libraries(path):
    return [Path(found) for found in re.findall(r"=> (/\S+) \(", run("ldd", str(path)))]


def clashes(program):
    ours = defined(program)
    assert len(ours) > 100, "a stripped program shows nothing"
    # A copy of a library's variable is in both, by the linker's doing.
    copied = {line.split()[4].split("@")[0] for line in run("readelf", "-rW", program).splitlines() if "_COPY " in line}
    return {library.name: sorted(same) for library in libraries(program)
            if (same := (ours - copied) & defined(library, "-D"))}


@pytest.mark.parametrize("program", [binary(), PADDOCK], ids=["paddockd", "paddock"])
def test_no_name_of_ours_is_a_librarys(program):
    assert clashes(program) == {}


def test_a_clash_is_seen(tmp_path):
    """Who takes zlib's name is found out."""
    source = tmp_path / "clash.c"
    source.write_text("int compress(void) { return 1; }\nconst char *zlibVersion(void);\n" +
                      "".join("int ours_%d(void) { return 0; }\n" % i for i in range(101)) +
                      "int main(void) { return compress() + (zlibVersion() != 0); }\n")
    subprocess.run(["cc", "-fno-builtin", source, "-o", tmp_path / "clash", "-l:libz.so.1"], check=True)
    found = clashes(str(tmp_path / "clash"))
    assert list(found.values()) == [["compress"]], found
