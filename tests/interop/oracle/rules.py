# SPDX-License-Identifier: Apache-2.0
"""The deliberate differences between Paddock and Apache ZooKeeper that the oracle meets, each with its reason.

A rule looks at one pair of unequal answers and says whether it is the difference it names. Whatever no rule
explains is a failure. docs/differences.md is made from this list (`python3 -m tests.interop.oracle --docs`).
"""
from collections import namedtuple

# applies(step, kind, left, right) -> bool; `avoided` is for what the generator never sends, because it
# would stop Apache ZooKeeper: such a rule has no `applies`.
Rule = namedtuple("Rule", "name what reason applies")

RULES = []


def explain(step, kind, left, right):
    """The name of the rule that explains the difference, or None."""
    for rule in RULES:
        if rule.applies is not None and rule.applies(step, kind, left, right):
            return rule.name
    return None
