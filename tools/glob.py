#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print the files of one folder that match a pattern, one a line: glob.py DIR PATTERN [!PATTERN ...].

Meson takes no wildcards of its own; meson.build asks here. A missing folder holds no files.
"""
import fnmatch
import os
import sys

folder, pattern, *without = sys.argv[1:]
top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
try:
    names = sorted(os.listdir(os.path.join(top, folder)))
except FileNotFoundError:
    names = []
for name in names:
    if fnmatch.fnmatch(name, pattern) and not any(fnmatch.fnmatch(name, w[1:]) for w in without):
        print(os.path.join(folder, name))
