# SPDX-License-Identifier: Apache-2.0
"""The deliberate differences between Paddock and Apache ZooKeeper that the oracle knows, each with its reason.

A rule of RULES erases the difference it names from an answer, on both sides; whatever no rule erases is a
failure. AVOIDED holds what the generator never sends, because it would stop Apache ZooKeeper, or let the two
histories part, or because its answer depends on its threads; each has requests that Paddock alone is asked,
with the codes it must answer. docs/differences.md is made from both (`python3 -m tests.interop.oracle --docs`).
"""
import re
from collections import namedtuple

from tests.interop.lib.zkwire import OPEN_ACL

# erase(items) gives the items of an answer, or the records of a log, without the difference.
Rule = namedtuple("Rule", "name what reason erase")

# requests: what Paddock is asked one by one; codes: its answers, then "closed" if it closes.
Avoided = namedtuple("Avoided", "name what reason requests codes")


def _without_body(items):
    return [item[:3] if len(item) > 3 and item[2] == -5 else item for item in items]


def _without_repeats(items):
    """A log without records that repeat the zxid before them; answers are left alone, they have no client label."""
    return [item for at, item in enumerate(items)
            if not (at and len(item) == 6 and item[3:5] == (-1, (-5,)) and item[0] <= items[at - 1][0])]


def _without_failed_digest(items):
    return [item[:5] if len(item) == 6 and item[3:5] == (-1, (-5,)) else item for item in items]


SUPPLEMENTARY = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{3}")


def _as_question_marks(value):
    """Supplementary characters, in four bytes or as two surrogates, become the two U+FFFD of a second reading."""
    if isinstance(value, bytes):
        return SUPPLEMENTARY.sub(2 * "\ufffd".encode(), value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_as_question_marks(item) for item in value)
    return value


def _without_supplementary(items):
    return [_as_question_marks(item) for item in items]


RULES = [
    Rule("supplementary-characters",
         "Characters above U+FFFF in ids, in the path of a sync and in paths of events are sent back as the "
         "four bytes of UTF-8 they came in. Apache ZooKeeper writes two surrogates of three bytes each, and "
         "question marks when it has read its own bytes again, as for the ids of an ACL inside a multi.",
         "Bytes that came as valid UTF-8 stay as they are; what Apache ZooKeeper writes is no "
         "UTF-8.", _without_supplementary),
    Rule("multiread-error-body",
         "A multiRead that fails as a whole (-5) is answered by a header alone. Apache ZooKeeper appends the "
         "results it had before it met the bad part.",
         "A reply with an error has no body: every client ignores it, and what it holds depends on how far a "
         "decoder came.", _without_body),
    Rule("undecodable-write-not-logged",
         "A single write whose body does not decode is answered with -5 and leaves no trace. Apache ZooKeeper "
         "3.9 logs an error transaction under the zxid of the transaction before it.",
         "Two records with one zxid in a log are a defect: on a quorum the second proposal stops all writes.",
         _without_repeats),
    Rule("digest-of-undone-multi",
         "A multi that fails as a whole because an ACL holds a null id is logged without a digest. Apache "
         "ZooKeeper logs the digest of the parts that were prepared before and are then taken back.",
         "A digest that no tree ever had is reported as a mismatch by whoever checks it.",
         _without_failed_digest),
]


QUOTA = "/zookeeper/quota/q"
MAKE_QUOTA = [("create", "/q"), ("create", QUOTA), ("create", QUOTA + "/zookeeper_limits", b"count=9,bytes=99"),
              ("create", QUOTA + "/zookeeper_stats", b"")]

AVOIDED = [
    Avoided("deletecontainer-from-a-client",
            "deleteContainer (20) from a client is answered like an unknown opcode: -6, then the connection is "
            "closed. Apache ZooKeeper 3.9 deletes any node but an ephemeral one, without looking at an ACL.",
            "The request is the reaper's own; taken from a client it is a way around every ACL.",
            [("create", "/d"), ("deleteContainer", "/d")], [0, -6, "closed"]),
    Avoided("reaping-looks-again",
            "The server's own deletion of a container or TTL node takes place only if the node still may go: a TTL "
            "node that was set again since the search for old nodes, or another node in the container's place, "
            "stays. Apache ZooKeeper keeps only what has children or is ephemeral.",
            "A client that renews its node in time must not lose it; nobody asked for the other to be deleted.",
            [], []),
    Avoided("createsession-from-a-client",
            "createSession (-10) on a connection that has a session is answered like an unknown opcode. Apache "
            "ZooKeeper makes another transaction of it and sends a second connect response.",
            "No client sends it; a session would be made that nobody holds.",
            [("raw", -10, b"\0\0\x10\0")], [-6, "closed"]),
    Avoided("ttl-create-without-ttl-mode",
            "createTTL (21) with a mode that has no TTL is refused with -8.",
            "Apache ZooKeeper 3.9.5 logs it, then every server that applies it stops, and the log cannot be read "
            "any more.",
            [("createTTL", "/t", b"", OPEN_ACL, 0, -1), ("exists", "/t", False)], [-8, -101]),
    Avoided("quota-usage-garbled",
            "A write that would make of a usage node (zookeeper_stats) what is no usage is refused with -8.",
            "Apache ZooKeeper takes it and stops at the next change below such a quota, and at every start.",
            MAKE_QUOTA + [("setData", QUOTA + "/zookeeper_stats", b"garbage", -1),
                          ("setData", QUOTA + "/zookeeper_stats", None, -1), ("create", "/q/a", b"12")],
            [0] * 4 + [-8, -8, 0]),
    Avoided("quota-of-the-root",
            "A quota of the root (/zookeeper/quota/zookeeper_limits) is refused with -8.",
            "Apache ZooKeeper stops when it applies that create, and at every start.",
            [("create", "/zookeeper/quota/zookeeper_limits", b"count=1"), ("create", "/r")], [-8, 0]),
    Avoided("multi-with-null-acl",
            "A multi with a create whose ACL is null is answered with -5 and takes a zxid, like every other "
            "multi that does not decode. Apache ZooKeeper answers -5 and takes none.",
            "A null pointer there; a failed multi with a zxid of its own is the rule.",
            [("multi", ("create", "/n", b"", None, 0))], [-5]),
    Avoided("overflow-seen-by-requests-in-flight",
            "Behind 2147483647 creates the counter of sequential names stays at its last value for everybody. "
            "In Apache ZooKeeper the next create of the same multi, or one that arrives before the first is "
            "applied, gets the suffix -2147483648.",
            "What a name is must not depend on whether an earlier request has already been applied.", [], []),
    Avoided("setacl-seen-by-requests-in-flight",
            "A request behind a setACL of the same client is judged by the new ACL. In Apache ZooKeeper it is "
            "judged by the old one if it arrives before the setACL is applied, by the new one otherwise.",
            "As above; a client that takes a permission away must be able to rely on it.",
            [("create", "/acl"), ("setACL", "/acl", ((1, "world", "anyone"),), -1), ("setData", "/acl", b"x", -1)],
            [0, 0, -102]),
    Avoided("reads-do-not-wait-for-others",
            "A read and a sync wait for the unfinished writes of their own session, on an earlier connection too: "
            "a client that comes back is let in when these are settled. What another session has asked for and "
            "has no answer to yet, a read may or may not show; a session opened after it does show it. A "
            "standalone Apache ZooKeeper lets a client in at once and has every read wait for all writes that "
            "arrived before it, whoever asked for them; in an ensemble its reads wait as Paddock's do.",
            "What was answered to anybody is seen by everybody. More would make each read as slow as a write; "
            "the oracle asks in lock-step, where nothing is unfinished.", [], []),
    Avoided("null-watch-path",
            "addWatch and setWatches2 take a null path for the empty one, which no node has. Apache ZooKeeper "
            "keeps the two apart.",
            "No event can tell them apart, and no client library sends one.",
            [("addWatch", None, 0), ("checkWatches", "", 3)], [0, 0]),
    Avoided("create-mode-mismatch",
            "A create whose mode and opcode disagree (create with the container mode, createContainer with "
            "another mode) makes the same node as on Apache ZooKeeper, and its transaction holds the digest of "
            "the tree with that node. Apache ZooKeeper's digest is of the node that was not made.",
            "A digest that no tree has is reported as a mismatch; the oracle sends such creates only where "
            "digests are off.",
            [("create", "/x", b"", OPEN_ACL, 4), ("createContainer", "/y", b"", OPEN_ACL, 0)], [0, 0]),
    Avoided("approximate-data-size",
            "approximate_data_size of mntr counts the usage nodes of quotas as they are. Apache ZooKeeper's "
            "number does not follow their changes.",
            "The number is to say how large the data is.", [], []),
    Avoided("namespaces-after-srst",
            "srst forgets the namespaces of mntr's *_per_namespace lines until they are used again. Apache "
            "ZooKeeper goes on printing them with zeros.",
            "They are bounded in number, and srst makes room.", [], []),
    Avoided("words-from-this-machine",
            "Without 4lw.commands.whitelist, connections from the same machine are answered every word that "
            "changes nothing; others srvr only. Apache ZooKeeper answers srvr only.",
            "Probes and people on the machine need no configuration; setting the key restores Java's rule.",
            [], []),
]


def explain(left, right):
    """(names of the rules that were needed, left, right without what they erase)."""
    used = []
    for rule in RULES:
        if left == right or not (isinstance(left, list) and isinstance(right, list)):
            continue
        erased = rule.erase(left), rule.erase(right)
        if erased != (left, right):
            used.append(rule.name)
            left, right = erased
    return used, left, right


UNORDERED = (
    "children of a node, ephemerals of a session, ids of a connection (getChildren, getEphemerals, whoAmI)",
    "the entries that an ACL of scheme auth becomes, one for each id of the connection",
    "the ephemerals of a closing session: in its transaction, and the events of their deletion",
    "lines of wchc, wchp, dump, cons, stat and mntr",
)


def document():
    """docs/differences.md."""
    out = ["# Differences from Apache ZooKeeper", "",
           "What a client, an operator or a log can see, compared with Apache ZooKeeper 3.9.5. This page is made "
           "from `tests/interop/oracle/rules.py` (`python3 -m tests.interop.oracle --docs`), where each entry is "
           "a rule of the oracle or a request it checks on Paddock alone; what is not listed here and differs is "
           "a bug.", ""]
    for title, rules in (("Seen and explained in every run", RULES), ("Never sent to Apache ZooKeeper", AVOIDED)):
        out += ["## " + title, ""]
        for rule in rules:
            out += ["### " + rule.name, "", rule.what, "", "*Why:* " + rule.reason, ""]
    out += ["## Order that means nothing", "",
            "Apache ZooKeeper keeps these in hash tables; Paddock has an order of its own:", ""]
    return "\n".join(out + ["* " + item for item in UNORDERED] + [""])
