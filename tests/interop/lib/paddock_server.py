# SPDX-License-Identifier: Apache-2.0
"""One paddockd: $PADDOCKD if it is set, else build/release/paddockd; and the command line beside it, or $PADDOCK."""
import os
from pathlib import Path

from tests.interop.lib.server_process import ROOT, ServerProcess


def binary():
    return os.environ.get("PADDOCKD", str(ROOT / "build" / "release" / "paddockd"))


PADDOCK = os.environ.get("PADDOCK", str(Path(binary()).resolve().parent / "paddock"))


class PaddockServer(ServerProcess):
    kind = "paddock"

    def command(self, cfg_path):
        return ([binary()] + ["-D%s=%s" % item for item in self.properties.items()] + [str(cfg_path)])
