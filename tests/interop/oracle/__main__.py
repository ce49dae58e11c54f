# SPDX-License-Identifier: Apache-2.0
"""python3 -m tests.interop.oracle --seed N --ops N: Apache ZooKeeper and Paddock side by side."""
import sys

from tests.interop.oracle.run import main

sys.exit(main(sys.argv[1:]))
