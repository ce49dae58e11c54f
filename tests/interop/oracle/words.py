# SPDX-License-Identifier: Apache-2.0
"""The part of a four-letter word's answer that two servers with the same history must share.

Session ids become labels, lists without order are sorted, and what depends on time or on connections
that come and go is left out.
"""
import re

from tests.interop.lib import zkwire

SHARED_GAUGES = ("zk_znode_count", "zk_ephemerals_count", "zk_watch_count",
                 "zk_global_sessions", "zk_local_sessions", "zk_server_state", "zk_outstanding_requests")


def labelled(text, labels):
    """Session ids in hex replaced by their labels."""
    return re.sub(r"0x([0-9a-f]{6,16})", lambda m: str(labels.of(_signed(int(m[1], 16)))), text)


def _signed(value):
    return value - (1 << 64) if value >> 63 else value


def lines_of(text):
    """Lines end at a newline only: paths and names of namespaces may hold every other kind of line break."""
    return text.split("\n")


def _srvr(text):
    return [line for line in lines_of(text) if line.split(":")[0] in ("Zxid", "Mode", "Node count")]


def _mntr(text):
    gauges = dict(line.split("\t", 1) for line in lines_of(text) if "\t" in line)
    return [(key, gauges.get(key)) for key in SHARED_GAUGES]


def groups(text):
    """{heading: sorted indented lines} of wchc, wchp and the ephemerals of dump. A heading may be empty: the path ""."""
    out, head = {"": []}, ""
    for line in lines_of(text):
        if line.startswith("\t"):
            out[head].append(line[1:])
        else:
            head = line
            out.setdefault(head, [])
    return {key: sorted(lines) for key, lines in out.items()}


def _dump(text):
    ephemerals = text[text.index("ephemeral nodes dump:"):text.index("Connections dump:")]
    return groups(ephemerals)


def _watchers(text):
    """Connections without a watch left may or may not be listed any more."""
    return {key: lines for key, lines in groups(text).items() if lines}


def _wchs(text):
    return re.findall(r"watching (\d+) paths|Total watches:(\d+)", text)


def _hash(text):
    """The zxids; Apache ZooKeeper lists one twice when an undecodable write was logged under it again."""
    return list(dict.fromkeys(line.split(":")[0] for line in lines_of(text) if line))


READERS = {"srvr": _srvr, "mntr": _mntr, "dump": _dump, "wchc": _watchers, "wchp": groups, "wchs": _wchs,
           "hash": _hash, "ruok": str, "isro": str, "stat": _srvr}


def facts(name, port, labels):
    text = zkwire.word(port, name).decode("utf-8", "replace")
    return READERS[name](labelled(text, labels) if name in ("dump", "wchc", "wchp") else text)
