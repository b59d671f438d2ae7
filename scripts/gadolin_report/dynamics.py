"""Section of a circuit in time: start-up curves, metal in the plant, off-specification metal."""
import math

import numpy as np

from . import figures
from .result import STATUS_WORDS
from .words import escape, significant

ROWS = 400  # of a figure's data; the file has all


def main_products(series, species):
    """For each species the product that takes most of it in the end; None where there is none."""
    rate = series.array("concentration")[-1] * series.array("flow")[-1][:, None]
    return [int(rate[:, k].argmax()) if rate[:, k].max() > 0 else None for k in range(len(species))]


def thinned(rows):
    step = max(1, math.ceil(len(rows) / ROWS))
    kept = rows[::step]
    return kept if rows and kept[-1] == rows[-1] else kept + rows[-1:]


def curves(page, table, series, phase):
    """One figure per phase: what leaves in the main product over what leaves when steady."""
    species, products = table.texts("species"), table.texts("product")
    phases = table.child("phases")
    start, end = float(phases.array("start")[phase]), float(phases.array("end")[phase])
    time = series.array("time")
    inside = np.flatnonzero((time >= start) & (time <= end))
    if phase > 0:  # the moment of a step stands twice: before and after it
        inside = inside[inside >= np.flatnonzero(time == start)[-1]]
    if phase + 1 < len(phases.array("start")):
        last = np.flatnonzero(time == end)
        inside = inside[inside <= last[0]]
    steady, values = phases.array("steady")[phase], series.array("concentration")
    drawn = []
    for k, product in enumerate(main_products(series, species)):
        if product is None or not steady[product][k] > 0:
            continue
        drawn.append((species[k], product, values[inside, product, k] / steady[product][k]))
    if not drawn or len(inside) < 3:
        return
    hours = time[inside] - start
    first = max(float(hours[1]), float(hours[-1]) * 1e-5)
    shown = hours >= first
    highest = max(float(ratio[shown].max()) for _, _, ratio in drawn)
    rows = math.ceil(len(drawn) / 8)
    drawing = figures.Drawing(900, 332 + 20 * rows, "approach to the steady state")
    top = 14 + 20 * rows
    x = figures.Axis(first, float(hours[-1]), 78, 884, log=True)
    y = figures.Axis(0.0, min(max(1.1, highest * 1.05), 3.0), top + 270, top)
    drawing.frame(x, y, "time since it began / h (log)", "leaving / leaving when steady")
    drawing.line(x.start, y.at(1.0), x.end, y.at(1.0), "#888", 1.0, "5 4")
    for i, (name, _, ratio) in enumerate(drawn):
        colour, dash = figures.COLOURS[i % 8], figures.DASHES[(i // 8) % 8] if i >= 8 else ""
        run = []
        for hour, value in zip(hours[shown], ratio[shown]):
            if value <= y.high:
                run.append((x.at(float(hour)), y.at(float(value))))
            else:
                drawing.path(run, colour, 1.5, dash)
                run = []
        drawing.path(run, colour, 1.5, dash)
        place, row = 84 + 100 * (i % 8), 12 + 20 * (i // 8)
        drawing.line(place, row, place + 22, row, colour, 1.8, dash)
        drawing.text(place + 28, row + 4, name, 12)
    header = ["time (h)"] + [f"{name} in {products[p]}" for name, p, _ in drawn]
    data = thinned([[float(h)] + [float(r[t]) for _, _, r in drawn] for t, h in enumerate(hours)])
    page.figure(drawing.svg(), f"{escape(phases.texts('cause')[phase])}: each element in the product that takes most "
                "of it, over its steady value (dashed: 1; cut off above 3).", f"{series.path}/concentration",
                f"dynamics_{phase + 1}", header, data)


def inventory(page, table, series):
    species, time, held = table.texts("species"), series.array("time"), series.array("inventory")
    kept = [k for k in range(len(species)) if held[:, k].max() > 1e-9 * held.max()]
    rows = math.ceil(len(kept) / 8)
    top = 14 + 20 * rows
    positive = held[held > 0]
    if not kept or not len(positive) or len(time) < 2:
        return
    drawing = figures.Drawing(900, 332 + 20 * rows, "metal in the plant")
    high = float(held.max())
    low = max(float(min(held[-1, k] for k in kept if held[-1, k] > 0)) * 0.1, high * 1e-7)
    x = figures.Axis(float(time[0]), float(time[-1]), 78, 884)
    y = figures.Axis(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)), top + 270,
                     top, log=True)
    drawing.frame(x, y, "time / h", "in the plant / mol (log)")
    for i, k in enumerate(kept):
        colour, dash = figures.COLOURS[i % 8], figures.DASHES[(i // 8) % 8] if i >= 8 else ""
        drawing.path([(x.at(float(t)), y.at(float(v))) for t, v in zip(time, held[:, k]) if v >= low],
                     colour, 1.5, dash)
        place, row = 84 + 100 * (i % 8), 12 + 20 * (i // 8)
        drawing.line(place, row, place + 22, row, colour, 1.8, dash)
        drawing.text(place + 28, row + 4, species[k], 12)
    data = thinned([[float(t)] + [float(held[i, k]) for k in kept] for i, t in enumerate(time)])
    page.figure(drawing.svg(), "Metal held in mixers, settlers and solvent tank.", f"{series.path}/inventory",
                "inventory", ["time (h)"] + [species[k] + " (mol)" for k in kept], data)


def dynamics(page, sample):
    table = sample.child("dynamics")
    if not table:
        return
    page.heading("Dynamics")
    status = STATUS_WORDS[table.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> {escape(table.text("status_text"))}. '
                 "The series ends there.</div>")
    page.paragraph(f"Circuit <b>{escape(table.text('name'))}</b>; mixers "
                   f"{significant(table.number('mixer_volume'))} L, settlers "
                   f"{significant(table.number('settler_volume'))} L, solvent tank "
                   f"{significant(table.number('tank_volume'))} L, of it solvent "
                   f"{significant(table.number('solvent_volume'))} L; weakest evidence class "
                   f"{escape(table.text('worst_evidence'))}.")
    series, phases = table.child("series"), table.child("phases")
    species, products = table.texts("species"), table.texts("product")
    if not series or not phases:
        return
    takes = main_products(series, species)
    for phase, cause in enumerate(phases.texts("cause")):
        curves(page, table, series, phase)
        settling = phases.array("time_to_99")[phase]
        rows = []
        for k, product in enumerate(takes):
            if product is None:
                continue
            hours = float(settling[product][k])
            rows.append([escape(species[k]), escape(products[product]),
                         significant(hours) if math.isfinite(hours) else "not within this phase"])
        mismatch = float(phases.array("steady_mismatch")[phase])
        page.table(["species", "product", "within 1 % of steady after / h"], rows,
                   f"{escape(cause)}. End of the phase at {significant(float(phases.array('end')[phase]))} h; largest "
                   "relative difference to the steady state there: "
                   f"{significant(mismatch, 2) if math.isfinite(mismatch) else 'steady state not known'}.", (2,),
                   phases.path)
        specifications = table.texts("specification")
        if specifications:
            off, met = phases.array("off_specification")[phase], phases.array("on_specification_at")[phase]
            page.table(["specification", "off it / kg rare-earth metal", "met from / h"],
                       [[escape(words), significant(float(off[i])),
                         significant(float(met[i])) if math.isfinite(float(met[i])) else "not met at the end"]
                        for i, words in enumerate(specifications)],
                       "Metal made off specification in this phase.", (1, 2), phases.path)
    inventory(page, table, series)
    balance = np.abs(series.array("balance_relative"))
    page.paragraph(f"Balance over time: in \u2212 out \u2212 accumulation, over the throughput, is at most "
                   f"{significant(float(balance.max()), 2)} for every species at every step.")
