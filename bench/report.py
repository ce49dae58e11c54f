# SPDX-License-Identifier: Apache-2.0
"""The tables of a benchmark, and a chart of its ratios.

Values are medians over the rounds, their spread is lowest to highest. A ratio is the median of the ratios of each
round: what slowed a round down slowed both down.
"""
import statistics
from html import escape

from bench import rows


def _number(value):
    if value >= 100:
        return "%.0f" % value
    return "%.1f" % value if value >= 10 else "%.2f" % value


def _cell(values):
    if not values:
        return "-"
    text = _number(statistics.median(values))
    return text if len(values) == 1 else "%s (%s-%s)" % (text, _number(min(values)), _number(max(values)))


def _best_limit(row, values):
    """The rounds of the limit with the best median, None when the row has no limit."""
    best = max if row.more_is_better else min
    return best((values[kind] for kind in row.limits if kind in values), key=statistics.median, default=None)


def _ratio(own, other):
    if not own or not other:
        return None
    if len(own) != len(other):  # of these there are no rounds
        return statistics.median(own) / statistics.median(other)
    return statistics.median(a / b for a, b in zip(own, other))


def ratios(row, values):
    """(Paddock : Java, Paddock : limit), None where there is no such number."""
    own = values.get("paddock")
    return _ratio(own, values.get("java")), _ratio(own, _best_limit(row, values))


def _target(row, ratio, wanted):
    if ratio is None:
        return "-"
    if wanted is None:
        return "%.2f" % ratio
    reached = ratio >= wanted if row.more_is_better else ratio <= wanted
    sign = ">=" if row.more_is_better else "<="
    return "%.2f %s %.2f %s" % (ratio, sign, wanted, "ok" if reached else "MISSED")


def _cost(pairs):
    if not pairs:
        return "-"
    load, server = (statistics.median(column) for column in zip(*pairs))
    return "%.2f / %.2f" % (load, server)


def _line(row, result):
    values = result["values"][row.key]
    ratio, of_limit = ratios(row, values)
    limit = _best_limit(row, values)
    return [row.title, row.unit, _cell(values.get("java")), _cell(values.get("paddock")),
            _target(row, ratio, row.ratio), "-" if limit is None else _number(statistics.median(limit)),
            _target(row, of_limit, row.of_limit), _cost(result["cost"].get(row.key))]


HEAD = ["row", "unit", "Java 3.9.5", "Paddock", "ratio to Java", "limit", "of the limit", "cores: load / Paddock"]


def _bounded(row, values):
    """The value's own target, where it has one, before the ratio."""
    own = values.get("paddock")
    ratio, _ = ratios(row, values)
    if row.bound is None or not own:
        return _target(row, ratio, row.ratio)
    target = _target(row, statistics.median(own), row.bound)
    return target if ratio is None else "%s; %.2f of Java's" % (target, ratio)


def _cpu(row, result):
    kinds = result["cpu"].get(row.key, {})
    return [_number(statistics.median(kinds[kind])) if kind in kinds else "-" for kind in ("java", "paddock")]


def _ensemble_line(row, result):
    values = result["values"][row.key]
    return [row.title, row.unit, _cell(values.get("java")), _cell(values.get("paddock")), _bounded(row, values),
            " / ".join(_cpu(row, result)), _cost(result["cost"].get(row.key))]


ENSEMBLE_HEAD = ["row, three servers", "unit", "Java 3.9.5", "Paddock", "goal", "CPU s for 100,000: Java / Paddock",
                 "cores: load / Paddock"]


def _table(head, lines):
    if not lines:
        return []
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *lines]
    return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines] + [""]


def tables(result):
    """One for a server alone, one for three, and what else is known."""
    there = result["values"]
    text = _table(HEAD, [_line(row, result) for row in rows.ROWS if row.key in there])
    text += _table(ENSEMBLE_HEAD, [_ensemble_line(row, result) for row in rows.ENS_ROWS if row.key in there])
    text += ["%s: %s" % item for item in {**result["machine"], **result["facts"]}.items()]
    return "\n".join(text)


def chart(result):
    """How many times better than Java, one bar a row, on a linear axis."""
    bars = []
    for row in rows.ROWS + rows.ENS_ROWS:
        ratio, _ = ratios(row, result["values"].get(row.key, {}))
        if ratio:
            title = row.title if row in rows.ROWS else "three servers: " + row.title
            bars.append((title, ratio if row.more_is_better else 1 / ratio))
    most = max((times for _, times in bars), default=1)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="960" height="%d" font-family="sans-serif" '
             'font-size="13">' % (40 + 26 * len(bars)),
             '<text x="10" y="20" font-weight="bold">Paddock: times better than Apache ZooKeeper 3.9.5</text>']
    for i, (title, times) in enumerate(bars):
        y = 34 + 26 * i
        parts.append('<text x="10" y="%d">%s</text>' % (y + 15, escape(title[:62])))
        parts.append('<rect x="440" y="%d" width="%.1f" height="18" fill="#2a7f62"/>' % (y, 420 * times / most))
        parts.append('<text x="%.1f" y="%d">%.1fx</text>' % (446 + 420 * times / most, y + 14, times))
    return "\n".join(parts + ["</svg>"]) + "\n"
