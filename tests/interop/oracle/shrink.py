# SPDX-License-Identifier: Apache-2.0
"""Makes a reproduction small: fewer steps, then fewer requests, as long as the same kind of difference remains."""
import time

SHOWN = 40  # steps of a reproduction that are printed


def _split(steps):
    """One request a step where the burst has several, so that requests can be dropped one by one."""
    out = []
    for step in steps:
        if step[0] == "ops" and len(step[2]) > 1:
            out += [("ops", step[1], [op]) for op in step[2]]
        else:
            out.append(step)
    return out


def _suffixes(steps):
    """The last few steps alone, after a new session in every slot: most differences need no more."""
    fresh = [("new", slot, 600000, False) for slot in range(6)]
    for size in (1, 4, 16, 64, 256):
        if size < len(steps):
            yield fresh + steps[-size:]


def shrink(steps, difference, fails, seconds):
    """ddmin: returns (steps, difference) that still fail. `fails(steps)` gives a Difference or None."""
    until = time.monotonic() + seconds
    best, best_difference = steps[:difference.index + 1], difference

    def try_steps(trial):
        nonlocal best, best_difference
        got = fails(trial) if trial else None
        if got is None or got.kind != best_difference.kind:
            return False
        best, best_difference = trial[:got.index + 1], got
        return True

    any(try_steps(trial) for trial in list(_suffixes(best)))
    try_steps(_split(best))
    chunk = max(1, len(best) // 2)
    while time.monotonic() < until:
        at, shorter = 0, False
        while at < len(best) and time.monotonic() < until:
            if try_steps(best[:at] + best[at + chunk:]):
                shorter = True
            else:
                at += chunk
        if chunk == 1 and not shorter:
            break
        chunk = max(1, chunk // 2)
    return best, best_difference


def report(steps, difference, fails, seconds, say):
    small, last = shrink(steps, difference, fails, seconds)
    say("smaller (%d steps): %s" % (len(small), last.describe()))
    for step in small[-SHOWN:]:
        say("    %.500r," % (step,))
