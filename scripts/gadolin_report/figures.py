"""Figures as inline SVG: colours of Okabe and Ito (told apart by the colour-blind), and dashes,
markers and hatching that keep them apart in black and white."""
import math

from .words import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C7A00")
DASHES = ("", "6 3", "2 2", "8 3 2 3", "1 3", "10 4", "4 1", "6 2 1 2 1 2")
MARKERS = ("circle", "square", "triangle", "diamond")
FONT = 'font-family="Arial, Liberation Sans, Helvetica, sans-serif"'


def nice_step(span, wanted):
    raw = span / max(wanted, 1)
    power = 10 ** math.floor(math.log10(raw))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= raw * 0.999:
            return factor * power
    return 10 * power


RAISED = str.maketrans("-0123456789",
                       "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


def power_text(value):
    """A power of ten on a log axis: 0.1, 1, 10, 100 in full, the rest as 10^n."""
    exponent = round(math.log10(value))
    return f"{value:g}" if -1 <= exponent <= 2 else "10" + str(exponent).translate(RAISED)


def tick_text(value):
    if value != 0 and (abs(value) >= 1e5 or abs(value) < 1e-3):
        exponent = math.floor(math.log10(abs(value)) + 1e-9)
        mantissa = value / 10 ** exponent
        head = "" if abs(mantissa - 1) < 1e-9 else f"{mantissa:g}\u00d7"
        return f"{head}10" + str(exponent).translate(RAISED)
    return f"{value:g}".replace("-", "\u2212")


class Axis:
    def __init__(self, low, high, start, end, log=False):
        if log:
            low, high = math.log10(low), math.log10(high)
        if high <= low:
            high = low + 1
        self.low, self.high, self.start, self.end, self.log = low, high, start, end, log

    def at(self, value):
        value = math.log10(value) if self.log else value
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, wanted=6):
        if self.log:
            step = max(1, round((self.high - self.low) / wanted))
            return [10.0 ** e for e in range(math.ceil(self.low - 1e-9),
                                             math.floor(self.high + 1e-9) + 1, step)]
        step = nice_step(self.high - self.low, wanted)
        first = math.ceil(self.low / step - 1e-9)
        return [i * step for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>"]

    def add(self, text):
        self.parts.append(text)

    def line(self, x1, y1, x2, y2, colour="#333", width=1.0, dash=""):
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                 f'stroke="{colour}" stroke-width="{width}"{dashed}/>')

    def text(self, x, y, words, size=12, anchor="start", colour="#222", weight="", turn=None):
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn is not None else ""
        bold = f' font-weight="{weight}"' if weight else ""
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                 f'fill="{colour}"{bold}{turned}>{escape(words)}</text>')

    def rect(self, x, y, width, height, fill, stroke="none"):
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
                 f'height="{max(height, 0):.1f}" fill="{fill}" stroke="{stroke}"/>')

    def path(self, points, colour, width=1.4, dash=""):
        if len(points) < 2:
            return
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        text = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.add(f'<path d="{text}" fill="none" stroke="{colour}" stroke-width="{width}" '
                 f'stroke-linejoin="round"{dashed}/>')

    def dots(self, points, colour, size=2.0):
        text = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
        self.add(f'<path d="{text}" stroke="{colour}" stroke-width="{size}" stroke-linecap="round"/>')

    def marker(self, x, y, shape, colour, size=4.0, filled=True):
        fill = colour if filled else "#fff"
        style = f'fill="{fill}" stroke="{colour}" stroke-width="1.2"'
        if shape == "square":
            self.add(f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:.1f}" '
                     f'height="{2 * size:.1f}" {style}/>')
        elif shape == "circle":
            self.add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}/>')
        else:
            up = 1.25 * size
            corners = ([(x, y - up), (x + up, y + up * 0.8), (x - up, y + up * 0.8)]
                       if shape == "triangle" else
                       [(x, y - up), (x + up, y), (x, y + up), (x - up, y)])
            text = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
            self.add(f'<polygon points="{text}" {style}/>')

    def markers(self, points, shape, colour, size=4.0, filled=True):
        """Many of one kind in a single path."""
        if not points:
            return
        up = 1.25 * size
        outline = {"square": f"h{2 * size:g}v{2 * size:g}h{-2 * size:g}z",
                   "circle": f"a{size:g} {size:g} 0 1 0 {2 * size:g} 0a{size:g} {size:g} 0 1 0 {-2 * size:g} 0z",
                   "triangle": f"l{up:g} {1.8 * up:g}h{-2 * up:g}z",
                   "diamond": f"l{up:g} {up:g}l{-up:g} {up:g}l{-up:g} {-up:g}z"}[shape]
        dx, dy = {"square": (-size, -size), "circle": (-size, 0)}.get(shape, (0, -up))
        text = "".join(f"M{x + dx:.1f} {y + dy:.1f}{outline}" for x, y in points)
        self.add(f'<path d="{text}" fill="{colour if filled else "#fff"}" stroke="{colour}" stroke-width="1.2"/>')

    def arrow(self, x, y, length, colour):
        """Vertical arrow from y; a positive length points down."""
        tip, head = y + length, 5 if length > 0 else -5
        self.line(x, y, x, tip - head, colour, 1.6)
        self.add(f'<polygon points="{x:.1f},{tip:.1f} {x - 4:.1f},{tip - head:.1f} '
                 f'{x + 4:.1f},{tip - head:.1f}" fill="{colour}"/>')
        self.line(x - 6, y, x + 6, y, colour, 1.6)

    def frame(self, x_axis, y_axis, x_label, y_label, x_ticks=None, grid=True):
        """Box, ticks and labels. x_ticks: [(position value, words)] for named places."""
        left, right, bottom, top = x_axis.start, x_axis.end, y_axis.start, y_axis.end
        for value in y_axis.ticks():
            y = y_axis.at(value)
            if grid:
                self.line(left, y, right, y, "#e3e3e3", 0.8)
            self.text(left - 6, y + 4, power_text(value) if y_axis.log else tick_text(value), 11,
                      "end", "#444")
        named = x_ticks if x_ticks is not None else [(v, tick_text(v)) for v in x_axis.ticks(9)]
        for value, words in named:
            x = x_axis.at(value)
            self.line(x, bottom, x, bottom + 4, "#444", 1)
            if words:
                self.text(x, bottom + 17, words, 11, "middle", "#444")
        self.add(f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                 f'height="{bottom - top:.1f}" fill="none" stroke="#444" stroke-width="1"/>')
        if x_label:
            self.text((left + right) / 2, bottom + 36, x_label, 12, "middle")
        if y_label:
            self.text(left - 52, (top + bottom) / 2, y_label, 12, "middle", turn=-90)

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'role="img" {FONT}>' + "".join(self.parts) + "</svg>")


def rietveld(two_theta, observed, calculated, background, ticks, title):
    """ticks: [(phase, [two_theta])]. Observed dots, calculated and background lines, phase marks,
    difference below on the same scale."""
    marks = 15 * len(ticks)
    # Short of room the marks would run into the difference, so the drawing grows with phases.
    drawing = Drawing(900, 440 + marks, title)
    left, right, top = 112, 884, 34
    x = Axis(float(min(two_theta)), float(max(two_theta)), left, right)
    highest = max(float(max(observed)), float(max(calculated)), 1.0)
    y = Axis(0.0, 1.05 * highest, 300, top)
    drawing.frame(x, y, "", "intensity / counts", x_ticks=[])
    for i, (phase, places) in enumerate(ticks):
        row = 312 + 15 * i
        colour = COLOURS[(i + 2) % len(COLOURS)]
        text = "".join(f"M{x.at(p):.1f} {row - 5}v10" for p in places
                       if float(min(two_theta)) <= p <= float(max(two_theta)))
        if text:
            drawing.add(f'<path d="{text}" stroke="{colour}" stroke-width="1.3"/>')
        drawing.text(left - 6, row + 4, phase if len(phase) < 19 else phase[:18] + "\u2026", 11, "end",
                     colour, "bold")
    difference = [float(a) - float(b) for a, b in zip(observed, calculated)]
    reach = max(max(abs(d) for d in difference), 0.02 * highest)
    lower_top = 312 + marks
    lower = Axis(-1.1 * reach, 1.1 * reach, lower_top + 78, lower_top)
    step = nice_step(reach, 1)
    drawing.line(left, lower.at(0), right, lower.at(0), "#999", 0.8)
    for value in (-step, 0.0, step):
        if abs(value) <= 1.1 * reach:
            drawing.text(left - 6, lower.at(value) + 4, tick_text(value), 11, "end", "#444")
    drawing.add(f'<rect x="{left}" y="{lower_top}" width="{right - left}" height="78" fill="none" '
                'stroke="#444"/>')
    for value in x.ticks(9):
        drawing.line(x.at(value), lower_top + 78, x.at(value), lower_top + 82, "#444")
        drawing.text(x.at(value), lower_top + 95, tick_text(value), 11, "middle", "#444")
    drawing.text((left + right) / 2, lower_top + 114, "2\u03b8 / degree", 12, "middle")
    drawing.text(left - 52, lower_top + 39, "obs \u2212 calc", 11, "middle", turn=-90)
    place = [x.at(float(t)) for t in two_theta]
    drawing.dots([(a, y.at(max(float(b), 0.0))) for a, b in zip(place, observed)], "#666", 2.1)
    if len(background) == len(two_theta):
        drawing.path([(a, y.at(max(float(b), 0.0))) for a, b in zip(place, background)], COLOURS[2],
                     1.2, "6 3")
    drawing.path([(a, y.at(max(float(b), 0.0))) for a, b in zip(place, calculated)], COLOURS[1], 1.1)
    drawing.path([(a, lower.at(d)) for a, d in zip(place, difference)], COLOURS[0], 0.8)
    key = left
    for words, colour, dash in (("observed", "#666", "dots"), ("calculated", COLOURS[1], ""),
                                ("background", COLOURS[2], "6 3"), ("difference", COLOURS[0], "")):
        if dash == "dots":
            drawing.dots([(key + 3, 18), (key + 11, 18), (key + 19, 18)], colour, 3.2)
        else:
            drawing.line(key, 18, key + 22, 18, colour, 2, dash)
        drawing.text(key + 28, 22, words, 12)
        key += 120
    return drawing.svg()


def spider(elements, title, y_label):
    """elements: [(symbol, state, normalised value, normalised expanded U, lod, limit)]; None where
    there is no number. Log scale; below LOD an arrow down from the LOD, above range one up."""
    numbers = [v for row in elements for v in row[2:3] + row[4:6] if v]
    drawing = Drawing(900, 400, title)
    if not numbers:
        drawing.text(450, 180, "no number to draw", 14, "middle")
        return drawing.svg()
    low = 10 ** math.floor(math.log10(min(numbers)) - 0.4)
    high = 10 ** math.ceil(math.log10(max(numbers)) + 0.1)
    x = Axis(-0.6, len(elements) - 0.4, 78, 884)
    y = Axis(low, high, 344, 40, log=True)
    drawing.frame(x, y, "", y_label, [(i, row[0]) for i, row in enumerate(elements)])
    run = []
    for i, (_, state, value, expanded, lod, limit) in enumerate(elements):
        place = x.at(i)
        if state == 0 and value:
            run.append((place, y.at(value)))
        else:
            drawing.path(run, COLOURS[0], 1.6)
            run = []
        if state == 0 and value and expanded and expanded < value:
            drawing.line(place, y.at(max(value - expanded, low)), place,
                         y.at(min(value + expanded, high)), COLOURS[0], 1.4)
        if state == 1 and lod:
            drawing.arrow(place, y.at(lod), 30, COLOURS[1])
        if state == 2 and limit:
            drawing.arrow(place, y.at(limit), -30, COLOURS[4])
        if state == 3:
            drawing.text(place, 336, "n.m.", 10, "middle", "#777")
    drawing.path(run, COLOURS[0], 1.6)
    for i, (_, state, value, _, _, _) in enumerate(elements):
        if state == 0 and value:
            drawing.marker(x.at(i), y.at(value), "circle", COLOURS[0], 4)
    drawing.marker(88, 20, "circle", COLOURS[0], 4)
    drawing.text(98, 24, "measured, bar: U (k = 2)")
    drawing.arrow(290, 12, 16, COLOURS[1])
    drawing.text(302, 24, "below the limit of detection, drawn at the limit")
    drawing.text(610, 24, "n.m. = not measured", 12, colour="#555")
    return drawing.svg()


def bar_text(value):
    return "< 0.001" if value < 0.001 else "> 0.999" if value > 0.999 else f"{value:.3f}"


def bars(rows, title, x_label, special=()):
    """Horizontal bars on 0..1. rows: [(words, value)]; words in `special` are hatched."""
    height = 30 * len(rows) + 62
    drawing = Drawing(900, height, title)
    drawing.add('<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
                'patternTransform="rotate(45)"><rect width="6" height="6" fill="#f3d9c6"/>'
                f'<line x1="0" y1="0" x2="0" y2="6" stroke="{COLOURS[1]}" stroke-width="3"/>'
                "</pattern></defs>")
    x = Axis(0.0, 1.0, 230, 830)
    bottom = 30 * len(rows) + 14
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        drawing.line(x.at(value), 8, x.at(value), bottom, "#e3e3e3", 0.8)
        drawing.text(x.at(value), bottom + 16, f"{value:g}", 11, "middle", "#444")
    for i, (words, value) in enumerate(rows):
        top = 12 + 30 * i
        fill = "url(#hatch)" if words in special else COLOURS[0]
        drawing.text(222, top + 15, words if len(words) < 34 else words[:33] + "\u2026", 12, "end",
                     weight="bold" if words in special else "")
        drawing.rect(x.at(0), top, x.at(value) - x.at(0), 20, fill,
                     COLOURS[1] if words in special else "none")
        drawing.text(x.at(value) + 6, top + 15, bar_text(value), 12)
    drawing.line(230, 8, 230, bottom, "#444")
    drawing.text(530, bottom + 36, x_label, 12, "middle")
    return drawing.svg()


def waterfall(start, steps, end, title, y_label):
    """start, end: (words, value); steps: [(words, loss)]. Bars fall from start to end."""
    drawing = Drawing(900, 400, title)
    columns = len(steps) + 2
    x = Axis(-0.5, columns - 0.5, 78, 884)
    y = Axis(0.0, max(start[1], 1e-12) * 1.12, 316, 24)
    drawing.frame(x, y, "", y_label, x_ticks=[])
    half = 0.36 * (x.at(1) - x.at(0))
    level = start[1]
    decimals = max(0, 2 - math.floor(math.log10(start[1]))) if start[1] > 0 else 2

    def number(value, sign=""):
        text = f"{value:.{decimals}f}"
        if float(text):
            return sign + text
        return sign + f"{value:.1g}" if value > 1e-4 * start[1] else "0"

    def label(i, words):
        lines, line = [], ""
        for word in words.split():
            if line and len(line) + len(word) > 12:
                lines.append(line)
                line = word
            else:
                line = (line + " " + word).strip()
        for row, text in enumerate(lines + [line]):
            drawing.text(x.at(i), 334 + 14 * row, text, 11, "middle", "#333")

    def bar(i, low, high, fill, words, text, stroke="none"):
        drawing.rect(x.at(i) - half, y.at(high), 2 * half, y.at(low) - y.at(high), fill, stroke)
        drawing.text(x.at(i), y.at(high) - 6, text, 12, "middle", weight="bold")
        label(i, words)

    bar(0, 0, start[1], COLOURS[0], start[0], number(start[1]))
    for i, (words, loss) in enumerate(steps, 1):
        drawing.line(x.at(i - 1) + half, y.at(level), x.at(i) + half, y.at(level), "#777", 1, "3 2")
        bar(i, level - loss, level, "#f0b58a", words, number(loss, "\u2212"), COLOURS[1])
        level -= loss
    drawing.line(x.at(columns - 2) + half, y.at(level), x.at(columns - 1) + half, y.at(level), "#777",
                 1, "3 2")
    bar(columns - 1, 0, end[1], COLOURS[2], end[0], number(end[1]))
    return drawing.svg()


def stacked(rows, parts, title, x_label):
    """rows: [(words, [share])] with shares in the order of parts; horizontal, 0..100 %."""
    height = 24 * len(rows) + 66 + 20 * math.ceil(len(parts) / 4)
    drawing = Drawing(900, height, title)
    fills = ["#009E73", "#f0b58a", "#56B4E9", "#E69F00", "#CC79A7", "#999999", "#0072B2", "#F0E442",
             "#D55E00", "#333333"]
    key_rows = math.ceil(len(parts) / 4)
    for i, words in enumerate(parts):
        place = 78 + 205 * (i % 4)
        row = 6 + 20 * (i // 4)
        drawing.rect(place, row, 13, 13, fills[i % len(fills)], "#333")
        drawing.text(place + 19, row + 11, words, 12)
    top = 14 + 20 * key_rows
    x = Axis(0.0, 100.0, 78, 870)
    for i, (words, shares) in enumerate(rows):
        y = top + 24 * i
        drawing.text(70, y + 14, words, 12, "end")
        total = 0.0
        for k, share in enumerate(shares):
            width = x.at(total + share) - x.at(total)
            drawing.rect(x.at(total), y, width, 18, fills[k % len(fills)], "#333")
            if k == 0 and width > 30:
                drawing.text(x.at(total) + width / 2, y + 13, f"{share:.0f} %", 11, "middle", "#fff",
                             "bold")
            total += share
    bottom = top + 24 * len(rows)
    for value in range(0, 101, 20):
        drawing.text(x.at(value), bottom + 14, f"{value}", 11, "middle", "#444")
    drawing.text(474, bottom + 32, x_label, 12, "middle")
    return drawing.svg()


def profiles(stages, series, title, y_label, log=True, quiet=()):
    """series: [(words, [value per stage])] on a log axis; values <= 0 break the line. Each line bears its name at its right
    end; those in `quiet` (what is no product, as sodium) are thin and grey."""
    numbers = [v for _, values in series for v in values if v > 0 and math.isfinite(v)]
    key_rows = math.ceil(len(series) / 8)
    top = 14 + 20 * key_rows
    height = 300 if len(series) > 8 else 270
    drawing = Drawing(900, top + height + 48, title)
    if not numbers:
        drawing.text(450, 160, "no number to draw", 14, "middle")
        return drawing.svg()
    high = max(numbers)
    low = max(min(numbers), high * 1e-9)
    bottom = top + height
    if log:
        y = Axis(10 ** math.floor(math.log10(low) - 0.05), 10 ** math.ceil(math.log10(high) + 0.05), bottom, top, log=True)
    else:
        y = Axis(0.0, high * 1.05, bottom, top)
    x = Axis(min(stages) - 0.4, max(stages) + 0.4, 78, 850)
    step = max(1, math.ceil(len(stages) / 25))
    drawing.frame(x, y, "stage (1: organic enters, aqueous leaves)", y_label,
                  [(s, str(int(s))) for s in stages[::step]])
    ends, place = [], 0
    for i, (words, values) in enumerate(series):
        grey = words in quiet
        colour = "#888" if grey else COLOURS[place % 8]
        dash = "1 3" if grey else DASHES[(place // 8) % 8] if place >= 8 else ""
        shape, filled = MARKERS[place % 4], place % 8 < 4
        run, points = [], []
        for stage, value in zip(stages, values):
            if value > 0 and y.at(value) <= bottom:
                run.append((x.at(stage), y.at(value)))
                points.append(run[-1])
            else:
                drawing.path(run, colour, 1.5, dash)
                run = []
        drawing.path(run, colour, 1.2 if grey else 1.6, dash)
        left, row = 84 + 100 * (i % 8), 12 + 20 * (i // 8)
        drawing.line(left, row, left + 22, row, colour, 1.8, dash)
        drawing.text(left + 28, row + 4, words, 12)
        if not grey:
            drawing.markers(points, shape, colour, 3, filled)
            drawing.marker(left + 11, row, shape, colour, 3, filled)
            place += 1
        if points and points[-1][0] >= x.at(stages[-1]) - 0.5:
            ends.append((points[-1][1], words, colour))
    ends.sort()
    below = -1e9  # names keep 9 units apart; a thin line leads to the curve they belong to
    room = [e[0] for e in ends]
    for k in range(len(ends)):
        room[k] = below = max(room[k], below + 9)
    spill = max(0.0, (room[-1] - bottom) if room else 0.0)
    for k in reversed(range(len(ends))):
        limit = bottom if k == len(ends) - 1 else room[k + 1] - 9
        room[k] = min(room[k], limit) if spill else room[k]
    for (at, words, colour), to in zip(ends, room):
        drawing.line(x.at(stages[-1]) + 5, at, 860, to, colour, 0.6)
        drawing.text(862, to + 3, words, 9.5, "start", colour)
    return drawing.svg()


def histogram(edges, counts, title, x_label):
    drawing = Drawing(900, 270, title)
    x = Axis(edges[0], edges[-1], 78, 884)
    y = Axis(0, max(max(counts), 1) * 1.1, 216, 16)
    drawing.frame(x, y, x_label, "patterns")
    for low, high, count in zip(edges, edges[1:], counts):
        drawing.rect(x.at(low), y.at(count), x.at(high) - x.at(low) - 1, y.at(0) - y.at(count),
                     COLOURS[0])
    return drawing.svg()
