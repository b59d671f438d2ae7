"""Diffraction against assay, and what could be recovered."""
import math

import numpy as np

from . import figures
from .result import ABOVE_RANGE, BELOW_LOD, MEASURED
from .values import STATE_WORDS, quantity_cells
from .words import escape, formula, interval_text, significant, with_expanded


def unmodelled(table):
    """Matter in no modelled phase; where the best value is 0, its 95 % upper limit."""
    if table.integer("unmodelled_fraction_state") == BELOW_LOD:
        limit = 100 * table.number("unmodelled_fraction_limit")
        return f"below {significant(limit, 2)} wt% (95 %), best value 0"
    value, u = 100 * table.number("unmodelled_fraction"), 100 * table.number("unmodelled_fraction_errors")
    return " \u00b1 ".join(with_expanded(value, u)) + " wt% (k = 2)"


def agreement(page, recovery):
    table = recovery.child("reconciliation")
    if not table:
        return
    page.sub("Do diffraction and assay agree?")
    chi, dof, p = table.number("chi_square"), table.integer("degrees_of_freedom"), table.number("p_value")
    if table.integer("conflict"):
        page.add('<div class="conflict"><b>Conflict.</b> ' + escape(table.text("conflict_text")) +
                 " Nothing was averaged.</div>")
    if not table.integer("converged"):
        page.paragraph("<b>The reconciliation did not converge</b>: " +
                       escape(table.text("status_text")))
    if dof < 1 and not table.integer("conflict"):
        page.paragraph("There is nothing to compare: no element is both measured and held by a phase of "
                       "the list.")
        return
    probability = "p &lt; 0.0001" if p < 1e-4 else "p = " + significant(p, 2)
    page.paragraph(f"\u03c7\u00b2 = {significant(chi)} with {dof} degrees of freedom, {probability}, "
                   f"conflict is called below {significant(table.number('alpha'), 2)}. "
                   + ("Matter in no modelled phase: " + unmodelled(table) + "."
                      if table.integer("unmodelled_fraction_state") in (MEASURED, BELOW_LOD) else
                      "How much matter is in no modelled phase could not be told."))
    sub = table.child("elements")
    rows = []
    columns = [sub.array(n) for n in ("measured_state", "measured", "measured_errors", "measured_lod",
                                      "predicted", "residual_sigma", "compared")]
    if all(len(c) for c in columns):
        silent = []
        for element, state, value, u, lod, predicted, sigma, compared in zip(
                sub.texts("element"), *columns):
            if not compared and not predicted > 0:
                silent.append(element)
                continue
            number, expanded = quantity_cells(state, 1e6 * value, 1e6 * u, 1e6 * lod, float("nan"))
            if state == ABOVE_RANGE:
                number = "&gt; range"
            rows.append([escape(element), number, expanded, significant(1e6 * predicted),
                         significant(sigma, 2) if compared else "not compared"])
        page.table(["element", "assay / mg/kg", "U (k = 2)", "from the phases / mg/kg", "residual / u"],
                   rows, "Assay against what the " + ("" if table.integer("conflict") else "reconciled ")
                   + "phases hold.", (1, 2, 3, 4), sub.path)
        if silent:
            page.paragraph("Not compared, because no modelled phase is known to hold it or the "
                           "assay gives no value: " + escape(", ".join(silent)) + ".",
                           "quiet")


def carried(carriers, k, state):
    """Cells of one element's row: what each phase carries, or the state where no content is known."""
    if state == MEASURED:
        return [significant(float(v), 3) for v in carriers.array("contained_p50")[k]]
    return [STATE_WORDS[state] if v > 0 else "\u2013" for v in carriers.array("contained_p95")[k]]


def recovery(page, sample):
    table = sample.child("recovery")
    if not table:
        return
    page.heading("Recoverable rare earths")
    agreement(page, table)
    page.sub("How much could be recovered")
    steps = table.child("losses").texts("step")
    lost = table.child("losses").array("lost_mean")
    contained, recoverable = table.interval("treo_contained"), table.interval("treo_recoverable")
    names = table.child("elements").texts("oxide")
    # The bars are TREO: measured oxides without Sc, so the steps between them sum the same rows.
    measured = table.child("elements").array("assay_state")
    in_treo = [k for k, oxide in enumerate(names)
               if oxide != "Sc2O3" and (not len(measured) or measured[k] == MEASURED)]
    losses = np.nansum(lost[in_treo], axis=0) if lost.size else np.array([])
    svg = figures.waterfall(("contained", contained[3]), list(zip(steps, losses.tolist())),
                            ("recoverable", recoverable[3]), "Recovery waterfall",
                            "rare-earth oxides / kg per tonne")
    page.figure(svg, "Where the rare-earth oxides of one tonne of feed go, means over "
                f"{table.integer('draws')} draws (means add up; medians do not). Basis: "
                f"{escape(table.text('basis'))}.", table.path + "/losses/lost_mean",
                "recovery_waterfall", ["step", "mean (kg/t)"],
                [["contained", contained[3]]] + [[s, -float(v)] for s, v in zip(steps, losses)] +
                [["recoverable", recoverable[3]]])
    elements = table.child("elements")
    states = elements.array("assay_state")
    rows, bounded = [], False
    for k, oxide in enumerate(names):
        if len(states) and states[k] != MEASURED:
            bounded = True
            rows.append([formula(oxide), STATE_WORDS[states[k]], "not stated", "not stated"])
            continue

        def cell(name, scale=1.0, k=k):
            return interval_text(*[scale * float(elements.array(name + end)[k])
                                   for end in ("_p05", "_p50", "_p95")])
        rows.append([formula(oxide), cell("contained"), cell("recoverable"),
                     cell("recovery_fraction", 100.0)])
    rows.append(["TREO", interval_text(*contained[:3]), interval_text(*recoverable[:3]),
                 interval_text(*[100 * v for v in table.interval("treo_recovery_fraction")[:3]])])
    page.table(["oxide", "contained / kg/t", "recoverable / kg/t", "recovered / %"], rows,
               "50 % value with 5 % and 95 % values in brackets, by Monte Carlo. Route "
               f"{escape(table.text('route'))}; separation: "
               f"{escape(table.text('separation_source') or 'route default')}; weakest evidence class: "
               f"{escape(table.text('worst_evidence'))}."
               + (" For an element below LOD or above range no content is stated; TREO does not hold it."
                  if bounded else ""), (1, 2, 3), elements.path, total_row=True)
    if not lost.size:
        return
    page.sub("Where did it go?")
    means = elements.array("contained_mean")
    kept = elements.array("recoverable_mean")
    symbols = elements.texts("element")
    parts, rows, data = ["recovered"] + steps, [], []
    for k, symbol in enumerate(symbols):
        if len(states) and states[k] != MEASURED:
            continue  # shares of a bound mean nothing
        total = float(means[k])
        shares = [100 * float(v) / total if total > 0 and math.isfinite(v) else 0.0
                  for v in [kept[k], *lost[k]]]
        rows.append((symbol, shares))
        data.append([symbol] + shares)
    page.figure(figures.stacked(rows, parts, "Where did it go", "share of the contained oxide / %"),
                "Share of each rare earth that is recovered or lost at each step (means).",
                table.path + "/losses", "where_did_it_go", ["element"] + [p + " (%)" for p in parts],
                data)
    carriers = table.child("carriers")
    phases, held = carriers.texts("phase"), carriers.array("contained_p50")
    if phases and held.size:
        page.table(["element"] + [escape(p) for p in phases],
                   [[escape(s)] + carried(carriers, k, states[k] if len(states) else MEASURED)
                    for k, s in enumerate(carriers.texts("element"))],
                   "Which phase carries it: oxide, kg per tonne of feed, 50 % values.",
                   range(1, len(phases) + 1), carriers.path)
