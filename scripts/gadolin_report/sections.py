"""What a report says about one sample, in the order of docs/formats/report.md."""
import math
import re

import numpy as np

from . import circuit as banks
from . import figures
from .page import facts
from .result import BELOW_LOD, MEASURED, NOT_MEASURED, STATUS_WORDS
from .values import STATE_WORDS, assay_rows, quantity_cells
from .words import escape, interval_text, listed, probability, significant, with_expanded

CASE_FACTS = (
    ("report_number", "Report number of the laboratory"), ("laboratory_name", "Laboratory"),
    ("laboratory_address", "Address"), ("place_of_work", "Place of work"), ("customer", "Customer"),
    ("case_id", "Case"), ("item_id", "Item"), ("item_description", "Description of the item"),
    ("item_condition", "Condition on receipt"), ("seal_id", "Seal"), ("declared_as", "Declared as"),
    ("mass_received_g", "Mass received / g"), ("date_sampled", "Date of sampling"),
    ("date_received", "Date of receipt"), ("date_tested", "Date of testing"),
    ("date_issued", "Date of issue"), ("sampling_plan", "Sampling plan"),
    ("method", "Method"), ("method_deviations", "Deviations from the method"),
    ("examiner", "Examiner"), ("authorised_by", "Authorised by"))
TRACE = 1e-6  # of the feed; less than this of a species is no statement about a plant
CALCULATED = ("process", "plant", "dynamics", "uncertainty", "optimisation")
NOT_SUPPLIED = '<span class="missing">NOT SUPPLIED</span>'
RARE_EARTHS = "La Ce Pr Nd Sm Eu Gd Tb Dy Y Ho Er Tm Yb Lu Sc".split()
BY_NUMBER = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split()


def is_calculation(sample):
    """Nothing was measured: a process engineer's study, not a laboratory's report."""
    return (not sample.child("case") and not sample.child("fit") and not sample.child("assay")
            and any(sample.child(name) for name in CALCULATED))


def is_draft(sample):
    if is_calculation(sample):
        return False
    case = sample.child("case")
    return any(not case.text(key) for key, _ in CASE_FACTS)


def administrative(page, sample):
    page.heading("Administrative information")
    case = sample.child("case")
    if is_calculation(sample):
        page.add(facts([("Subject", escape(sample.text("entry_identifier"))),
                        ("Kind", "Calculation. Nothing was measured for it and no laboratory or case stands behind it; its inputs, "
                                 "with their hashes, are listed in the annex.")]))
        return
    if not case:
        page.add(facts([("Sample in the result file", escape(sample.text("entry_identifier"))),
                        ("Laboratory, case, item, dates, method, authorisation",
                         NOT_SUPPLIED + " (measured without a case file)")]))
        return
    known = dict(CASE_FACTS)
    rows = [("Sample in the result file", escape(sample.text("entry_identifier")))]
    for key, words in CASE_FACTS:
        value = case.text(key)
        rows.append((words, escape(value) if value else NOT_SUPPLIED))
    skip = set(known) | {"questions", "blind_spots", "report_title", "warnings"}
    for key in (case.group or ()):
        if key not in skip:
            words = re.sub(r"^custody 0*(\d+)$", r"Custody \1", key.replace("_", " "))
            rows.append((words, escape(case.text(key))))
    page.add(facts(rows))
    questions = case.texts("questions")
    if questions:
        page.sub("Questions put")
        page.add("<ol>" + "".join(f"<li>{escape(q)}</li>" for q in questions) + "</ol>")
    page.paragraph("The results relate only to the items tested. This report is not to be reproduced "
                   "except in full. Names, dates and the authorisation are printed as the case file "
                   "states them; gadolin has checked none of them, and this page is not a signature.",
                   "quiet")


def phase_rows(sample):
    phases = sample.child("phases")
    columns = [phases.array(name) for name in
               ("weight_fraction", "weight_fraction_errors", "weight_fraction_u_total",
                "weight_fraction_lod", "weight_fraction_state")]
    return list(zip(phases.texts("phase"), *columns))


def fit_doubts(fit):
    """Sentences on what the fitted phases leave open, from the warnings of the refinement."""
    words = {"W-XRD-107": "Phases are missing from the list", "W-XRD-108": "Not all is crystalline, or "
             "the background is not smooth", "W-XRD-111": "The fit is poor"}
    return [f"<b>{words[code]}</b>: {escape(text.rstrip('.'))}." for code, text in fit.warnings() if code in words]


def assumed_note(sample, elements):
    """Says where an uncertainty was assumed by the program, not stated by the laboratory."""
    table = sample.child("assay")
    flagged = {e for e, flag in zip(table.texts("element"), table.array("u_defaulted")) if flag}
    return ("; the laboratory stated no uncertainty, this one is assumed"
            if flagged & set(elements.split()) else "")


def summary(page, sample):
    page.heading("Summary in plain words")
    case = sample.child("case")
    lines = []
    if case.text("declared_as"):
        lines.append(f"The goods were declared as <b>{escape(case.text('declared_as'))}</b>.")
    fit = sample.child("fit")
    if fit:
        if STATUS_WORDS[fit.integer("status")] != "ok":
            lines.append("<b>The refinement of the diffraction pattern did not succeed "
                         f"({escape(fit.text('status_text') or STATUS_WORDS[fit.integer('status')])}); "
                         "its numbers are not to be relied on.</b>")
        seen = sorted((r for r in phase_rows(sample) if r[5] == MEASURED), key=lambda r: -r[1])
        if seen:
            parts = []
            for name, value, _, u_total, _, _ in seen:
                number, expanded = with_expanded(100 * value, 100 * u_total)
                parts.append(f"{escape(name)} ({number}&nbsp;\u00b1&nbsp;{expanded}&nbsp;%)")
            if len(parts) == 1:
                lines.append(f"One phase was fitted to the diffraction pattern, {escape(seen[0][0])}: "
                             "its fraction of 100&nbsp;% is so by construction, not a finding.")
            else:
                lines.append("Of the crystalline phases it was given, the fit of the diffraction pattern "
                             f"finds {listed(parts)}, by mass; together they are 100&nbsp;% by "
                             "construction.")
        lines += fit_doubts(fit)
    for index in indices(sample):
        if index["name"] == "TREO" and index["state"] == MEASURED:
            number, expanded = with_expanded(index["value"], index["u"])
            lines.append(f"By chemical assay it holds <b>{number}&nbsp;\u00b1&nbsp;{expanded}&nbsp;"
                         f"{escape(index['unit'])}</b> rare-earth oxides (sum of "
                         f"{escape(index['elements'])}"
                         f"{assumed_note(sample, index['elements'])}).")
    recovery = sample.child("recovery")
    if recovery:
        agreement = recovery.child("reconciliation")
        if agreement and agreement.integer("conflict"):
            lines.append("<b>Diffraction and assay contradict each other</b>: "
                         f"{escape(agreement.text('conflict_text').rstrip('.'))}. Nothing was averaged.")
        elif agreement and not agreement.integer("converged"):
            lines.append("<b>Diffraction and assay were not reconciled</b>: "
                         f"{escape(agreement.text('status_text').rstrip('.'))}.")
        elif (agreement and agreement.integer("degrees_of_freedom") > 0
              and math.isfinite(agreement.number("p_value"))):
            lines.append("Diffraction and assay agree within their uncertainties "
                         f"(p&nbsp;=&nbsp;{significant(agreement.number('p_value'), 2)}).")
        p05, p50, p95, _ = recovery.interval("treo_recoverable")
        contained = recovery.interval("treo_contained")
        route = f"route <i>{escape(recovery.text('route'))}</i>"
        if contained[2] > 0 and p95 == 0:
            lines.append("Of " + interval_text(*contained[:3]) + "&nbsp;kg rare-earth oxides per tonne, "
                         f"<b>none</b> counts as recoverable: the {route} gives no yield to what carries "
                         "them (" + escape(", ".join(recovery.child("carriers").texts("phase"))) + "). "
                         "That is a statement about the route chosen, not about the material.")
        else:
            lines.append("Of " + interval_text(*contained[:3]) + "&nbsp;kg rare-earth oxides per tonne, "
                         "<b>" + interval_text(p05, p50, p95) + "&nbsp;kg</b> could be recovered by the "
                         f"{route} (5 % to 95 % in brackets). The weakest figure it rests on is of "
                         f"class {escape(recovery.text('worst_evidence'))}.")
    origin = sample.child("provenance")
    if origin and origin.text("conclusion_text"):
        lines.append("Opinion on origin: " + escape(origin.text("conclusion_text")))
    process = sample.child("process")
    if process:
        status = STATUS_WORDS[process.integer("status")]
        words = "was simulated to closure" if status == "ok" else f"<b>was not solved ({status})</b>"
        lines.append(f"The separation circuit <i>{escape(process.text('name'))}</i> {words}.")
    lines += plant_lines(sample.child("plant")) + risk_lines(sample)
    if not lines:
        lines.append("The file holds no result for this sample.")
    page.add("<ul class=\"lead\">" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>")
    if is_calculation(sample):
        page.paragraph("Calculated numbers carry no uncertainty here; how far to trust them is said by their class of evidence and "
                       "by the warnings.", "quiet")
        return
    page.paragraph("\u00b1 is the expanded uncertainty U with coverage factor k&nbsp;=&nbsp;2 (about "
                   "95&nbsp;%). What is below a limit of detection, above a range or not measured is said "
                   "so in the tables; it is nowhere counted as zero.", "quiet")


def plant_lines(plant):
    """A plant in a few sentences: is it closed, what does it make, what does it cost, what is doubtful."""
    if not plant or plant.text("not_for_report"):
        return []
    status = STATUS_WORDS[plant.integer("status")]
    if status != "ok":
        return [f"<b>The plant was not solved ({escape(status)}): {escape(plant.text('status_text').rstrip('.'))}.</b>"]
    lines = []
    closure = plant.child("balances").array("closure_relative")
    products = plant.child("products")
    made = [f"{escape(name)} {significant(float(flow))}&nbsp;kg/h at {100 * float(purity):.2f}&nbsp;wt%"
            + ("" if purity >= target else " (<b>below the target</b>)")
            for name, flow, purity, target in zip(products.texts("name"), products.array("oxide_flow"),
                                                  products.array("purity_fraction"), products.array("target_purity_fraction"))]
    lines.append("The plant runs steadily and every balance closes" +
                 (f" (worst {significant(float(np.max(closure)), 2)} relative)." if len(closure) else "."))
    if made:
        lines.append(f"It makes {listed(made)} of the rare-earth oxides in each.")
    cost = plant.child("cost")
    for name, words in (("operating", "Operating cost"), ("revenue", "Revenue"), ("capital", "Capital")):
        table = cost.child(name)
        if not table or not math.isfinite(table.number("mid")):
            continue
        low, high = significant(table.number("low") / 1e6), significant(table.number("high") / 1e6)
        missing = [item for item, why in zip(table.texts("item"), table.array("line_low")) if not math.isfinite(why)]
        lines.append(f"{words}: {low if low == high else f'{low} to {high}'} million {escape(table.text('currency'))}"
                     f"{'' if name == 'capital' else ' a year'} ({escape(table.text('market'))})" +
                     (f"; <b>incomplete</b>, no price for {escape(listed(missing))}." if missing else "."))
    lines.append(f"The weakest numbers it rests on are of class <b>{escape(plant.text('worst_evidence'))}</b>; "
                 f"{len(plant.warnings())} warnings are listed in full below.")
    return lines


def risk_lines(sample):
    lines = []
    dynamics = sample.child("dynamics")
    if dynamics:
        words = "was followed in time" if STATUS_WORDS[dynamics.integer("status")] == "ok" else "<b>could not be followed to the end</b>"
        lines.append(f"The circuit <i>{escape(dynamics.text('name') or sample.text('entry_identifier'))}</i> {words}.")
    if sample.child("uncertainty"):
        lines.append("How far the constants, the feed and the flows are known was carried through to the answers.")
    return lines


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
    for name, others, probability, bic, lines, confirmed in zip(
            found.texts("phase"), found.texts("not_told_apart"), found.array("probability"),
            found.array("delta_bic"), found.array("resolved_lines"), found.array("confirmed")):
        chance = "&gt; 0.999" if probability > 0.999 else f"{probability:.3f}"
        rows.append([escape(name), chance, f"{bic:.0f}", str(int(lines)), escape(others) or "\u2013",
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
    rows = [[escape(phases), f"{bic:.1f}", f"{probability:.2g}"] for phases, bic, probability in
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


def percent(fraction):
    return "&gt;&nbsp;99.99" if fraction > 0.9999 else significant(100 * fraction)


def separation(page, sample, planned=False):
    """A circuit; its profiles are left to the plant where the file holds one (`planned`)."""
    process = sample.child("process")
    if not process:
        return
    page.heading("Separation")
    status = STATUS_WORDS[process.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> '
                 f"{escape(process.text('status_text').rstrip('.'))}. The profiles below are the last iterate, "
                 "not a result.</div>")
    page.paragraph(f"Circuit <b>{escape(process.text('name'))}</b>; extractant "
                   f"{escape(process.text('extractant') or 'not stated')}; weakest evidence class "
                   f"{escape(process.text('worst_evidence'))}.")
    closures = []
    for name in process.texts("bank_groups"):
        bank = process.child(name)
        if not planned:
            banks.profiles(page, bank, "", name)
            banks.conditions(page, bank)
        closure = bank.child("closure")
        for balance, value in zip(closure.texts("balance"), closure.array("closure_relative")):
            closures.append((bank.text("name"), balance, float(value)))
    products = process.child("products")
    species = products.texts("species")
    if species:
        rows = []
        recovered, purity = products.array("recovery_fraction"), products.array("purity_fraction")
        flows = products.array("molar_flow")
        for k, name in enumerate(products.texts("name")):
            # What is less than a millionth of its feed is a number of the solver, not of a plant.
            kept = [j for j in range(len(species)) if recovered[k][j] >= TRACE
                    or not recovered[:, j].any() and flows[k][j] > TRACE * flows.max()]
            for place, j in enumerate(kept):
                fed = recovered[:, j].any()
                rows.append([escape(name) if place == 0 else "",
                             escape(products.texts("phase")[k]) if place == 0 else "",
                             escape(species[j]), significant(float(flows[k][j])),
                             percent(float(recovered[k][j])) if fed else "not fed",
                             percent(float(purity[k][j])) if fed else "\u2013"])
            if len(kept) < len(species):
                rows.append(["" if kept else escape(name),
                             "" if kept else escape(products.texts("phase")[k]),
                             "the others" if kept else "all", "traces", "&lt; 0.0001", "\u2013"])
        page.table(["product", "phase", "species", "flow / mol/h", "recovery / %",
                    "share among rare earths / %"], rows, "Products of the circuit (moles).", (3, 4, 5),
                   products.path)
    balances = {}
    for element, value in zip(process.texts("species"), process.array("closure_relative")):
        closures.append(("whole circuit", element, float(value)))
    recovered = sample.child("recovery").child("elements")
    for element, value in zip(recovered.texts("element"), recovered.array("closure_relative")):
        closures.append(("recovery chain", element, float(value)))
    for over, element, value in closures:
        balances.setdefault(over, []).append((value, element))
    page.table(["balance over", "balances", "worst of", "in \u2212 out, relative"],
               [[escape(over), str(len(found)), escape(max(found)[1]), significant(max(found)[0], 2)]
                for over, found in balances.items()],
               "Closure: what goes in less what comes out, over what goes in; the worst of each, all are "
               "in the file.", (1, 3), process.path)


def origin(page, sample):
    table = sample.child("provenance")
    if not table:
        return
    page.heading("Opinion on origin")
    page.add('<div class="opinion"><p class="tag">OPINION AND INTERPRETATION, NOT A MEASUREMENT</p>')
    page.paragraph(f"<b>{escape(table.text('conclusion_text') or table.text('conclusion'))}</b>")
    if not np.any(table.child("candidates").array("comparable")):
        page.paragraph("No source could be compared, so nothing is drawn: the file holds the priors "
                       f"unchanged. {escape('; '.join(table.texts('elements_left_out')))}", "quiet")
        page.add("</div>")
        return
    page.paragraph("The bars are probabilities given the stated library, model and priors (prior of "
                   f"\u201cnone of these\u201d {significant(table.number('prior_none_of_these'), 2)}). "
                   "A likelihood ratio speaks of the probability of the findings if the goods came from "
                   "a source, not of the probability that they did.")
    bars = table.child("posterior")
    rows = list(zip(bars.texts("source"), bars.array("posterior").tolist()))
    shown = [r for r in rows if r[1] >= 0.0005][:12]
    if "none of these" not in [r[0] for r in shown]:
        shown.append(("none of these", table.number("none_of_these")))
    rest = sum(v for r, v in rows) - sum(v for r, v in shown)
    page.figure(figures.bars(shown, "Posterior over sources", "posterior probability",
                             ("none of these",)),
                "Posterior probability of each source of the library and of none of them"
                + (f"; sources not drawn sum to {probability(rest)}." if len(rows) > len(shown) else "."),
                bars.path, "origin_posterior", ["source", "posterior"], [list(r) for r in rows])
    groups = table.child("groups")
    told = [[escape(g), probability(float(p))] for g, p in
            zip(groups.texts("deposit_ids"), groups.array("posterior")) if p >= 0.0005]
    if told:
        page.table(["sources that cannot be told apart", "posterior"], told,
                   "Groups: their members have to be read as one answer.", (1,), groups.path)
    candidates = table.child("candidates")
    names = candidates.texts("name")
    rows = []
    clamp = table.number("log10_lr_clamp")
    for k, name in enumerate(names):
        comparable = bool(candidates.array("comparable")[k])
        if not comparable or (k >= 12 and candidates.array("posterior")[k] < 0.0005):
            continue
        lr = float(candidates.array("log10_lr")[k])
        edge = "\u2265&nbsp;" if lr >= clamp > 0 else "\u2264&nbsp;" if lr <= -clamp < 0 else ""
        rows.append([escape(name), probability(float(candidates.array("posterior")[k])),
                     edge + significant(lr, 2),
                     probability(float(candidates.array("typicality_p")[k])),
                     str(int(candidates.array("sets")[k])),
                     "yes" if candidates.array("mean_only")[k] else "no",
                     escape(candidates.texts("worst_grade")[k])])
    page.table(["source", "posterior", "log<sub>10</sub> LR", "typicality p", "data sets", "mean only",
                "worst grade"], rows, "Sources compared (LR against the average of the alternatives).",
               (1, 2, 3, 4), candidates.path)
    library = table.child("library")
    left_out = sum(1 for k in range(len(names)) if not candidates.array("comparable")[k])
    page.paragraph(f"Sum over the sources in China: {probability(table.number('posterior_in_china'))}. "
                   f"Elements used: {escape(', '.join(table.texts('elements_used')) or 'none')}; below LOD "
                   f"and used as such: {escape(', '.join(table.texts('elements_censored')) or 'none')}; "
                   f"left out: {escape('; '.join(table.texts('elements_left_out')) or 'none')}. "
                   f"{left_out} sources share too few elements to be compared. Library "
                   f"{escape(library.text('name'))} {escape(library.text('version'))}, SHA-256 "
                   f"<code>{escape(library.text('sha256'))}</code>. Calibration: "
                   f"{escape(table.text('calibration_id'))}.", "quiet")
    page.add("</div>")


def blind_spots(page, sample):
    """Always there: what the methods of this sample cannot see."""
    page.heading("What these methods cannot see")
    lines = list(sample.child("case").texts("blind_spots"))
    if is_calculation(sample):
        lines = ["Equilibrium and balances only: emulsions, crud, third phases, scale and corrosion are not predicted; loading, O/A and "
                 "acid outside the data are flagged, not forbidden.",
                 "Constants hold for the medium, diluent and concentrations they were measured in; stages outside are named among the "
                 "warnings.",
                 "Elements the feed does not state are nowhere in the balances; losses are those the configuration gives."]
        page.add('<div class="box"><ul>' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul></div>")
        return
    if sample.child("fit"):
        lines += ["Diffraction does not see amorphous matter, nor phases below their LOD, nor phases "
                  "that were not in the list; fractions are of the named crystalline phases.",
                  "Diffraction of one mount speaks of the layer the X-rays reach; coatings, coarse "
                  "grains and texture bias it."]
    values = assay_rows(sample)
    if sample.child("assay"):
        missing = [e for e in RARE_EARTHS if values.get(e, (3,))[0] == 3]
        lines.append("Elements outside the assay were not looked for. Rare earths not measured: " +
                     (", ".join(missing) if missing else "none") + ".")
    else:
        lines.append("No chemical assay was supplied: elemental contents are unknown.")
    if not sample.child("fit"):
        lines.append("No diffraction pattern was supplied: the minerals are unknown.")
    if sample.child("provenance"):
        lines.append("Origin is compared with published sources only; a source absent from the library "
                     "can only show as \u201cnone of these\u201d.")
    lines.append("How many increments were taken, and how the bulk was sampled, is outside the "
                 "instruments; it is stated only if the case file states it.")
    page.add('<div class="box"><ul>' + "".join(f"<li>{escape(line)}</li>" for line in lines) +
             "</ul></div>")


def warnings(page, sample):
    page.heading("Warnings in full")
    places = [("fit", sample.child("fit")), ("assay", sample.child("assay")),
              ("origin", sample.child("provenance")), ("recovery", sample.child("recovery")),
              ("reconciliation", sample.child("recovery").child("reconciliation")),
              ("separation", sample.child("process")), ("plant", sample.child("plant"))]
    process = sample.child("process")
    places += [(process.child(name).text("name"), process.child(name))
               for name in process.texts("bank_groups")]
    rows = [[escape(words), f'<code style="white-space:nowrap">{escape(code)}</code>', escape(text)]
            for words, table in places for code, text in table.warnings()]
    if rows:
        page.table(["part", "code", "warning"], rows, f"{len(rows)} warnings.", path=sample.path)
    else:
        page.paragraph("None.")
