"""What the diffraction pattern of one sample says: fit, fractions, search, closure, cells."""
import math

import numpy as np

from . import figures
from .result import BELOW_LOD, MEASURED, STATUS_WORDS
from .values import STATE_WORDS
from .words import escape, probability, significant, with_expanded


def phase_rows(sample):
    phases = sample.child("phases")
    columns = [phases.array(name) for name in
               ("weight_fraction", "weight_fraction_errors", "weight_fraction_u_total",
                "weight_fraction_lod", "weight_fraction_state")]
    return list(zip(phases.texts("phase"), *columns))


def fit_figure(page, path, two_theta, observed, calculated, background, ticks, merits, name):
    caption = (f"Fitted pattern, 2\u03b8 {two_theta[0]:.2f} to {two_theta[-1]:.2f}\u00b0: "
               f"R<sub>wp</sub> = {100 * merits['rwp']:.2f} %, R<sub>exp</sub> = "
               f"{100 * merits['rexp']:.2f} %, GoF = {merits['gof']:.2f}. Marks: Bragg positions "
               "of each phase.")
    drawing = figures.rietveld(two_theta, observed, calculated, background, ticks, "fitted pattern")
    if len(background) != len(two_theta):
        background = np.full(len(two_theta), np.nan)
    rows = [[float(a), float(b), float(c), float(d), float(b - c)] for a, b, c, d in
            zip(two_theta, observed, calculated, background)]
    page.figure(drawing, caption, path, name,
                ["two_theta (deg)", "observed (counts)", "calculated (counts)",
                 "background (counts)", "difference (counts)"], rows)


def quantification(page, sample):
    """Fractions of the original sample, and Brindley's correction beside the uncorrected ones."""
    group = sample.child("quantification")
    for name in ("absolute", "absolute_2"):
        table = group.child(name)
        if not table:
            continue
        rows = []
        for part, value, u_stat, u_total, limit, state in zip(
                table.texts("part"), table.array("weight_fraction"),
                table.array("weight_fraction_errors"), table.array("weight_fraction_u_total"),
                table.array("weight_fraction_limit_95"), table.array("weight_fraction_state")):
            number, expanded = with_expanded(100 * value, 100 * u_total)
            if state != MEASURED:
                number, expanded = f"&lt;&nbsp;{significant(100 * limit, 2)}", "\u2013"
            rows.append([escape(part), STATE_WORDS[state], number, significant(100 * u_stat, 2),
                         expanded])
        page.table(["part", "state", "W / wt%", "u<sub>stat</sub> / wt%", "U (k = 2) / wt%"], rows,
                   f"Of the original sample, by {escape(table.text('method'))} "
                   f"({escape(table.text('basis'))}). What stands behind &lt; is a one-sided 95&nbsp;% "
                   "limit.", (2, 3, 4), table.path)
    table = group.child("contrast")
    if table:
        rows = [[escape(phase), f"{diameter:.3g}", significant(float(contrast), 2), f"{tau:.3f}",
                 f"{100 * corrected:.2f}"] for phase, diameter, contrast, tau, corrected in
                zip(table.texts("phase"), table.array("diameter"), table.array("contrast"),
                    table.array("tau"), table.array("weight_fraction"))]
        verdict = ("every contrast is within 0.1" if table.integer("valid") else
                   "<b>a contrast exceeds 0.1: the corrected fractions may be worse than the others</b>")
        page.table(["phase", "grain diameter / \u00b5m", "(\u03bc \u2212 \u03bc<sub>mix</sub>) D",
                    "\u03c4", "corrected W / wt%"], rows,
                   "Absorption contrast after Brindley, beside the uncorrected fractions above; " +
                   verdict + (", and the diameter is assumed, not measured." if
                              table.integer("diameter_assumed") else "."), (1, 2, 3, 4), table.path)


def summation(page, group):
    """Measured reference patterns added up: groups first, then what the references did."""
    table = group.child("groups")
    if table:
        rows = []
        absolute = np.isfinite(table.array("absolute_fraction")).any()
        kind = "absolute_fraction" if absolute else "weight_fraction"
        for name, members, value, total in zip(table.texts("group"), table.texts("members"),
                                               table.array(kind), table.array(kind + "_u_total")):
            if not np.isfinite(value):
                continue
            number, expanded = with_expanded(100 * value, 100 * total)
            rows.append([escape(name), number, expanded, escape(members)])
        page.table(["group", "W / wt%", "U (k = 2) / wt%", "references"], rows,
                   "Phases quoted together" + (", of the original sample." if absolute else
                   ", of what the references describe."), (1, 2), table.path)
    table = group.child("summation")
    if table:
        rows = [[escape(phase), f"{shift:+.3f}", escape(others) or "\u2013"] for phase, shift, others
                in zip(table.texts("phase"), table.array("own_shift"), table.texts("not_told_apart"))]
        page.table(["reference", "own shift / \u00b0", "cannot be told from"], rows,
                   f"Full-pattern summation with {escape(table.text('library'))}: "
                   f"{table.integer('references')} references "
                   f"{'searched' if table.integer('searched') else 'named'}, all shifted by "
                   f"{table.number('shift'):+.3f}\u00b0. {len(table.texts('not_found'))} references "
                   "were searched and not found; their limits of detection stand in the file.",
                   (1,), table.path)


def closure(page, group):
    """Elements by the phases against the assay."""
    table = group.child("closure")
    if not table:
        return
    rows = [[escape(element), significant(100 * a), significant(100 * ua, 2), significant(100 * b),
             significant(100 * ub, 2)] for element, a, ua, b, ub in
            zip(table.texts("element"), table.array("predicted"), table.array("predicted_errors"),
                table.array("assay"), table.array("assay_errors"))]
    p = table.number("p_value")
    page.table(["element", "by the phases / wt%", "u / wt%", "assay / wt%", "u / wt%"], rows,
               f"Closure: \u03c7\u00b2 = {table.number('chi_square'):.1f} for "
               f"{table.integer('degrees_of_freedom')} elements, p = {p:.3g}" +
               (": <b>phases and assay contradict each other</b>." if p < 0.01 else "."),
               (1, 2, 3, 4), table.path)
    rows = [[escape(phase), significant(100 * w), significant(100 * u, 2)] for phase, w, u in
            zip(table.texts("phase"), table.array("joint_weight_fraction"),
                table.array("joint_weight_fraction_errors"))]
    page.table(["phase", "W / wt%", "u / wt%"], rows,
               "Pattern and assay together (generalised least squares), beside the fractions above.",
               (1, 2), table.path)


def identification(page, sample):
    """What the search for phases found, what else was possible, and what could have gone unseen."""
    group = sample.child("identification")
    if not group:
        return
    found = group.child("found")
    rows = []
    for name, others, chance, bic, lines, confirmed in zip(
            found.texts("phase"), found.texts("not_told_apart"), found.array("probability"),
            found.array("delta_bic"), found.array("resolved_lines"), found.array("confirmed")):
        rows.append([escape(name), escape(probability(float(chance))), f"{bic:.0f}", str(int(lines)), escape(others) or "\u2013",
                     "yes" if confirmed else "no"])
    verdict = ("<b>Undetermined: another set of phases describes the pattern as well.</b> "
               if group.integer("undetermined") else "")
    if group.text("text"):
        verdict += escape(group.text("text")) + " "
    page.table(["phase", "probability", "\u0394BIC without it", "lines of its own",
                "cannot be told from", "confirmed by refinement"], rows,
               f"{verdict}Phases named by a search among {group.integer('candidates')} of the library; "
               "probabilities hold given that library. "
               f"{100 * group.number('unexplained_share'):.1f}&nbsp;% of the peak area lies at angles of "
               "none of them; a phase with fewer than two lines of its own is not named.",
               (1, 2, 3), found.path)
    hypotheses = group.child("hypotheses")
    rows = [[escape(phases) or "none of the library", f"{bic:.1f}", escape(probability(float(chance)))] for phases, bic, chance in
            zip(hypotheses.texts("phases"), hypotheses.array("bic"), hypotheses.array("probability"))]
    if rows:
        page.table(["set of phases", "\u0394BIC", "probability"], rows,
                   "Sets compared, best first. Below 6 in BIC two sets cannot be told apart.", (1, 2),
                   hypotheses.path)
    absent = group.child("absent_rare_earth")
    rows = [[escape(name), significant(100 * float(lod), 2) if math.isfinite(lod) else
             "nothing can be said"] for name, lod in
            zip(absent.texts("phase"), absent.array("lod_weight_fraction"))]
    if rows:
        page.table(["rare-earth phase", "LOD / wt%"], rows,
                   "Rare-earth phases searched and not found; each would have been named in 95 % of repetitions "
                   "from its LOD on: less could have gone unseen.",
                   (1,), absent.path)


def diffraction(page, sample):
    fit = sample.child("fit")
    if not fit:
        return
    page.heading("Phases by X-ray powder diffraction")
    status = STATUS_WORDS[fit.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}</b> '
                 f"{escape(fit.text('status_text'))}</div>")
    data = fit.child("data")
    phases = sample.child("phases")
    names = phases.texts("phase")
    if data:
        owner, place = phases.array("tick_phase"), phases.array("tick_two_theta")
        ticks = [(name, place[owner == k].tolist()) for k, name in enumerate(names)]
        fit_figure(page, data.path, data.array("input_independent"), data.array("input_dependent"),
                   data.array("fit_sum"), data.array("background"), ticks,
                   {key: fit.number(key) for key in ("rwp", "rexp", "gof")}, "rietveld")
    rows = []
    limits = dict(zip(names, phases.array("weight_fraction_limit_95")))
    for name, value, u_stat, u_total, lod, state in phase_rows(sample):
        number, expanded = with_expanded(100 * value, 100 * u_total)
        if state == BELOW_LOD:
            limit = limits.get(name, math.nan)
            limit = limit if math.isfinite(limit) else lod
            number, expanded = f"&lt;&nbsp;{significant(100 * limit, 2)}", "\u2013"
        rows.append([escape(name), STATE_WORDS[state], number, significant(100 * u_stat, 2), expanded,
                     significant(100 * lod, 2)])
    page.table(["phase", "state", "W / wt%", "u<sub>stat</sub> / wt%", "U (k = 2) / wt%",
                "LOD / wt%"], rows,
               "Weight fractions. u<sub>stat</sub>: repeating this measurement on this mount with this "
               "model; U: model error included.", (2, 3, 4, 5), phases.path)
    page.paragraph("Scope: fractions of this table refer to the crystalline phases named in it and sum "
                   "to 100&nbsp;% by construction. Amorphous matter and phases not named are not in "
                   "them.")
    identification(page, sample)
    quantification(page, sample)
    summation(page, sample.child("quantification"))
    closure(page, sample.child("quantification"))
    cells, errors = phases.array("cell"), phases.array("cell_errors")
    rows = []
    for k, name in enumerate(names):
        row = [escape(name)]
        for c in range(6):
            value, u = float(cells[k][c]), float(errors[k][c])
            if math.isfinite(value) and u > 0:
                number, expanded = with_expanded(value, u, 1.0)
                row.append(f"{number} ({expanded})")
            else:
                row.append(significant(value, 5) if c < 3 else f"{value:.4g}" if
                           abs(value - round(value)) < 1e-6 else f"{value:.3f}")
        size = phases.array("size")[k]
        rows.append(row + [significant(float(size), 2) if math.isfinite(size) else "\u2013"])
    page.table(["phase", "a / \u00c5", "b / \u00c5", "c / \u00c5", "\u03b1 / \u00b0", "\u03b2 / \u00b0",
                "\u03b3 / \u00b0", "size / nm"], rows,
               "Cells; standard uncertainty in brackets where the refinement states one.", range(1, 8),
               phases.path)
    xrd = sample.child("xrd")
    page.paragraph(f"Pattern <code>{escape(xrd.text('file'))}</code>, read as "
                   f"{escape(xrd.text('reader') or 'not stated')}; {fit.integer('points')} points, "
                   f"{fit.integer('parameters')} parameters, {fit.integer('iterations')} iterations, "
                   f"Durbin-Watson {fit.number('durbin_watson'):.2f}.", "quiet")
