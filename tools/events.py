#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print docs/events.md, made from src/server/events.def: tools/events.py > docs/events.md."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
HEAD = """# Events of the log

One event a line: time, level, event, then `key=value` fields; with `--log-format json` the same as one JSON object. Names are stable: alerts
and parsers may be built on them. `error`: an operator must act; `warn`: the server goes on with less; `info`: life cycle, rare; `debug`: per
operation. This page is made by `tools/events.py` from `src/server/events.def`.
"""


def table():
    """Lines of the page: a heading for each section of the file, a row for each event."""
    text = (TOP / "src" / "server" / "events.def").read_text()
    rows = r'^// ---- (.+) ----$|^X\(\w+, "(\w+)", (\w+),\s*((?:"(?:\\.|[^"\\])*"\s*)+)\)$'
    for section, name, level, meaning in re.findall(rows, text, re.M):
        if section:
            yield from ("", "## " + section.capitalize(), "", "| event | level | meaning |", "|---|---|---|")
        else:
            said = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', meaning))
            yield "| `%s` | %s | %s |" % (name, level.lower(), said)


if __name__ == "__main__":
    print(HEAD + "\n".join(table()))
