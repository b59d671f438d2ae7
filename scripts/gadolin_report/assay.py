"""Elements by assay: contents, sums and ratios, the normalised pattern."""
import math

from . import figures
from .result import MEASURED, NOT_MEASURED
from .values import STATE_WORDS, assay_rows, quantity_cells
from .words import escape, significant, with_expanded

RARE_EARTHS = "La Ce Pr Nd Sm Eu Gd Tb Dy Y Ho Er Tm Yb Lu Sc".split()
BY_NUMBER = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split()


def indices(sample):
    table = sample.child("assay").child("indices")
    keys = (table.texts("name"), table.array("value_state"), table.array("value"),
            table.array("value_errors"), table.texts("unit"), table.texts("elements"),
            table.texts("note"))
    return [dict(zip(("name", "state", "value", "u", "unit", "elements", "note"), row))
            for row in zip(*keys)]


def assay(page, sample, normaliser):
    table = sample.child("assay")
    if not table:
        return
    page.heading("Elements by assay")
    methods, reported = table.texts("method"), table.texts("reported_text")
    units, forms = table.texts("reported_unit"), table.texts("reported_as")
    assumed = table.array("u_defaulted")
    rows = []
    values = assay_rows(sample)
    order = sorted(range(len(values)), key=lambda i: (
        RARE_EARTHS.index(table.texts("element")[i]) if table.texts("element")[i] in RARE_EARTHS
        else 99, i))
    elements = table.texts("element")
    for i in order:
        state, value, u, lod, limit = values[elements[i]]
        number, expanded = quantity_cells(state, value, u, lod, limit)
        printed = "\u2013"
        if reported[i]:
            unit = units[i] + " " if any(c.isdigit() for c in reported[i]) else ""
            printed = escape(f"{reported[i]} {unit}{forms[i]}")
        if assumed.size and assumed[i] and state == MEASURED:
            expanded += " a"
        rows.append([escape(elements[i]), STATE_WORDS[state], number, expanded,
                     significant(lod, 2) if math.isfinite(lod) else "\u2013", printed,
                     escape(methods[i])])
    page.table(["element", "state", "content / mg/kg", "U (k = 2)", "LOD / mg/kg", "as reported",
                "method"], rows,
               f"Element contents, basis: {escape(table.text('basis'))}. Laboratory: "
               f"{escape(table.text('laboratory') or 'not stated')}."
               + (" a: no uncertainty was stated, a default was assumed (W-UNC-001)."
                  if assumed.any() else ""), (2, 3, 4), table.path)
    derived = indices(sample)
    if derived:
        rows = []
        for index in derived:
            if index["state"] == MEASURED:
                number, expanded = with_expanded(index["value"], index["u"])
                number += "" if index["unit"] == "1" else f" {escape(index['unit'])}"
            else:
                number, expanded = ("a limit only" if index["state"] != NOT_MEASURED else "\u2013",
                                    "\u2013")
            note = index["note"].replace("below_lod", "below LOD").replace("not_measured", "not measured")
            rows.append([escape(index["name"]), number, expanded, escape(index["elements"]),
                         escape(note.replace("above_range", "above range"))])
        page.table(["quantity", "value", "U (k = 2)", "rests on", "note"], rows,
                   "Sums and ratios derived from the contents.", (1, 2),
                   table.path + "/indices")
    if normaliser is None:
        page.paragraph("No normalising composition is stored in the file; the rare-earth pattern is "
                       "not drawn.", "quiet")
        return
    points, data = [], []
    for element in BY_NUMBER:
        reference = normaliser["content"].get(element)
        if not reference:
            continue
        state, value, u, lod, limit = values.get(element, (3,) + (float("nan"),) * 4)
        over = [v / reference if math.isfinite(v) else None for v in (value, 2 * u, lod, limit)]
        points.append((element, int(state), *over))
        data.append([element, STATE_WORDS[state]] + [v if v is not None else float("nan")
                                                     for v in over])
    svg = figures.spider(points, "Rare-earth pattern",
                         f"content / {normaliser['reservoir'].lower()}")
    page.figure(svg, "Rare-earth pattern: mass content over that of "
                f"{escape(normaliser['reservoir'].lower())}, normaliser "
                f"<b>{escape(normaliser['name'])}</b> ({escape(normaliser['citation'])}); elements in "
                "the order of atomic number.", table.path + "/content, /run/normaliser",
                "rare_earth_pattern", ["element", "state", "normalised", "normalised U (k=2)",
                                       "normalised LOD", "normalised limit"], data)
