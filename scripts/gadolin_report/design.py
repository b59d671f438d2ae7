"""Sections of a designed separation: cuts, products against targets, and of an optimisation: front and tornado."""
import math

import numpy as np

from . import figures
from .words import escape, significant


def plain(values):
    """Cells of a column: whole numbers whole, others to four figures."""
    whole = all(float(v).is_integer() and abs(v) < 1e6 for v in values)
    return [f"{float(v):.0f}" if whole else significant(float(v), 4) for v in values]


def with_unit(name, unit):
    return escape(name if unit in ("", "1") else f"{name} / {unit}")


def percent(fraction, digits=6):
    return significant(100.0 * float(fraction), digits)


def design(page, table):
    if not table:
        return
    page.heading("Design of the separation")
    feasible = table.integer("feasible") == 1
    reasons = table.child("reasons")
    if not feasible:
        texts = reasons.texts("text") if reasons else []
        page.add('<div class="conflict"><b>Not feasible.</b><ul>' +
                 "".join(f"<li>{escape(c)}: {escape(t)}</li>" for c, t in zip(reasons.texts("code"), texts)) + "</ul></div>")
    orders = table.child("orders")
    best = orders.texts("order")[:1] if orders else []
    page.paragraph(f"Circuit design <b>{escape(table.text('name'))}</b>. {escape(table.text('description'))} Elements of the feed, least "
                   f"extracted first: {escape(' '.join(table.texts('extraction_order')))}. Order of cuts: "
                   f"<b>{escape(best[0]) if best else 'none'}</b>. Weakest evidence class of the constants: "
                   f"{escape(table.text('worst_evidence'))}.")
    cuts = table.child("cuts")
    names = cuts.texts("name") if cuts else []
    if names:
        def column(name):
            return cuts.array(name)
        rows = []
        for i, name in enumerate(names):
            rows.append([escape(name), escape(f"{cuts.texts('light_key')[i]} | {cuts.texts('heavy_key')[i]}"),
                         significant(column("separation_factor")[i]), significant(column("fenske_stages")[i]),
                         f"{column('extraction_stages')[i]:.0f} + {column('scrub_stages')[i]:.0f} + {column('strip_stages')[i]:.0f}",
                         significant(column("solvent_flow")[i], 4),
                         f"{significant(column('scrub_flow')[i], 4)} of {significant(column('scrub_acid')[i])} M",
                         f"{significant(column('strip_flow')[i], 4)} of {significant(column('strip_acid')[i])} M",
                         f"{significant(column('phase_ratio_min')[i])} to {significant(column('phase_ratio_max')[i])}",
                         significant(column("loading_max")[i])])
        page.table(["cut", "pair", "separation factor", "stages, bound", "stages: extraction + scrub + strip", "solvent / L/h",
                    "scrub / L/h", "strip / L/h", "O/A", "loading, largest"], rows,
                   "Cuts in the order they are made. Bound: stages the pair would need at total reflux (Fenske).",
                   (2, 3, 5, 9), cuts.path)
    products = table.child("products")
    if products and products.texts("name"):
        purity, recovery = products.array("purity_fraction"), products.array("recovery_fraction")
        asked, wanted = products.array("target_purity"), products.array("target_recovery")
        met = products.array("meets_target")
        rows = [[escape(n), escape(e), percent(purity[i]), percent(asked[i]) if asked[i] > 0 else "\u2013",
                 percent(products.array("purity_of_all_fraction")[i]), percent(recovery[i]),
                 percent(wanted[i]) if wanted[i] > 0 else "\u2013", "yes" if met[i] else "NO"]
                for i, (n, e) in enumerate(zip(products.texts("name"), products.texts("elements")))]
        page.table(["product", "elements", "purity / %", "asked", "of all metals / %", "recovery / %", "asked", "met"], rows,
                   "Products against their targets, as liquors of the circuits: what precipitation and calcination lose comes on top "
                   "(products of the plant). Purity: mass share of the elements' oxides.", (2, 3, 4, 5, 6), products.path)
        recovery_purity(page, products)
    worst = table.array("closure_relative")
    if len(worst):
        page.paragraph(f"Totals: {table.number('stages'):.0f} stages, solvent {significant(table.number('solvent_flow'), 4)} L/h, base "
                       f"{significant(table.number('base'), 4)} mol/h, acid {significant(table.number('acid'), 4)} mol/h. Balance of every "
                       f"species over the whole chain closed to {significant(float(worst.max()), 2)} of what was fed.")


def recovery_purity(page, products):
    names = products.texts("name")
    impurity = np.maximum(1.0 - products.array("purity_fraction"), 1e-9)
    loss = np.maximum(1.0 - products.array("recovery_fraction"), 1e-9)
    drawing = figures.Drawing(900, 380, "purity against recovery")

    def axis(values, start, end):
        low, high = math.floor(math.log10(values.min())), math.ceil(math.log10(values.max()))
        return figures.Axis(10.0 ** low, 10.0 ** max(high, low + 1), start, end, log=True)
    x, y = axis(loss, 78, 884), axis(impurity, 330, 14)
    drawing.frame(x, y, "lost: 1 \u2212 recovery (log)", "impure: 1 \u2212 purity (log)", [(v, figures.power_text(v)) for v in x.ticks()])
    for i, name in enumerate(names):
        px, py, colour = x.at(loss[i]), y.at(impurity[i]), figures.COLOURS[i % 8]
        drawing.marker(px, py, figures.MARKERS[i % 4], colour)
        right = px < 800
        drawing.text(px + (9 if right else -9), py + 4, name, 12, "start" if right else "end")
    page.figure(drawing.svg(), "Recovery and purity of the products: the lower left corner is perfect.",
                products.path, "recovery_purity", ["product", "purity", "recovery"],
                [[n, float(p), float(r)] for n, p, r in zip(names, products.array("purity_fraction"), products.array("recovery_fraction"))])


def optimisation(page, table):
    if not table:
        return
    page.heading("Optimisation")
    objectives, designs = table.child("objectives"), table.child("designs")
    names, units, goals = objectives.texts("name"), objectives.texts("unit"), table.texts("goal")
    values, x = objectives.array("value"), designs.array("value")
    counts = table.child("counts")
    page.paragraph(f"<b>{escape(table.text('name'))}</b> by {escape(table.text('method'))}: {counts.integer('evaluations')} designs solved, "
                   f"{counts.integer('infeasible')} broke a constraint, {counts.integer('out_of_range')} could not stand, "
                   f"{counts.integer('not_converged')} did not converge; {len(values)} on the front. Weakest evidence class of the constants: "
                   f"{escape(table.text('worst_evidence'))}.")
    for _, text in table.warnings():
        page.add(f'<div class="conflict">{escape(text)}</div>')
    if len(values) == 0:
        return
    balanced = table.integer("balanced")
    words = [f"{n} ({g}{'' if u in ('', '1') else ', ' + u})" for n, g, u in zip(names, goals, units)]
    if len(names) >= 2:
        drawing = figures.Drawing(900, 400, "front")

        def axis(column, start, end):
            low, high = float(column.min()), float(column.max())
            margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
            return figures.Axis(low - margin, high + margin, start, end)
        across, up = axis(values[:, 1], 84, 884), axis(values[:, 0], 350, 14)
        drawing.frame(across, up, words[1], words[0])
        for row in values:
            drawing.marker(across.at(float(row[1])), up.at(float(row[0])), "circle", figures.COLOURS[0], 3.0)
        chosen = values[balanced]
        drawing.marker(across.at(float(chosen[1])), up.at(float(chosen[0])), "diamond", figures.COLOURS[1], 6.0)
        page.figure(drawing.svg(), "Designs that none beats in every objective (circles) and the balanced one (diamond).",
                    table.path, "front", designs.texts("name") + names,
                    [[float(v) for v in list(a) + list(f)] for a, f in zip(x, values)])
    step = max(1, math.ceil(len(values) / 15))
    shown = sorted(set(range(0, len(values), step)) | {balanced, len(values) - 1})
    columns = [plain(x[shown, k]) for k in range(x.shape[1])] + [[significant(float(v), 4) for v in values[shown, k]]
                                                                 for k in range(values.shape[1])]
    page.table(["", *map(with_unit, designs.texts("name"), designs.texts("unit")), *map(escape, words)],
               [["balanced" if i == balanced else "", *cells] for i, *cells in zip(shown, *columns)],
               "Some designs of the front; the file has all.", tuple(range(1, 1 + x.shape[1] + values.shape[1])), table.path)
    tornado(page, table, names, words, values[balanced])


def tornado(page, table, names, words, centre):
    data = table.child("tornado")
    if not data:
        return
    axes, low, high = data.texts("axis"), data.array("low"), data.array("high")
    at_low, at_high = data.array("at_low"), data.array("at_high")
    for k, name in enumerate(names):
        change = np.vstack([at_low[:, k], at_high[:, k]]) - centre[k]
        finite = np.where(np.isfinite(change), np.abs(change), 0.0)
        order = np.argsort(-finite.max(axis=0), kind="stable")
        reach = float(finite.max())
        if reach == 0.0:
            continue
        drawing = figures.Drawing(900, 70 + 30 * len(axes), "sensitivities")
        x = figures.Axis(-1.08 * reach, 1.08 * reach, 250, 884)
        bottom = 14 + 30 * len(axes)
        drawing.line(x.at(0), 10, x.at(0), bottom, "#444")
        for row, i in enumerate(order):
            y = 14 + 30 * row
            drawing.text(242, y + 15, f"{axes[i]}: {figures.tick_text(float(f'{low[i]:.4g}'))} to {figures.tick_text(float(f'{high[i]:.4g}'))}", 12, "end")
            for value, colour in ((change[0, i], figures.COLOURS[0]), (change[1, i], figures.COLOURS[1])):
                if np.isfinite(value):
                    drawing.rect(min(x.at(0), x.at(value)), y + (0 if colour == figures.COLOURS[0] else 11), abs(x.at(value) - x.at(0)), 10, colour)
        for value in x.ticks(7):
            drawing.line(x.at(value), bottom, x.at(value), bottom + 4, "#444")
            drawing.text(x.at(value), bottom + 17, figures.tick_text(value), 11, "middle", "#444")
        drawing.text((250 + 884) / 2, bottom + 36, "change of " + words[k], 12, "middle")
        page.figure(drawing.svg(), f"What {escape(name)} of the balanced design, {significant(float(centre[k]), 4)}, does when one number changes "
                    "(upper bar: to the first value, lower bar: to the second).", data.path, f"tornado_{k + 1}",
                    ["axis", "first", "second", "at first", "at second"],
                    [[axes[i], float(low[i]), float(high[i]), float(at_low[i, k]), float(at_high[i, k])] for i in order])


def sweep(page, result):
    provenance = result.root.child("provenance")
    flags, products, designs = (result.root.child(n) for n in ("flags", "products", "designs"))
    if not provenance or not flags or not designs:
        return
    page.heading("Sweep of designs")
    counts = provenance.child("counts")
    page.paragraph(f"<b>{escape(provenance.text('name'))}</b>: what-ifs of {escape(provenance.text('base_design'))}. "
                   f"{counts.integer('designs')} designs, {counts.integer('ok')} ok, {counts.integer('not_converged')} not converged, "
                   f"{counts.integer('out_of_range')} could not stand, {counts.integer('retried')} solved by the slower method. Weakest "
                   f"evidence class of the constants: {escape(provenance.text('worst_evidence'))}.")
    rows = []
    for name in provenance.texts("design_columns"):
        values = designs.array(name.replace("/", "_"))
        if len(values):
            rows.append([with_unit(name, designs.units(name.replace("/", "_"))), *plain((values.min(), values.max())), "varied"])
    for name in provenance.texts("metric_columns"):
        values = products.array("metric " + name.replace("/", "_"))
        values = values[np.isfinite(values)] if len(values) else values
        if len(values):
            low, middle, high = (significant(float(v), 4) for v in np.percentile(values, (0, 50, 100)))
            rows.append([with_unit(name, products.units("metric " + name.replace("/", "_"))), low, high, f"median {middle}"])
    page.table(["column", "least", "largest", ""], rows, "Ranges of what was varied and of what came out.", (1, 2), provenance.path)
