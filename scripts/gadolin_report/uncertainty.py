"""Section of the uncertainty of a circuit: quantiles, risk, and what drives the spread."""
import math

import numpy as np

from . import figures
from .result import STATUS_WORDS
from .words import escape, probability, significant


def tornado(page, table, inputs, names, k):
    """Total and first indices of one answer, largest first, with 95 % intervals."""
    total, first = table.array("sobol_total")[k], table.array("sobol_first")[k]
    if not np.isfinite(total).all():
        return
    low, high = table.array("sobol_total_low")[k], table.array("sobol_total_high")[k]
    first_low, first_high = table.array("sobol_first_low")[k], table.array("sobol_first_high")[k]
    order = [int(i) for i in np.argsort(-total) if total[i] > 0.002][:15]
    if not order:
        return
    drawing = figures.Drawing(900, 80 + 24 * len(order), "what drives the spread")
    top, bottom = 24, 34 + 24 * len(order)
    most = max(1.0, float(np.nanmax(np.concatenate([high[order], total[order]]))))
    x = figures.Axis(0.0, min(most, 1.5), 300, 870)
    for value in x.ticks(6):
        drawing.line(x.at(value), top, x.at(value), bottom, "#e3e3e3", 0.8)
        drawing.text(x.at(value), bottom + 16, figures.tick_text(value), 11, "middle", "#444")
    drawing.text((x.start + x.end) / 2, bottom + 36, "share of the variance", 12, "middle")
    drawing.rect(x.end - 250, 4, 12, 12, "#4477aa")
    drawing.text(x.end - 232, 14, "total", 12)
    drawing.rect(x.end - 170, 6, 12, 8, "#99ccee")
    drawing.text(x.end - 152, 14, "first, line: 95 % interval", 12)
    for row, i in enumerate(order):
        y = top + 8 + 24 * row
        drawing.text(292, y + 12, inputs[i], 12, "end")
        drawing.rect(x.start, y, x.at(min(float(total[i]), x.high)) - x.start, 16, "#4477aa")
        if first[i] > 0:
            drawing.rect(x.start, y + 4, x.at(min(float(first[i]), x.high)) - x.start, 8, "#99ccee")
        if math.isfinite(float(low[i])):
            left, right = (min(max(float(v), 0.0), x.high) for v in (low[i], high[i]))
            drawing.line(x.at(left), y + 8, x.at(right), y + 8, "#222", 1.4)
            for end in (left, right):
                drawing.line(x.at(end), y + 4, x.at(end), y + 12, "#222", 1.4)
    page.figure(drawing.svg(), f"<b>{escape(names[k])}</b>: share of its variance by input.",
                f"{table.path}/sobol_total", f"sobol_{k + 1}",
                ["input", "total", "low", "high", "first", "low", "high"],
                [[inputs[i]] + [float(v[i]) for v in (total, low, high, first, first_low, first_high)] for i in order])


def quantile_bars(page, table, names):
    """5 to 95 % of every answer on its own scale, nominal marked."""
    p05, p50, p95 = (table.array(n) for n in ("p05", "p50", "p95"))
    nominal = table.array("nominal")
    kept = [k for k in range(len(names)) if np.isfinite([p05[k], p50[k], p95[k]]).all()]
    if not kept:
        return
    drawing = figures.Drawing(900, 40 + 54 * len(kept), "quantiles")
    for row, k in enumerate(kept):
        y = 34 + 54 * row
        values = [float(p05[k]), float(p95[k])] + ([float(nominal[k])] if math.isfinite(nominal[k]) else [])
        span = (max(values) - min(values)) or max(abs(values[0]), 1.0) * 1e-6
        x = figures.Axis(min(values) - 0.15 * span, max(values) + 0.15 * span, 330, 870)
        drawing.text(322, y + 4, names[k], 12, "end")
        drawing.line(x.start, y, x.end, y, "#ddd", 1)
        drawing.rect(x.at(float(p05[k])), y - 7, x.at(float(p95[k])) - x.at(float(p05[k])), 14, "#99ccee")
        drawing.line(x.at(float(p50[k])), y - 9, x.at(float(p50[k])), y + 9, "#225588", 2.4)
        if math.isfinite(nominal[k]):
            drawing.marker(x.at(float(nominal[k])), y, "diamond", "#b3261e", 4)
        drawing.text(x.at(float(p05[k])), y + 22, significant(float(p05[k]), 5), 11, "middle", "#444")
        drawing.text(x.at(float(p95[k])), y + 22, significant(float(p95[k]), 5), 11, "middle", "#444")
    page.figure(drawing.svg(), "5 to 95 % of each answer, each on its own scale; line: median; diamond: the design as it "
                "stands.", f"{table.path}/p50", "quantiles", ["answer", "5 %", "50 %", "95 %", "nominal"],
                [[names[k]] + [float(v[k]) for v in (p05, p50, p95, nominal)] for k in kept])


def uncertainty(page, sample):
    found = sample.child("uncertainty")
    if not found or "cascades" not in found:
        return
    page.heading("Uncertainty of the separation")
    status = STATUS_WORDS[found.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> {escape(found.text("status_text"))}.</div>')
    failed = found.integer("not_converged") + found.integer("out_of_range")
    page.paragraph(f"Circuit <b>{escape(found.text('name'))}</b>: {found.integer('cascades')} cascades solved exactly "
                   f"({escape(found.text('sampling'))}, seed {escape(found.text('seed'))}); {failed} of them without an "
                   f"answer; balances closed to {significant(found.number('worst_closure'), 2)}; weakest evidence class "
                   f"{escape(found.text('worst_evidence'))}.")
    verdicts = found.child("verdicts")
    if verdicts:
        low, high, floor = (verdicts.array(n) for n in ("low", "high", "low_if_failed_miss"))
        page.table(["specification", "met", "probability", "95 % interval", "lower end if the unsolved miss"],
                   [[escape(text), f"{int(verdicts.array('met')[i])} of {found.integer('independent')}",
                     probability(float(verdicts.array("probability")[i])),
                     f"{float(low[i]):.4f} to {float(high[i]):.4f}", f"{float(floor[i]):.4f}"]
                    for i, text in enumerate(verdicts.texts("specification"))],
                   "Chance that the product meets its specification, over independent draws.", (1, 2, 3, 4),
                   verdicts.path)
    table = found.child("answers")
    names, units, inputs = table.texts("name"), table.texts("unit"), found.texts("input")
    if names:
        words = [name if unit == "1" else f"{name} / {unit}" for name, unit in zip(names, units)]
        quantile_bars(page, table, words)
        first_order, spread = table.array("u_first_order"), table.array("standard_deviation")
        page.table(["answer", "nominal", "5 %", "50 %", "95 %", "u", "u, first order"],
                   [[escape(word)] + [significant(float(table.array(n)[k]), 5) for n in ("nominal", "p05", "p50", "p95")] +
                    [significant(float(spread[k])), significant(float(first_order[k]))
                     if math.isfinite(float(first_order[k])) else "\u2013"] for k, word in enumerate(words)],
                   "Quantiles and standard uncertainty; first order: from gradients at the nominal design, a check. "
                   + escape(found.text("gradient_text")), (1, 2, 3, 4, 5, 6), table.path)
        if "sobol_total" in table:
            for k in range(len(names)):
                tornado(page, table, inputs, words, k)
    page.table(["input", "distribution"],
               [[escape(a), escape(b)] for a, b in zip(inputs, found.texts("input_distribution"))],
               "What was taken as uncertain; inputs are independent of each other.", (), found.path)
