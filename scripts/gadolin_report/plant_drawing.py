"""The plant as a drawing from its graph: units in columns, streams between them."""
from .figures import COLOURS, Drawing
from .words import escape

BOX_W, BOX_H, GAP_X, GAP_Y = 150, 66, 104, 46
PER_BAND = 5


def shortened(words, length):
    return words if len(words) <= length else words[:length - 1] + "\u2026"


def layers_of(units, edges, torn):
    """Column of every unit: the longest way to it, torn streams left out."""
    column = {u: 0 for u in units}
    for _ in units:
        for stream, a, b in edges:
            if stream in torn or a not in column or b not in column or a == b:
                continue
            column[b] = max(column[b], min(column[a] + 1, len(units)))
    return column


def rows_of(units, edges, column):
    """Row of every unit in its column, near the mean of those that feed it."""
    row = {}
    for c in sorted(set(column.values())):
        here = [u for u in units if column[u] == c]

        def wish(unit):
            feeding = [row[a] for _, a, b in edges if b == unit and a in row]
            return sum(feeding) / len(feeding) if feeding else 0.0
        here.sort(key=lambda u: (wish(u), units.index(u)))
        taken = -1.0
        for unit in here:
            taken = max(taken + 1.0, round(wish(unit)))
            row[unit] = taken
    return row


def drawing(units, streams, torn, title):
    """units: [(name, kind, note lines)]; streams: [(name, from, to, role, label)].

    Internal streams run between boxes (dashed where they close a recycle), feeds come from the left, reagents from
    above; what leaves is listed under its box, products in bold."""
    names = [u[0] for u in units]
    internal = [(s, a, b) for s, a, b, role, _ in streams if a and b]
    column = layers_of(names, internal, torn)
    row = rows_of(names, internal, column)
    labels = {s[0]: s[4] for s in streams}
    below = {n: [] for n in names}
    above = {n: [] for n in names}
    left = {n: [] for n in names}
    for name, a, b, role, label in streams:
        if not b and a:
            below[a].append((role, label))
        elif not a and role == "reagent":
            above[b].append(label)
        elif not a:
            left[b].append(label)
    # Long plants wrap: at most PER_BAND columns side by side, the next ones below.
    band = {n: column[n] // PER_BAND for n in names}
    rows = sorted({(band[n], row[n]) for n in names})
    y_of, floor_of, y, last = {}, {}, 26.0, 0
    for key in rows:
        here = [n for n in names if (band[n], row[n]) == key]
        if key[0] != last:
            y += 26
            last = key[0]
        y += 13 * max(min(len(above[n]), 5) for n in here) + 12
        y_of[key] = y
        y += BOX_H + 13 * max(min(len(below[n]), 8) for n in here) + 10
        floor_of[key] = y
        y += GAP_Y - 10
    columns = min(max(column.values(), default=0) + 1, PER_BAND)
    width = 150 + columns * (BOX_W + GAP_X) + 40
    d = Drawing(max(width, 600), y + 10, title)
    d.add('<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
          '<path d="M0 0L8 4L0 8z" fill="#333"/></marker></defs>')
    at = {n: (150 + (column[n] % PER_BAND) * (BOX_W + GAP_X), y_of[(band[n], row[n])]) for n in names}
    channels = {}  # how many lines run below a row already

    def curve(x1, y1, x2, y2, dash="", colour="#333"):
        bend = max(30.0, abs(x2 - x1) / 2)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        d.add(f'<path d="M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" '
              f'fill="none" stroke="{colour}" stroke-width="1.5"{dashed} marker-end="url(#tip)"/>')

    labels_on_top = []

    def label(x, y1, stream, colour):
        """Written last, on a white rim, so that no line crosses it."""
        labels_on_top.append(f'<text x="{x:.1f}" y="{y1:.1f}" font-size="10" fill="{colour}" stroke="#fff" stroke-width="3" '
                             f'paint-order="stroke">{escape(shortened(labels[stream], 16))}</text>')

    lane = 0
    outgoing = {n: 0 for n in names}
    incoming = {n: 0 for n in names}
    for stream, a, b in internal:
        (x1, y1), (x2, y2) = at[a], at[b]
        out_y = y1 + 16 + 15 * (outgoing[a] % 4)
        in_y = y2 + 20 + 12 * (incoming[b] % 4)
        outgoing[a] += 1
        incoming[b] += 1
        key = (band[a], row[a])
        far = column[b] - column[a] > 1 and band[a] == band[b] and any(
            band[n] == band[a] and row[n] == row[a] == row[b] and column[a] < column[n] < column[b] for n in names)
        if stream in torn or band[a] != band[b] or far:
            # Below everything that hangs on the row, then across.
            used = channels.get(key, 0)
            channels[key] = used + 1
            drop = floor_of[key] + 7 * used
            back = stream in torn
            colour, dash = (COLOURS[1], ' stroke-dasharray="6 3"') if back else ("#333", "")
            lane += 1
            side = 8 + 4 * (lane % 12)  # no two lines share a vertical
            d.add(f'<path d="M{x1 + BOX_W:.1f} {out_y:.1f}h{side}V{drop:.1f}H{x2 - 10 - side:.1f}V{in_y:.1f}H{x2:.1f}" fill="none" '
                  f'stroke="{colour}" stroke-width="1.4"{dash} marker-end="url(#tip)"/>')
            label(x1 + BOX_W + 6, out_y - 4, stream, colour if back else "#333")
        else:
            curve(x1 + BOX_W, out_y, x2, in_y)
            label(x1 + BOX_W + 6, out_y - 4, stream, "#333")
    for name, kind, notes in units:
        x, y1 = at[name]
        fill = "#e8f1f8" if kind == "circuit" else "#f4f4ee"
        d.add(f'<rect x="{x:.1f}" y="{y1:.1f}" width="{BOX_W}" height="{BOX_H}" rx="4" fill="{fill}" '
              'stroke="#333" stroke-width="1.3"/>')
        d.text(x + BOX_W / 2, y1 + 17, shortened(name, 28), 12.5 if len(name) <= 18 else 9.5, "middle", "#111", "bold")
        d.text(x + BOX_W / 2, y1 + 31, kind.replace("_", " "), 10.5, "middle", "#555")
        for i, note in enumerate(notes[:2]):
            d.text(x + BOX_W / 2, y1 + 45 + 13 * i, shortened(note, 27), 10.5, "middle", "#222")
        for i, words in enumerate(left[name]):
            d.text(8, y1 + 24 + 16 * i, shortened(words, 25), 11, "start", "#111", "bold")
            d.add(f'<line x1="8" y1="{y1 + 29 + 16 * i:.1f}" x2="{x - 2:.1f}" y2="{y1 + 29 + 16 * i:.1f}" stroke="#333" '
                  'stroke-width="1.5" marker-end="url(#tip)"/>')
        shown = above[name][:5] if len(above[name]) <= 5 else above[name][:4] + [f"+ {len(above[name]) - 4} more"]
        for i, words in enumerate(shown):
            d.text(x + 14, y1 - 8 - 13 * (len(shown) - 1 - i), shortened(words, 30), 10, "start", COLOURS[2])
        if shown:
            d.add(f'<line x1="{x + 8:.1f}" y1="{y1 - 8 - 13 * len(shown) + 4:.1f}" x2="{x + 8:.1f}" y2="{y1 - 1:.1f}" '
                  f'stroke="{COLOURS[2]}" stroke-width="1.4" marker-end="url(#tip)"/>')
        shown = below[name][:8] if len(below[name]) <= 8 else below[name][:7] + [("", f"+ {len(below[name]) - 7} more")]
        for i, (role, words) in enumerate(shown):
            product = role == "product"
            words = words.replace(" entrained ", ": entr. ")
            d.text(x + 14, y1 + BOX_H + 13 + 13 * i, shortened(words, 36), 10.5 if product else 10, "start",
                   "#111" if product else COLOURS[3], "bold" if product else "")
        if shown:
            d.add(f'<line x1="{x + 8:.1f}" y1="{y1 + BOX_H:.1f}" x2="{x + 8:.1f}" y2="{y1 + BOX_H + 6 + 13 * len(shown):.1f}" '
                  'stroke="#333" stroke-width="1.4" marker-end="url(#tip)"/>')
    for text in labels_on_top:
        d.add(text)
    return d.svg()


def legend():
    return escape("Blue boxes: solvent-extraction circuits (banks with their stages; the organic loop is closed inside). Green, "
                  "from above: reagents. Below a box: what leaves the plant there, products in bold. Dashed: streams torn to "
                  "close a recycle.")
