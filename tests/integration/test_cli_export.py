# SPDX-License-Identifier: Apache-2.0
"""export, import and diff: round trips are exact, cuts are gone on with, damage is named by its line."""
import base64
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
import zlib

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer
from tests.interop.lib.server_process import scratch_folder

CFG = {"extendedTypesEnabled": "true", "maxClientCnxns": 0}
SUPER = ("--auth", "digest:super:admin")
PROPERTIES = {"zookeeper.DigestAuthenticationProvider.superDigest":
              "super:" + base64.b64encode(hashlib.sha1(b"super:admin").digest()).decode()}
SEED = int(os.environ.get("PADDOCK_SEED", "1"))


def address(server, path=""):
    return "127.0.0.1:%d%s" % (server.port, path)


def paddock(server, *words, code=0, stdin=None, **keywords):
    """stdout of a command against `server`, which has to end with `code`."""
    before = ["-s", address(server)] if server is not None else []
    done = subprocess.run([PADDOCK, *before, *[str(word) for word in words]], capture_output=True, timeout=120,
                          input=stdin, **keywords)
    assert done.returncode == code, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    done.text = done.stdout.decode("utf-8", "replace")
    done.said = done.stderr.decode("utf-8", "replace")
    return done


@pytest.fixture
def servers():
    """Two servers that know an administrator, and keep their files over a restart."""
    folders = [scratch_folder("export") for _ in range(2)]
    with PaddockServer(CFG, PROPERTIES, folder=folders[0]) as first, \
            PaddockServer(CFG, PROPERTIES, folder=folders[1]) as second:
        yield first, second
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def newest_snapshot(server):
    """Restarts the server, which takes a snapshot then."""
    server.stop()
    server.start()
    zxid = re.search(rb"Zxid: 0x([0-9a-f]+)", zkwire.word(server.port, "srvr")).group(1).decode()
    snapshot = server.data_dir / "version-2" / ("snapshot." + zxid)
    until = time.monotonic() + 60
    while not snapshot.exists():
        assert time.monotonic() < until, "no %s" % snapshot
        time.sleep(0.02)
    return snapshot


# ---- trees ----

NAMES = ["a", "b c", "é", "日本", "x'y", 'q"uote', "back\\slash", "{json}", "tab-less", "ÿ", "-n", "~", "A" * 200, "\uf900",
         "%20", "a.b", "..c", "a!", "a-b"]
ACLS = [zkwire.OPEN_ACL, ((31, "world", "anyone"), (1, "ip", "10.0.0.0/8")),
        ((1, "world", "anyone"), (31, "digest", zkwire.digest_id("bob", "secret"))), ((31, "auth", ""),)]
VALUES = [None, b"", b"text", "ünï\n\ttext \u2028".encode(), b"\x00", b"\xff\xfe\x00binary" * 3, b'"\\/\x01\x1f\x7f',
          b"\xed\xa0\x80", bytes(range(256)), b"line\r\nline\n", b"x" * 5000]


def random_value(chance):
    return chance.choice(VALUES) if chance.random() < 0.7 else chance.randbytes(chance.randrange(2000))


def grow(server, root, chance, count):
    """A random tree of every kind of node, and the ephemerals' session, which the caller closes."""
    conn = zkwire.open_session(server.port)
    conn.add_auth("digest", b"super:admin")
    paths = [root]
    assert conn.call("create", root, b"root")[0] == 0
    while len(paths) < count:
        parent = chance.choice(paths[-20:] + paths)
        path = "%s/%s%s" % (parent, chance.choice(NAMES), chance.choice(["", "", str(chance.randrange(1000))]))
        kind = chance.choice(["create"] * 6 + ["createContainer", "createTTL", "ephemeral"])
        value, acl = random_value(chance), chance.choice(ACLS)
        if kind == "ephemeral":
            err, _ = conn.call("create", path, value, acl, 1)
        elif kind == "createTTL":
            err, _ = conn.call("createTTL", path, value, acl, 5, 100000000)
        elif kind == "createContainer":
            err, _ = conn.call("createContainer", path, value, acl, 4)
        else:
            err, _ = conn.call("create", path, value, acl, 0)
        assert err in (0, -110), (path, err)
        if err == 0 and kind != "ephemeral":
            paths.append(path)
    return conn


def contents(server, root):
    """{path below root: (data, ACL)} of everything that is not ephemeral, read by a client of the tests' own."""
    found, todo = {}, [root]
    with zkwire.open_session(server.port) as conn:
        conn.add_auth("digest", b"super:admin")
        while todo:
            path = todo.pop()
            err, (data, stat) = conn.call("getData", path, False)
            assert err == 0
            if stat.ephemeralOwner == 0:
                found[path[len(root):]] = (data, sorted(map(tuple, conn.call("getACL", path)[1][0])))
            todo.extend(path + "/" + name.decode() for name in conn.call("getChildren", path, False)[1][0])
    return found


# ---- round trips ----

@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
@pytest.mark.parametrize("name", ["tree.jsonl", "tree.jsonl.gz"])
def test_a_round_trip_is_exact(servers, tmp_path, seed, name):
    first, second = servers
    file = tmp_path / name
    conn = grow(first, "/tree", random.Random(seed), 150)
    exported = paddock(first, *SUPER, "export", "/tree", "-o", file)
    paddock(second, *SUPER, "import", "-p", file, "/some/where")
    assert contents(second, "/some/where") == contents(first, "/tree")
    same = paddock(None, *SUPER, "diff", "--ignore", "ephemeral", address(first, "/tree"),
                   address(second, "/some/where"))
    assert same.text == ""
    assert paddock(None, *SUPER, "diff", file, address(second, "/some/where")).text == ""
    if "ephemeral" in exported.said:
        paddock(None, *SUPER, "diff", file, address(first, "/tree"), code=1)
    conn.close()


def test_a_second_import_has_nothing_to_do(servers, tmp_path):
    first, second = servers
    grow(first, "/tree", random.Random(99), 100).close()
    paddock(first, *SUPER, "export", "/tree", "-o", tmp_path / "f")
    nodes = int(json.loads((tmp_path / "f").read_text().splitlines()[-1])["nodes"])
    once = json.loads(paddock(second, *SUPER, "import", "--json", tmp_path / "f", "/copy").text)
    twice = json.loads(paddock(second, *SUPER, "import", "--json", tmp_path / "f", "/copy").text)
    assert (once["created"], once["equal"]) == (nodes, 0)
    assert (twice["created"], twice["changed"], twice["equal"]) == (0, 0, nodes)


def test_a_pipe_carries_it(servers):
    first, second = servers
    grow(first, "/tree", random.Random(5), 60).close()
    piped = paddock(first, *SUPER, "export", "/tree").stdout
    paddock(second, *SUPER, "import", "-", "/tree", stdin=piped)
    assert contents(first, "/tree") == contents(second, "/tree")


def test_null_stays_apart_from_empty(servers, tmp_path):
    first, second = servers
    with zkwire.open_session(first.port) as conn:
        for path, value in (("/t", None), ("/t/null", None), ("/t/empty", b"")):
            assert conn.call("create", path, value)[0] == 0
    paddock(first, "export", "/t", "-o", tmp_path / "f")
    lines = [json.loads(line) for line in (tmp_path / "f").read_text().splitlines()[1:-1]]
    assert {line["path"]: line["data"] for line in lines} == {"": None, "empty": "", "null": None}
    paddock(second, "import", tmp_path / "f", "/t")
    assert {path: data for path, (data, _) in contents(second, "/t").items()} == \
        {"": None, "/null": None, "/empty": b""}


def test_a_snapshot_knows_containers_and_ttls(servers, tmp_path):
    first, second = servers
    conn = grow(first, "/tree", random.Random(11), 150)
    snapshot = newest_snapshot(first)
    paddock(None, "export", "/tree", "--from", snapshot, "-o", tmp_path / "f")
    kinds = {json.loads(line).get("kind", "persistent") for line in (tmp_path / "f").read_text().splitlines()[1:-1]}
    assert kinds == {"persistent", "container", "ttl"}
    paddock(second, *SUPER, "import", tmp_path / "f", "/tree")
    assert contents(second, "/tree") == contents(first, "/tree")
    other = newest_snapshot(second)
    paddock(None, "diff", "--ignore", "ephemeral", "%s:/tree" % snapshot, "%s:/tree" % other)
    conn.close()


def test_ephemerals_are_left_out_or_noted(servers, tmp_path):
    first, second = servers
    with zkwire.open_session(first.port) as conn:
        conn.call("create", "/t", b"")
        conn.call("create", "/t/e", b"mine", zkwire.OPEN_ACL, 1)
        assert "ephemeral nodes left out (--ephemerals takes them): 1\n" in paddock(first, "export", "/t", "-o", tmp_path / "without").said
        paddock(first, "export", "/t", "--ephemerals", "-o", tmp_path / "with")
    assert len((tmp_path / "without").read_text().splitlines()) == 3
    noted = json.loads((tmp_path / "with").read_text().splitlines()[2])
    assert (noted["path"], noted["kind"]) == ("e", "ephemeral") and int(noted["owner"], 16) != 0
    assert "would end with this session: 1\n" in paddock(second, "import", tmp_path / "with", "/t").said
    assert set(contents(second, "/t")) == {""}


def test_data_above_a_limit_is_left_out_and_said(servers, tmp_path):
    first, second = servers
    with zkwire.open_session(first.port) as conn:
        conn.call("create", "/t", b"x" * 100)
        conn.call("create", "/t/big", b"x" * 101)
    paddock(first, "export", "/t", "--data-limit", 100, "-o", tmp_path / "f")
    assert json.loads((tmp_path / "f").read_text().splitlines()[2])["data_left_out"] == 101
    assert "nodes without data" in paddock(second, "import", tmp_path / "f", "/t").said
    assert contents(second, "/t")["/big"][0] is None


# ---- what is there already ----

@pytest.fixture
def small(servers, tmp_path):
    """A file with /, /a, /a/b, /c in it, and the second server with that under /t."""
    first, second = servers
    with zkwire.open_session(first.port) as conn:
        for path in ("/t", "/t/a", "/t/a/b", "/t/c"):
            conn.call("create", path, b"data of " + path.encode())
    file = tmp_path / "small"
    paddock(first, "export", "/t", "-o", file)
    paddock(second, "import", file, "/t")
    return second, file


def test_without_overwrite_what_differs_is_left_and_told(small):
    server, file = small
    paddock(server, "set", "/t/a", "other")
    paddock(server, "delete", "/t/c")
    said = paddock(server, "import", file, "/t", code=1).said
    assert "left as they are: 1 (" in said and "1 created" in said
    assert contents(server, "/t")["/a"][0] == b"other"


def test_overwrite_changes_data_and_acl(small):
    server, file = small
    before = contents(server, "/t")
    paddock(server, "set", "/t/a", "other")
    paddock(server, "setAcl", "/t/a/b", "world:anyone:ra")
    result = json.loads(paddock(server, *SUPER, "import", "--overwrite", "--json", file, "/t").text)
    assert (result["changed"], result["created"], result["deleted"]) == (2, 0, 0)
    assert contents(server, "/t") == before


def test_delete_removes_what_the_file_has_not(small):
    server, file = small
    before = contents(server, "/t")
    for path in ("/t/a/x", "/t/a/x/y", "/t/a/x/z", "/t/zz"):
        paddock(server, "create", path, "")
    refused = paddock(server, "import", "--delete", file, "/t", code=2)
    assert "--yes" in refused.said and "/a/x" in contents(server, "/t")
    planned = paddock(server, "import", "--delete", "--dry-run", file, "/t")
    assert planned.text == "- /t/a/x/y\n- /t/a/x/z\n- /t/a/x\n- /t/zz\n"
    assert "/a/x" in contents(server, "/t")
    paddock(server, "import", "--delete", "--yes", file, "/t")
    assert contents(server, "/t") == before


def test_delete_keeps_ephemerals_of_nodes_that_stay(small):
    server, file = small
    with zkwire.open_session(server.port) as conn:
        conn.call("create", "/t/a/mine", b"", zkwire.OPEN_ACL, 1)
        conn.call("create", "/t/gone", b"")
        conn.call("create", "/t/gone/mine", b"", zkwire.OPEN_ACL, 1)
        paddock(server, "import", "--delete", "--yes", file, "/t")
        assert conn.call("exists", "/t/a/mine")[0] == 0
        assert conn.call("exists", "/t/gone")[0] == -101


def test_dry_run_says_what_would_be_done(small):
    server, file = small
    paddock(server, "set", "/t/a", "other")
    paddock(server, "delete", "/t/c")
    planned = paddock(server, "import", "--overwrite", "--dry-run", file, "/t")
    assert planned.text == "~ /t/a (data 5 -> 12 bytes)\n+ /t/c\n"
    assert contents(server, "/t")["/a"][0] == b"other"


def test_zookeeper_is_neither_exported_nor_deleted(servers, tmp_path):
    first, second = servers
    paddock(first, "create", "/only", "x")
    paddock(first, "export", "/", "-o", tmp_path / "f")
    assert "zookeeper" not in (tmp_path / "f").read_text().split("\n", 1)[1]
    paddock(second, "import", "--delete", "--yes", "--overwrite", tmp_path / "f", "/")
    paddock(second, "get", "/zookeeper/config")
    assert paddock(second, "get", "/only").text == "x\n"
    assert paddock(None, "diff", address(first), address(second)).text == ""


# ---- refusals ----

def test_what_a_server_refuses_is_named_and_not_gone_below(servers, tmp_path):
    first, second = servers
    grow_paths = ("/t", "/t/a", "/t/closed", "/t/closed/in", "/t/closed/in/deep", "/t/z")
    with zkwire.open_session(first.port) as conn:
        conn.add_auth("digest", b"super:admin")
        for path in grow_paths:
            acl = ((1, "world", "anyone"),) if path == "/t/closed" else zkwire.OPEN_ACL
            assert conn.call("create", path, b"", acl)[0] == 0
    paddock(first, *SUPER, "export", "/t", "-o", tmp_path / "f")
    refused = paddock(second, "import", tmp_path / "f", "/t", code=1)
    assert "Insufficient permission : /t/closed/in\n" in refused.said
    assert "/t/closed/in/deep" not in refused.said and "nodes refused: 1, and below them: 1\n" in refused.said
    assert set(contents(second, "/t")) == {"", "/a", "/closed", "/z"}
    paddock(second, *SUPER, "import", tmp_path / "f", "/t")
    assert contents(second, "/t") == contents(first, "/t")


def test_quota_refusals_name_the_path(tmp_path):
    properties = dict(PROPERTIES, **{"zookeeper.enforceQuota": "true"})
    with PaddockServer(CFG, properties) as server:
        with zkwire.open_session(server.port) as conn:
            for i in range(6):
                conn.call("create", "/f" if i == 0 else "/f/n%d" % i, b"")
        paddock(server, "export", "/f", "-o", tmp_path / "f")
        paddock(server, "create", "/q", "")
        paddock(server, "create", "/q/full", "")
        paddock(server, "setquota", "-N", "2", "/q")
        said = paddock(server, "import", tmp_path / "f", "/q/x", code=1).said
        assert "Quota has exceeded : /q/x\n" in said and "nodes refused: 1, and below them: 5\n" in said


def test_a_hidden_digest_is_not_imported_as_a_lock_without_key(servers, tmp_path):
    first, second = servers
    with zkwire.open_session(first.port) as conn:
        conn.call("create", "/t", b"")
        conn.call("create", "/t/a", b"", ((1, "world", "anyone"), (31, "digest", zkwire.digest_id("bob", "x"))))
    assert "user:x" in paddock(first, "export", "/t", "-o", tmp_path / "f").said
    assert "/t/a: its ACL was hidden" in paddock(second, "import", tmp_path / "f", "/t", code=1).said
    paddock(second, "import", "--skip-acl", tmp_path / "f", "/t")
    assert contents(second, "/t")["/a"] == contents(second, "/t")[""]


# ---- damage ----

def lines_of(file):
    return file.read_bytes().splitlines(keepends=True)


def sealed(lines):
    """`lines` with a last line that fits them."""
    end = json.loads(lines[-1])
    end.update(crc32="%08x" % zlib.crc32(b"".join(lines[:-1])), nodes=len(lines) - 2)
    return lines[:-1] + [json.dumps(end).encode() + b"\n"]


DAMAGES = {
    "cut behind a line": (lambda l: l[:3], ":3: the file was cut"),
    "cut within a line": (lambda l: l[:3] + [l[3][:20]], ":4: the file was cut within"),
    "a changed byte": (lambda l: l[:2] + [l[2].replace(b"data of", b"date of")] + l[3:], "the checksum does not fit"),
    "a broken line": (lambda l: l[:2] + [l[2].replace(b"}", b"", 1)] + l[3:], ":3: no JSON"),
    "a missing node": (lambda l: l[:2] + l[3:], ":3: a node without its parent"),
    "a missing leaf": (lambda l: l[:4] + l[5:], "the number of nodes does not fit"),
    "a second end": (lambda l: l + [l[-1]], ":7: a line behind"),
    "no header": (lambda l: l[1:], ":1: not an export"),
    "another format": (lambda l: [b'{"format":"other"}\n'] + l[1:], ":1: the format is not"),
    "a later version": (lambda l: sealed([l[0].replace(b'"format_version":1', b'"format_version":2')] + l[1:]),
                        ":1: written by a newer program"),
    "unknown member": (lambda l: sealed(l[:2] + [l[2].replace(b'"path"', b'"acls":1,"path"')] + l[3:]),
                       ":3: unknown member acls"),
    "no base64": (lambda l: sealed(l[:2] + [l[2].replace(b'"data"', b'"data_base64"')] + l[3:]),
                  ":3: data_base64 is no base64"),
    "a path that climbs": (lambda l: sealed(l[:2] + [l[2].replace(b'"path":"a"', b'"path":"../a"')] + l[3:]),
                           ":3: not a path"),
    "nothing": (lambda l: [], ":0: the file was cut"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_with_its_line(small, damage, tmp_path):
    server, file = small
    spoil, complaint = DAMAGES[damage]
    bad = tmp_path / "bad"
    bad.write_bytes(b"".join(spoil(lines_of(file))))
    said = paddock(server, "import", bad, "/new", code=1).said
    assert complaint in said
    if not complaint.startswith((":3: unknown", ":3: data_base64", ":3: not a path")):  # whose checksum fits
        assert zkwire.open_session(server.port).call("exists", "/new")[0] == -101


def test_a_cut_packed_file_is_refused(servers, tmp_path):
    first, second = servers
    grow(first, "/tree", random.Random(3), 80).close()
    file = tmp_path / "f.gz"
    paddock(first, *SUPER, "export", "/tree", "-o", file)
    whole = file.read_bytes()
    assert gzip.decompress(whole).count(b"\n") > 50
    for length in range(1, len(whole), len(whole) // 7):
        (tmp_path / "cut.gz").write_bytes(whole[:length])
        paddock(second, "import", tmp_path / "cut.gz", "/tree", code=1)
    (tmp_path / "flipped.gz").write_bytes(whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 8]) +
                                          whole[len(whole) // 2 + 1:])
    paddock(second, "import", tmp_path / "flipped.gz", "/tree", code=1)
    assert zkwire.open_session(second.port).call("exists", "/tree")[0] == -101


def test_an_edited_file_is_taken_when_told(small, tmp_path):
    server, file = small
    edited = tmp_path / "edited"
    edited.write_bytes(file.read_bytes().replace(b"data of /t/c", b"edited"))
    paddock(server, "import", edited, "/e", code=1)
    paddock(server, "import", "--edited", edited, "/e")
    assert contents(server, "/e")["/c"][0] == b"edited"


def test_a_chroot_may_have_a_zookeeper_of_its_own(servers, tmp_path):
    server = servers[0]
    for path in ("/app", "/app/zookeeper", "/app/zookeeper/x"):
        paddock(server, "create", path, "mine")
    before = ["-s", address(server, "/app")]
    done = subprocess.run([PADDOCK, *before, "export", "/", "-o", str(tmp_path / "f")], timeout=60)
    assert done.returncode == 0
    assert [json.loads(line).get("path") for line in (tmp_path / "f").read_text().split("\n")[1:-2]] == \
        ["", "zookeeper", "zookeeper/x"]


def test_an_export_that_fails_leaves_no_file(servers, tmp_path):
    paddock(servers[0], "export", "/missing", "-o", tmp_path / "f", code=1)
    assert list(tmp_path.glob("f*")) == []


# ---- cuts ----

def wide_file(path, nodes, data=b"x" * 300):
    """An export of `nodes` nodes in families of 100."""
    lines = [{"format": "paddock-export", "format_version": 1, "source": "test", "path": "/", "zxid": "0x0", "time_ms": 0,
              "acl": True, "ephemerals": False, "kinds": False}, {"path": "", "data": ""}]
    for i in range(nodes - 1):
        name = "f%04d" % (i // 100) if i % 100 == 0 else "f%04d/n%02d" % (i // 100, i % 100)
        lines.append({"path": name, "data": data.decode() + str(i)})
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    end = {"end": True, "nodes": nodes, "data_bytes": 0, "crc32": "%08x" % zlib.crc32(text)}
    path.write_bytes(text + json.dumps(end).encode() + b"\n")


def node_count(server):
    with zkwire.open_session(server.port) as conn:
        return conn.call("getAllChildrenNumber", "/")[1][0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_import_cut_at_random_moments_is_gone_on_with(servers, tmp_path, number):
    server = servers[0]
    file = tmp_path / "wide"
    wide_file(file, 20000)
    chance = random.Random(SEED)
    cuts, before = 0, node_count(server)
    for _ in range(12):
        process = subprocess.Popen([PADDOCK, "-s", address(server), "import", str(file), "/w"], stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0.01, 0.15))
        process.send_signal(number)
        said = process.communicate(timeout=60)[1].decode()
        if process.returncode not in (0, -number):
            assert process.returncode == 130 and "the same command goes on" in said, (process.returncode, said)
        cuts += process.returncode != 0
        assert node_count(server) >= before
        before = node_count(server)
    paddock(server, "import", file, "/w")
    assert cuts > 0
    paddock(None, "diff", file, address(server, "/w"))


def test_an_import_lives_through_restarts_of_the_server(servers, tmp_path):
    server = servers[0]
    file = tmp_path / "wide"
    wide_file(file, 60000)
    process = subprocess.Popen([PADDOCK, "-s", address(server), "import", str(file), "/w"], stderr=subprocess.PIPE)
    chance, restarts = random.Random(SEED), 0
    while process.poll() is None and restarts < 4:  # What is lost with a fifth connection is given up.
        time.sleep(chance.uniform(0.02, 0.12))
        if process.poll() is None:
            server.kill() if restarts % 2 == 0 else server.terminate(60)
            server.start()
            restarts += 1
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0 and restarts > 0, (process.returncode, restarts, said)
    paddock(None, "diff", file, address(server, "/w"))
    assert node_count(server) >= 60000


# ---- diff ----

def test_diff_tells_what_differs_and_exits_as_diff_does(servers, tmp_path):
    first, second = servers
    for server in servers:
        paddock(server, "create", "/t", "")
        paddock(server, "create", "/t/same", "same")
    paddock(first, "create", "/t/gone", "x")
    paddock(second, "create", "/t/new", "x")
    paddock(first, "create", "/t/other", "one\ntwo\nthree\nfour")
    paddock(second, "create", "/t/other", "one\ntwo\n3\nfour", "world:anyone:r")
    told = paddock(None, "diff", address(first, "/t"), address(second, "/t"), code=1)
    assert told.text == "- /gone\n+ /new\n~ /other (data 18 -> 14 bytes, acl)\n"
    shown = paddock(None, "diff", "--data", "--ignore", "acl", address(first, "/t"), address(second, "/t"), code=1)
    assert shown.text == "- /gone\n+ /new\n~ /other (data 18 -> 14 bytes)\n     two\n    -three\n    +3\n     four\n"
    as_json = [json.loads(line) for line in
               paddock(None, "--json", "diff", address(first, "/t"), address(second, "/t"), code=1).text.splitlines()]
    assert [(line["path"], line["change"]) for line in as_json] == [("/gone", "removed"), ("/new", "added"),
                                                                    ("/other", "changed")]
    assert paddock(None, "diff", address(first, "/t/same"), address(second, "/t/same")).text == ""
    assert paddock(None, "diff", address(first, "/nowhere"), address(second, "/t"), code=5).text == ""
    paddock(None, "diff", "no-such-file", address(first), code=2)


def test_diff_of_a_snapshot_and_the_server_that_wrote_it(servers):
    server = servers[0]
    conn = grow(server, "/tree", random.Random(21), 200)
    conn.close_session()
    conn.close()
    snapshot = newest_snapshot(server)
    assert paddock(None, *SUPER, "diff", snapshot, address(server)).text == ""
    paddock(server, *SUPER, "create", "/tree/new", "x")
    assert paddock(None, *SUPER, "diff", snapshot, address(server), code=1).text == "+ /tree/new\n"
    assert paddock(None, *SUPER, "diff", "%s:/tree" % snapshot, address(server, "/tree"), code=1).text == "+ /new\n"


def test_differences_of_two_random_trees_are_all_found(servers):
    first, second = servers
    grow(first, "/tree", random.Random(31), 120).close_session()
    grow(second, "/tree", random.Random(31), 120).close_session()
    chance = random.Random(32)
    paths = sorted(path for path in contents(second, "/tree") if path)
    with zkwire.open_session(second.port) as conn:
        conn.add_auth("digest", b"super:admin")
        changed = set(chance.sample(paths, 10))
        for path in changed:
            assert conn.call("setData", "/tree" + path, b"changed", -1)[0] == 0
    a, b = contents(first, "/tree"), contents(second, "/tree")
    lines = paddock(None, *SUPER, "diff", address(first, "/tree"), address(second, "/tree"), code=1).text.splitlines()
    assert {line[2:].rsplit(" (", 1)[0] for line in lines} == {path for path in a if a[path] != b[path]}
