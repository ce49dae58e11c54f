# SPDX-License-Identifier: Apache-2.0
"""The date in the version text: the same sources give the same one, and it has Java's form."""
import os
import re
import shutil
import subprocess

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ROOT

SCRIPT = ROOT / "tools" / "build_date.sh"
COMMITTED = "2019-03-04 05:06"


def run(script, output, **environment):
    inherited = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    return subprocess.run([script, output], env={**inherited, **environment}, capture_output=True, text=True)


def built(script, output, **environment):
    assert run(script, output, **environment).returncode == 0
    return re.search(r'PADDOCK_VERSION_TEXT\("(.*) UTC"\);$', output.read_text()).group(1)


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, that of the script."""
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    when = COMMITTED + ":07 +0000"
    environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "TZ": "Asia/Tokyo"}
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=n", "-c", "user.email=e", *arguments],
                       env=environment, check=True)
    return tmp_path


def test_date_is_that_of_the_commit(repository):
    script = repository / "tools" / SCRIPT.name
    assert built(script, repository / "out.c", TZ="America/New_York", LC_ALL="C.UTF-8") == COMMITTED


def test_environment_decides_before_the_commit(repository):
    script = repository / "tools" / SCRIPT.name
    assert built(script, repository / "out.c", SOURCE_DATE_EPOCH="86399") == "1970-01-01 23:59"


def test_sources_without_their_repository_have_a_fixed_date(repository):
    unpacked = repository / "unpacked" / "tools"  # the repository around them is not theirs
    unpacked.mkdir(parents=True)
    shutil.copy(SCRIPT, unpacked)
    assert built(unpacked / SCRIPT.name, repository / "out.c") == "2026-11-21 00:00"


def test_time_that_is_no_number_stops_the_build(tmp_path):
    result = run(SCRIPT, tmp_path / "out.c", SOURCE_DATE_EPOCH="yesterday")
    assert result.returncode != 0 and "SOURCE_DATE_EPOCH=yesterday" in result.stderr


def test_unchanged_date_builds_nothing_again(tmp_path):
    output = tmp_path / "out.c"
    built(SCRIPT, output, SOURCE_DATE_EPOCH="1")
    os.utime(output, (1, 1))
    built(SCRIPT, output, SOURCE_DATE_EPOCH="1")
    assert output.stat().st_mtime == 1


def test_words_print_it_as_java_does():
    with PaddockServer() as server:
        line = zkwire.word(server.port, "srvr").decode().splitlines()[0]
    assert re.fullmatch(r"Zookeeper version: 3\.9\.5-paddock-[0-9.]+, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC", line)
