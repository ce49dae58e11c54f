# SPDX-License-Identifier: Apache-2.0
"""The deliberate differences between Paddock and Apache ZooKeeper that the oracle meets, each with its reason.

A rule either erases the difference it names from an answer, on both sides, or is about something that the
generator never sends (`avoided`), because it would stop Apache ZooKeeper or let the two histories part.
Whatever no rule erases is a failure. docs/differences.md is made from this list
(`python3 -m tests.interop.oracle --docs`).
"""
import re
from collections import namedtuple

# erase(items) gives the items of an answer, or the records of a log, without the difference; None: avoided.
Rule = namedtuple("Rule", "name what reason erase")


def _without_body(items):
    return [item[:3] if len(item) > 3 and item[2] == -5 else item for item in items]


def _without_repeats(items):
    """A log without records that repeat the zxid before them; answers are left alone, they have no client label."""
    return [item for at, item in enumerate(items)
            if not (at and len(item) == 6 and item[3:5] == (-1, (-5,)) and item[0] <= items[at - 1][0])]


SURROGATES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


def _without_failed_digest(items):
    return [item[:5] if len(item) == 6 and item[3:5] == (-1, (-5,)) else item for item in items]


def _as_utf8(value):
    """Pairs of three-byte surrogates become the four bytes of the character."""
    if isinstance(value, bytes):
        return SURROGATES.sub(lambda m: m[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
                              .decode("utf-16").encode(), value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_as_utf8(item) for item in value)
    return value


def _list_as_utf8(items):
    return [_as_utf8(item) for item in items]


RULES = [
    Rule("supplementary-characters",
         "Characters above U+FFFF in ids, in the path of a sync and in paths of events are sent back as the "
         "four bytes of UTF-8 they came in. Apache ZooKeeper writes two surrogates of three bytes each.",
         "Bytes that came as valid UTF-8 stay as they are; what Apache ZooKeeper writes is no UTF-8 and a "
         "Java client reads it as question marks.", _list_as_utf8),
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


def explain(left, right):
    """(names of the rules that were needed, left, right without what they erase)."""
    used = []
    for rule in RULES:
        if left == right or rule.erase is None or not (isinstance(left, list) and isinstance(right, list)):
            continue
        erased = rule.erase(left), rule.erase(right)
        if erased != (left, right):
            used.append(rule.name)
            left, right = erased
    return used, left, right
