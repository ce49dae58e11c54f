# SPDX-License-Identifier: Apache-2.0
"""A Paddock leader hands over to an Apache server, and to a Paddock server while an Apache server looks on."""
import time

from tests.integration.test_handover import CFG, Load, transfer
from tests.interop.lib.ensemble import Ensemble


def until_led_by(ensemble, number, deadline_s=20.0):
    until = time.monotonic() + deadline_s
    while ensemble.leader() != number:
        assert time.monotonic() < until, ensemble.logs()
        time.sleep(0.05)


def test_an_apache_server_takes_over():
    with Ensemble(["java", "paddock", "paddock"], CFG) as ensemble:
        ensemble.wait_ready()
        if ensemble.leader() == 1:  # Java was elected when its start was the quickest: away with it
            ensemble[1].terminate()
            ensemble[1].launch()
            ensemble.wait_ready()
        with Load(ensemble, [2, 3]) as load:
            code, out, err = transfer(ensemble, "--to", "1")
            assert code == 0, (out, err, ensemble.logs())
            until_led_by(ensemble, 1)
            load.more(20)
        assert sorted(ensemble.roles().values()) == ["follower", "follower", "leader"]


def test_an_apache_follower_goes_along():
    with Ensemble(["java", "paddock", "paddock"], CFG) as ensemble:
        ensemble.wait_ready()
        for _ in range(3):
            before = ensemble.leader()
            assert before in (2, 3), ensemble.logs()
            with Load(ensemble, [2, 3]) as load:
                code, out, err = transfer(ensemble, "--to", str(5 - before))
                assert code == 0, (out, err, ensemble.logs())
                load.more(20)
            assert ensemble.wait_ready() == 5 - before
