# SPDX-License-Identifier: Apache-2.0
"""kazoo's own tests against an ensemble of three servers: paddockd or Java's; see tests/interop/kazoo/suite.py."""
from tests.interop.kazoo import suite


def run(server):
    """All results as {"module.Class test": (status, reason)}."""
    return suite.run(server + "-ensemble")
