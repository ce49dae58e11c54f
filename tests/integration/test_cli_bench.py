# SPDX-License-Identifier: Apache-2.0
"""paddock bench against a server: what it measures, and what it leaves behind."""
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import threading
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer


@pytest.fixture(scope="module")
def server():
    with PaddockServer({"maxClientCnxns": 0, "4lw.commands.whitelist": "*"}) as running:
        yield running


def command(server, *arguments, before=()):
    return [PADDOCK, "-s", f"127.0.0.1:{server.port}", *before, "bench", *arguments]


def bench(server, *arguments, expect=0, before=(), **keywords):
    done = subprocess.run(command(server, *arguments, before=before), capture_output=True, text=True, timeout=120,
                          **keywords)
    assert done.returncode == expect, f"{arguments}\n{done.stdout}{done.stderr}"
    return done


def measure(server, *arguments, **keywords):
    return json.loads(bench(server, "--json", *arguments, **keywords).stdout)


def nodes(server):
    done = subprocess.run([PADDOCK, "-s", f"127.0.0.1:{server.port}", "ls", "-R", "/"], capture_output=True, text=True,
                          timeout=60)
    return [line for line in done.stdout.split() if not line.startswith("/zookeeper")]


def test_table_has_every_kind_and_the_nodes_are_gone(server):
    done = bench(server, "--mix", "get=5,set=1,create=1", "--duration", "1", "--warmup", "0.1", "--keys", "250")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["request", "rate/s", "errors", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
    assert [line.split()[0] for line in lines[1:5]] == ["get", "set", "create", "all"]
    assert all(line.split()[2] == "0" for line in lines[1:5])
    assert max(map(len, lines)) <= 80
    assert "8 sessions opened in" in done.stderr
    assert nodes(server) == ["/"]


def test_all_kinds_of_requests_succeed(server):
    kinds = "get set exists children create ephemeral delete multi sync".split()
    result = measure(server, "--mix", ",".join(kinds), "--duration", "1", "--warmup", "0", "--keys", "120", "--size", "0")
    assert set(result["requests"]) == set(kinds)
    assert result["all"]["errors"] == 0
    assert result["all"]["count"] == sum(row["count"] for row in result["requests"].values())
    for row in result["requests"].values():
        assert 0 < row["min_us"] <= row["p50_us"] <= row["p99_us"] <= row["max_us"]
    assert nodes(server) == ["/"]


def test_closed_loop_counts_what_the_server_counts(server):
    before = received(server)
    result = measure(server, "--mix", "get", "--duration", "1", "--warmup", "0", "--keys", "1", "--sessions", "4")
    counted = received(server) - before
    assert result["all"]["count"] <= counted <= result["all"]["count"] + 200  # sessions, keys, pings


def received(server):
    return int(re.search(r"Received: (\d+)", zkwire.word(server.port, "srvr").decode())[1])


def wait_until(what):
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def stop_for(server, after, seconds):
    """Stand still in the middle of a run, when `after` further requests were received."""
    before = received(server)

    def work():
        wait_until(lambda: received(server) > before + after)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        server.process.send_signal(signal.SIGCONT)
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_open_loop_shows_a_stall_of_the_server(server, tmp_path):
    chart = tmp_path / "chart.svg"
    stall = stop_for(server, 800, 0.5)  # 250 of the warm-up, few for sessions, keys and looks; 1,500 are measured
    result = measure(server, "--rate", "500", "--duration", "3", "--warmup", "0.5", "--keys", "10", "--svg", str(chart))
    stall.join()
    assert result["all"]["count"] == 1500
    assert result["unsent"] == 0
    # 250 requests were due in the stall, and waited for 250 ms on average.
    assert result["all"]["max_us"] >= 450_000
    assert result["all"]["p99_us"] >= 400_000
    assert result["all"]["p90_us"] >= 100_000
    silent = [s for s in result["slices"] if s["count"] == 0]
    assert len(silent) * result["slice_s"] >= 0.3
    text = chart.read_text()
    assert text.startswith("<svg ") and text.endswith("</svg>\n")
    assert text.count("<title>no answer</title>") >= 2
    shown_ms = [float(n) * (1000 if unit == "s" else 1) for n, unit in re.findall(r">([\d.]+) (ms|s)</text>", text)]
    assert max(shown_ms) >= 400


def test_open_loop_keeps_its_rate(server):
    result = measure(server, "--rate", "300", "--duration", "2", "--warmup", "0", "--threads", "2", "--mix", "get")
    assert result["all"]["count"] == 600
    assert result["all"]["errors"] == 0


def test_an_open_loop_above_the_limit_says_so(server):
    result = measure(server, "--rate", "3000000", "--duration", "0.2", "--warmup", "0", "--mix", "set", "--sessions", "1",
                     "--outstanding", "1")
    assert result["unsent"] > 0
    assert result["all"]["max_us"] > 200_000  # the clock ran while they waited for their place


def test_a_thousand_sessions_need_a_thousand_descriptors(server):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (1100, 1100))
    result = measure(server, "--sessions", "1000", "--outstanding", "1", "--duration", "1", "--warmup", "0",
                     "--keys", "100", preexec_fn=limit)
    assert result["all"]["errors"] == 0
    assert result["all"]["count"] >= 1000


def test_watches_measure_from_the_set_to_the_event(server):
    result = measure(server, "--mix", "get=1,set=1", "--rate", "100", "--duration", "2", "--warmup", "0", "--keys", "100",
                     "--watches", "200")
    event = result["requests"]["event"]
    # Each set has two watchers; those that came while the last ones were awaited are not timed.
    assert result["events"] >= result["requests"]["set"]["count"] * 2 * 0.9
    assert event["count"] >= result["events"] * 0.5
    assert 0 < event["p50_us"] < 1_000_000


def test_interrupted_it_reports_and_removes_its_nodes(server):
    process = subprocess.Popen(command(server, "--duration", "60", "--warmup", "0", "--mix", "get=1,create=1"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(nodes(server)) > 1100)  # the keys, and some that were created
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert int(out.splitlines()[1].split()[1].replace(",", "")) > 0
    assert nodes(server) == ["/"]


def test_keep_leaves_the_nodes_and_a_node_in_the_way_stays(server):
    bench(server, "--path", "/mine", "--keep", "--keys", "150", "--duration", "0.2", "--warmup", "0")
    left = nodes(server)
    assert left[:2] == ["/", "/mine"]
    assert "/mine/f00001/k0000149" in left
    done = bench(server, "--path", "/mine", "--duration", "0.2", expect=1)
    assert "/mine" in done.stderr and "--path" in done.stderr
    assert nodes(server) == left
    subprocess.run([PADDOCK, "-s", f"127.0.0.1:{server.port}", "deleteall", "/mine"], timeout=60, check=True)


def test_below_a_chroot(server):
    address = f"127.0.0.1:{server.port}"
    subprocess.run([PADDOCK, "-s", address, "create", "/app"], timeout=60, check=True, capture_output=True)
    done = subprocess.run([PADDOCK, "-s", f"{address}/app", "bench", "--duration", "0.3", "--warmup", "0", "--watches", "9",
                           "--json"], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["all"]["errors"] == 0
    assert nodes(server) == ["/", "/app"]
    subprocess.run([PADDOCK, "-s", address, "delete", "/app"], timeout=60, check=True)


def test_a_server_that_dies_ends_the_run_with_errors():
    with PaddockServer() as mortal:
        process = subprocess.Popen(command(mortal, "--duration", "2", "--warmup", "0", "--keys", "10", "--json", before=("-t", "2000")),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: received(mortal) > 500)  # more than sessions and keys need
        mortal.process.kill()
        out, err = process.communicate(timeout=60)
        assert process.returncode != 0
        result = json.loads(out)
        assert result["all"]["errors"] > 0
        codes = set().union(*(row["error_codes"] for row in result["requests"].values()))
        assert codes <= {"ConnectionLoss", "OperationTimeout"} and codes
        assert "was not removed whole" in err


def test_sessions_that_expired_are_opened_again():
    with PaddockServer({"tickTime": 200, "maxSessionTimeout": 3000}) as server:
        process = subprocess.Popen(command(server, "--duration", "8", "--warmup", "0", "--json", "--keys", "10", "--watches", "50",
                                           "--mix", "get=1,set=1,ephemeral=1", before=("-t", "3000")),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: received(server) > 500)
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: b"Session Sets (0)/(0)" in zkwire.word(server.port, "dump"))
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        result = json.loads(out)
        assert result["sessions_lost"] == 8
        after = [s for s in result["slices"] if s["s"] > 7]
        assert sum(s["count"] - s["errors"] for s in after) > 100
        assert nodes(server) == ["/"]


def test_wrong_use_and_no_server():
    with PaddockServer() as any_server:
        for wrong in (["--mix", "gets"], ["--sessions", "0"], ["--rate", "fast"], ["--keys", "10", "--watches", "1000"],
                      ["--threads", "9"], ["--path", "relative"], ["--duration", "0"]):
            done = subprocess.run(command(any_server, *wrong), capture_output=True, text=True, timeout=60)
            assert done.returncode in (1, 2) and done.stderr and not done.stdout
        assert nodes(any_server) == ["/"]
    done = subprocess.run([PADDOCK, "-s", "127.0.0.1:1", "-t", "1000", "bench"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3


def test_progress_is_shown_on_a_terminal_only(server):
    main, side = pty.openpty()
    process = subprocess.Popen(command(server, "--duration", "1", "--warmup", "2"), stdout=subprocess.PIPE, stderr=side,
                               text=True)
    os.close(side)
    seen = b""
    while True:
        ready, _, _ = select.select([main], [], [], 60)
        try:
            piece = os.read(main, 4096) if ready else b""
        except OSError:
            break  # the other end is closed
        if not piece:
            break
        seen += piece
    process.communicate(timeout=60)
    assert b"warming up" in seen and b"of 1 s" in seen and b"p99" in seen
    assert b"\r\x1b[K" in seen
    assert b"\x1b" not in bench(server, "--duration", "0.3", "--warmup", "0").stderr.encode()
