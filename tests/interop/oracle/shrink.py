# SPDX-License-Identifier: Apache-2.0
"""Makes a reproduction small: fewer steps, then fewer requests in each, as long as the same kind of difference remains."""
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


def shrink(steps, difference, fails, seconds):
    """ddmin: returns (steps, difference) that still fail. `fails(steps)` gives a Difference or None."""
    until = time.monotonic() + seconds
    best, best_difference = steps[:difference.index + 1], difference
    got = fails(_split(best))
    if got is not None:
        best, best_difference = _split(best)[:got.index + 1], got
    chunk = max(1, len(best) // 2)
    while time.monotonic() < until:
        at, shorter = 0, False
        while at < len(best) and time.monotonic() < until:
            trial = best[:at] + best[at + chunk:]
            got = fails(trial) if trial else None
            if got is not None and got.kind == best_difference.kind:
                best, best_difference, shorter = trial[:got.index + 1], got, True
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
