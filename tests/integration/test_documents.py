# SPDX-License-Identifier: Apache-2.0
"""Pages that are made from sources are what the sources say."""
import re
import subprocess

from tests.interop.lib.server_process import ROOT


def test_the_page_of_events_has_every_event():
    made = subprocess.run([ROOT / "tools" / "events.py"], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "events.md").read_text() == made
    rows = re.findall(r"^X\(", (ROOT / "src" / "server" / "events.def").read_text(), re.M)
    assert len(re.findall(r"^\| `", made, re.M)) == len(rows)
