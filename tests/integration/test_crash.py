# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random points under load: nothing acknowledged is lost, no multi is seen by half.

PADDOCK_KILLS sets how many kills (40); PADDOCK_SEED the seed (1).
"""
import os
import random
import time

import pytest

from tests.integration.crash_load import Load
from tests.interop.lib.paddock_server import PaddockServer

KILLS = int(os.environ.get("PADDOCK_KILLS", "40"))
SEED = int(os.environ.get("PADDOCK_SEED", "1"))

# Small limits, so that kills also fall into rolls, snapshots, purges and growing files.
CONFIGS = {
    "plain": {"snapCount": 500, "preAllocSize": 64},
    "gz": {"snapCount": 300, "snapshot.compression.method": "gz", "txnLogSizeLimitInKb": 256},
}


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_nothing_acknowledged_is_lost(name, capsys):
    rng = random.Random(SEED)
    server = PaddockServer(cfg=CONFIGS[name])
    kills = KILLS // len(CONFIGS)
    try:
        server.start()
        load = Load(server.port, writers=4, seed=SEED)
        load.prepare()
        for kill in range(kills):
            load.start()
            time.sleep(rng.uniform(0.01, 0.25))
            server.kill()
            load.join()
            server.start()
            problems = load.check(server.port)
            assert not problems, "after kill %d of seed %d: %s\n%s" % (kill, SEED, problems[:5],
                                                                      server.log_tail())
        assert server.terminate() == 0
        with capsys.disabled():
            print("\n%s: %d kills, %d writes acknowledged, none lost" % (name, kills, load.acknowledged()))
    finally:
        server.stop()
