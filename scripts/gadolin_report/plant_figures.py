"""Figures of plants: where elements went, costs, McCabe-Thiele, recovery against purity."""
import math

from .figures import COLOURS, Axis, Drawing
from .words import significant

HATCH = ("", "M0 6L6 0", "M0 3H6", "M3 0V6", "M0 0L6 6", "M0 6L6 0M0 0L6 6", "M1 3h1", "M0 3H6M3 0V6")


def hatches(d):
    parts = []
    for i, colour in enumerate(COLOURS):
        line = f'<path d="{HATCH[i]}" stroke="#fff" stroke-width="1"/>' if HATCH[i] else ""
        parts.append(f'<pattern id="h{i}" width="6" height="6" patternUnits="userSpaceOnUse">'
                     f'<rect width="6" height="6" fill="{colour}"/>{line}</pattern>')
    d.add("<defs>" + "".join(parts) + "</defs>")


def destinations(elements, places, shares, title):
    """Stacked bars: one row for each element, share of its feed (in %) in each place."""
    total = [sum(row[i] for row in shares) for i in range(len(places))]
    order = sorted(range(len(places)), key=lambda i: -total[i])
    named, rest = order[:7], order[7:]
    d = Drawing(900, 60 + 24 * len(elements) + 22 * math.ceil((len(named) + 1) / 3), title)
    hatches(d)
    x = Axis(0, 100, 60, 880)
    for row, element in enumerate(elements):
        y = 14 + 24 * row
        d.text(52, y + 13, element, 12, "end")
        left = 0.0
        parts = [(i, shares[row][i]) for i in named] + [(-1, sum(shares[row][i] for i in rest))]
        for place, (i, share) in enumerate(parts):
            if share <= 0:
                continue
            a, b = x.at(left), x.at(min(left + share, 100.0))
            fill = "#bbb" if i < 0 else f"url(#h{place})"
            d.add(f'<rect x="{a:.1f}" y="{y}" width="{max(b - a, 0):.1f}" height="18" fill="{fill}" stroke="#fff" stroke-width="0.5"/>')
            if b - a > 42:
                d.add(f'<rect x="{(a + b) / 2 - 17:.1f}" y="{y + 3}" width="34" height="12" fill="#fff" opacity="0.85"/>')
                d.text((a + b) / 2, y + 13, f"{share:.1f} %", 9.5, "middle")
            left += share
    base = 14 + 24 * len(elements)
    for tick in (0, 20, 40, 60, 80, 100):
        d.text(x.at(tick), base + 14, f"{tick} %", 10, "middle", "#444")
    for k, i in enumerate(named + ([-1] if rest else [])):
        px, py = 60 + 275 * (k % 3), base + 34 + 22 * (k // 3)
        fill = "#bbb" if i < 0 else f"url(#h{k})"
        d.add(f'<rect x="{px}" y="{py - 10}" width="22" height="12" fill="{fill}" stroke="#666"/>')
        words = "other streams that leave" if i < 0 else places[i]
        d.text(px + 28, py, words if len(words) < 36 else words[:35] + "\u2026", 11)
    return d.svg()


def bars(rows, title, unit):
    """Horizontal bars with their interval: [(words, low, high)]; largest first."""
    rows = sorted(rows, key=lambda r: -(r[1] + r[2]))
    d = Drawing(900, 46 + 26 * max(len(rows), 1), title)
    most = max((r[2] for r in rows), default=1.0) or 1.0
    x = Axis(0, most * 1.02, 260, 760)
    for i, (words, low, high) in enumerate(rows):
        y = 8 + 26 * i
        middle = (low + high) / 2
        d.text(252, y + 14, words if len(words) < 40 else words[:39] + "\u2026", 11.5, "end")
        d.rect(x.at(0), y + 2, x.at(middle) - x.at(0), 16, COLOURS[0])
        if high > low:
            d.line(x.at(low), y + 10, x.at(high), y + 10, "#111", 1.6)
            d.line(x.at(low), y + 5, x.at(low), y + 15, "#111", 1.6)
            d.line(x.at(high), y + 5, x.at(high), y + 15, "#111", 1.6)
        d.text(x.at(max(high, middle)) + 8, y + 14, significant(middle).replace("<sup>", "^").replace("</sup>", ""), 11)
    bottom = 10 + 26 * len(rows)
    d.line(x.at(0), 4, x.at(0), bottom, "#444")
    d.text(x.at(0), bottom + 18, unit, 11, "start", "#444")
    return d.svg()


def mccabe_thiele(equilibrium, operating, title, names):
    """equilibrium: [(x, y)] of each stage, operating: [(x of the aqueous coming, y of the organic leaving)] between
    stages; both mole shares of the better extracted side."""
    d = Drawing(900, 500, title)
    x, y = Axis(0, 1, 236, 676), Axis(0, 1, 446, 14)
    d.frame(x, y, f"share of {names[1]} in the aqueous", f"share of {names[1]} in the organic")
    d.line(x.at(0), y.at(0), x.at(1), y.at(1), "#999", 1, "4 3")
    curve = sorted(equilibrium)
    d.path([(x.at(a), y.at(b)) for a, b in curve], COLOURS[0], 1.6)
    line = sorted(operating)
    d.path([(x.at(a), y.at(b)) for a, b in line], COLOURS[1], 1.4, "6 3")
    steps = []
    for i, (a, b) in enumerate(equilibrium):
        steps.append((x.at(a), y.at(b)))
        if i < len(operating):
            steps.append((x.at(operating[i][0]), y.at(b)))
    d.path(steps, "#555", 0.9)
    for a, b in equilibrium:
        d.marker(x.at(a), y.at(b), "circle", COLOURS[0], 3)
    for a, b in operating:
        d.marker(x.at(a), y.at(b), "square", COLOURS[1], 2.6, False)
    d.text(252, 34, "stages", 12, "start", COLOURS[0])
    d.text(252, 52, "operating points", 12, "start", COLOURS[1])
    return d.svg()


def recovery_purity(rows, title):
    """[(name, recovery, purity, target)] as fractions; purity as its nines."""
    def nines(purity):
        return -math.log10(max(1 - purity, 1e-9))
    d = Drawing(760, 380, title)
    heights = [nines(p) for _, _, p, _ in rows] + [nines(t) for *_, t in rows if 0 < t < 1]
    x = Axis(max(0.0, 100 * min(r for _, r, _, _ in rows) - 3), 100.5, 90, 740)
    y = Axis(max(0.0, min(heights) - 0.4), max(heights) + 0.4, 320, 20)
    d.frame(x, y, "recovery / %", "\u2212log10(1 \u2212 purity): 2 is 99 %, 3 is 99.9 %")
    for i, (name, recovery, purity, target) in enumerate(rows):
        px, py = x.at(100 * recovery), y.at(nines(purity))
        colour = COLOURS[i % 8]
        if 0 < target < 1:
            aim = y.at(nines(target))
            d.line(px - 14, aim, px + 14, aim, colour, 2)
            d.line(px, aim, px, py, colour, 1, "2 2")
        d.marker(px, py, ("circle", "square", "triangle", "diamond")[i % 4], colour, 4.5)
        right = px < 560
        d.text(px + (9 if right else -9), py - 7, name, 11, "start" if right else "end", colour)
    return d.svg()
