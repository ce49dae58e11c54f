#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Count the single cmocka tests behind the programs that Meson ran: summary.py TESTLOG.

Meson counts programs; this prints the tests inside them as one line "unit: N passed, N failed".
"""
import re
import sys

text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
passed = len(re.findall(r"^\[       OK \] ", text, re.M))
failed = len(re.findall(r"^\[  (?:FAILED|ERROR)  ?\] \w+$", text, re.M))
print(f"unit: {passed} passed, {failed} failed")
