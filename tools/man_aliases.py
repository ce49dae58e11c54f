#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print "ALIAS PAGE" for every name that a manual page describes beside its own: man_aliases.py PAGE...

The names are those of the NAME section; meson.build installs each as a link to its page.
"""
import re
import sys
from pathlib import Path

for page in map(Path, sys.argv[1:]):
    names = re.findall(r"^\.Nm (\w+)", page.read_text().split(".Sh SYNOPSIS")[0], re.M)
    for name in names:
        if name != page.stem:
            print(f"{name}{page.suffix} {page.name}")
