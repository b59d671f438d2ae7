"""What a report says about one sample, in the order of docs/formats/report.md."""
import math

import numpy as np

from . import figures
from .page import facts
from .result import ABOVE_RANGE, BELOW_LOD, MEASURED, STATUS_WORDS
from .words import (escape, formula, interval_text, listed, probability, significant,
                    with_expanded)

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
NOT_SUPPLIED = '<span class="missing">NOT SUPPLIED</span>'
STATE_WORDS = ("measured", "below LOD", "above range", "not measured")
RARE_EARTHS = "La Ce Pr Nd Sm Eu Gd Tb Dy Y Ho Er Tm Yb Lu Sc".split()
BY_NUMBER = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split()


def is_draft(sample):
    case = sample.child("case")
    return any(not case.text(key) for key, _ in CASE_FACTS)


def administrative(page, sample):
    page.heading("Administrative information")
    case = sample.child("case")
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
            rows.append((key.replace("_", " "), escape(case.text(key))))
    page.add(facts(rows))
    questions = case.texts("questions")
    if questions:
        page.sub("Questions put")
        page.add("<ol>" + "".join(f"<li>{escape(q)}</li>" for q in questions) + "</ol>")
    page.paragraph("The results relate only to the items tested. This report is not to be reproduced "
                   "except in full.", "quiet")


def phase_rows(sample):
    phases = sample.child("phases")
    columns = [phases.array(name) for name in
               ("weight_fraction", "weight_fraction_errors", "weight_fraction_u_total",
                "weight_fraction_lod", "weight_fraction_state")]
    return list(zip(phases.texts("phase"), *columns))


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
            lines.append(f"By X-ray diffraction its crystalline part is {listed(parts)}, by mass.")
    for index in indices(sample):
        if index["name"] == "TREO" and index["state"] == MEASURED:
            number, expanded = with_expanded(index["value"], index["u"])
            lines.append(f"By chemical assay it holds <b>{number}&nbsp;\u00b1&nbsp;{expanded}&nbsp;"
                         f"{escape(index['unit'])}</b> rare-earth oxides (sum of "
                         f"{escape(index['elements'])}).")
    recovery = sample.child("recovery")
    if recovery:
        agreement = recovery.child("reconciliation")
        if agreement and agreement.integer("conflict"):
            lines.append("<b>Diffraction and assay contradict each other</b>: "
                         f"{escape(agreement.text('conflict_text'))}. Nothing was averaged.")
        elif agreement and math.isfinite(agreement.number("p_value")):
            lines.append("Diffraction and assay agree within their uncertainties "
                         f"(p&nbsp;=&nbsp;{significant(agreement.number('p_value'), 2)}).")
        p05, p50, p95, _ = recovery.interval("treo_recoverable")
        contained = recovery.interval("treo_contained")
        lines.append("Of " + interval_text(*contained[:3]) + "&nbsp;kg rare-earth oxides per tonne, "
                     "<b>" + interval_text(p05, p50, p95) + "&nbsp;kg</b> could be recovered by the "
                     f"route <i>{escape(recovery.text('route'))}</i> (5 % to 95 % in brackets). The "
                     f"weakest figure it rests on is of class {escape(recovery.text('worst_evidence'))}.")
    origin = sample.child("provenance")
    if origin and origin.text("conclusion_text"):
        lines.append("Opinion on origin: " + escape(origin.text("conclusion_text")))
    process = sample.child("process")
    if process:
        status = STATUS_WORDS[process.integer("status")]
        words = "was simulated to closure" if status == "ok" else f"<b>was not solved ({status})</b>"
        lines.append(f"The separation circuit <i>{escape(process.text('name'))}</i> {words}.")
    if not lines:
        lines.append("The file holds no result for this sample.")
    page.add("<ul class=\"lead\">" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>")
    page.paragraph("\u00b1 is the expanded uncertainty U with coverage factor k&nbsp;=&nbsp;2 (about "
                   "95&nbsp;%). What is below a limit of detection, above a range or not measured is said "
                   "so in the tables; it is nowhere counted as zero.", "quiet")


def fit_figure(page, path, two_theta, observed, calculated, background, ticks, merits, name):
    caption = (f"Rietveld refinement, 2\u03b8 {two_theta[0]:.2f} to {two_theta[-1]:.2f}\u00b0: "
               f"R<sub>wp</sub> = {100 * merits['rwp']:.2f} %, R<sub>exp</sub> = "
               f"{100 * merits['rexp']:.2f} %, GoF = {merits['gof']:.2f}. Marks: Bragg positions "
               "of each phase.")
    drawing = figures.rietveld(two_theta, observed, calculated, background, ticks,
                               "Rietveld refinement")
    if len(background) != len(two_theta):
        background = np.full(len(two_theta), np.nan)
    rows = [[float(a), float(b), float(c), float(d), float(b - c)] for a, b, c, d in
            zip(two_theta, observed, calculated, background)]
    page.figure(drawing, caption, path, name,
                ["two_theta (deg)", "observed (counts)", "calculated (counts)",
                 "background (counts)", "difference (counts)"], rows)


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
    for name, value, u_stat, u_total, lod, state in phase_rows(sample):
        number, expanded = with_expanded(100 * value, 100 * u_total)
        if state == BELOW_LOD:
            number, expanded = f"&lt;&nbsp;{significant(100 * lod, 2)}", "\u2013"
        rows.append([escape(name), STATE_WORDS[state], number, significant(100 * u_stat, 2), expanded,
                     significant(100 * lod, 2)])
    page.table(["phase", "state", "W / wt%", "u<sub>stat</sub> / wt%", "U (k = 2) / wt%",
                "LOD / wt%"], rows,
               "Weight fractions. u<sub>stat</sub>: repeating this measurement on this mount with this "
               "model; U: model error included.", (2, 3, 4, 5), phases.path)
    page.paragraph("Scope: fractions refer to the crystalline phases named in the table and sum to "
                   "100&nbsp;% by construction. Amorphous matter and phases not named are not in "
                   "them.")
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
                row.append(significant(value, 5))
        size = phases.array("size")[k]
        rows.append(row + [significant(float(size), 2) if math.isfinite(size) else "\u2013"])
    page.table(["phase", "a / \u00c5", "b / \u00c5", "c / \u00c5", "\u03b1 / \u00b0", "\u03b2 / \u00b0",
                "\u03b3 / \u00b0", "size / nm"], rows,
               "Refined cells; standard uncertainty in brackets where refined.", range(1, 8),
               phases.path)
    xrd = sample.child("xrd")
    page.paragraph(f"Pattern <code>{escape(xrd.text('file'))}</code>, read as "
                   f"{escape(xrd.text('reader') or 'not stated')}; {fit.integer('points')} points, "
                   f"{fit.integer('parameters')} parameters, {fit.integer('iterations')} iterations, "
                   f"Durbin-Watson {fit.number('durbin_watson'):.2f}.", "quiet")


def quantity_cells(state, value, u, lod, limit):
    """(value, U) as printed, by state."""
    if state == MEASURED:
        return with_expanded(value, u)
    if state == BELOW_LOD:
        return (f"&lt;&nbsp;{significant(lod, 2)}" if math.isfinite(lod) else "&lt; LOD (not stated)",
                "\u2013")
    if state == ABOVE_RANGE:
        return f"&gt;&nbsp;{significant(limit, 3)}", "\u2013"
    return "\u2013", "\u2013"


def assay_rows(sample):
    table = sample.child("assay")
    columns = [table.array(name) for name in ("content_state", "content", "content_errors",
                                              "content_lod", "content_limit")]
    return {element: tuple(values) for element, *values in zip(table.texts("element"), *columns)}


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
    rows = []
    values = assay_rows(sample)
    order = sorted(range(len(values)), key=lambda i: (
        RARE_EARTHS.index(table.texts("element")[i]) if table.texts("element")[i] in RARE_EARTHS
        else 99, i))
    elements = table.texts("element")
    for i in order:
        state, value, u, lod, limit = values[elements[i]]
        number, expanded = quantity_cells(state, value, u, lod, limit)
        printed = f"{escape(reported[i])} {escape(units[i])} {escape(forms[i])}" if reported[i] else "\u2013"
        rows.append([escape(elements[i]), STATE_WORDS[state], number, expanded,
                     significant(lod, 2) if math.isfinite(lod) else "\u2013", printed,
                     escape(methods[i])])
    page.table(["element", "state", "content / mg/kg", "U (k = 2)", "LOD / mg/kg", "as reported",
                "method"], rows,
               f"Element contents, basis: {escape(table.text('basis'))}. Laboratory: "
               f"{escape(table.text('laboratory') or 'not stated')}.", (2, 3, 4), table.path)
    derived = indices(sample)
    if derived:
        rows = []
        for index in derived:
            number, expanded = quantity_cells(index["state"], index["value"], index["u"],
                                              float("nan"), float("nan"))
            unit = "" if index["unit"] == "1" else index["unit"]
            rows.append([escape(index["name"]), f"{number} {escape(unit)}", expanded,
                         escape(index["elements"]), escape(index["note"])])
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
                 " Both sides are reported as they are; nothing was averaged.</div>")
    if not table.integer("converged"):
        page.paragraph("<b>The reconciliation did not converge</b>: " +
                       escape(table.text("status_text")))
    page.paragraph(f"\u03c7\u00b2 = {significant(chi)} with {dof} degrees of freedom, p = "
                   f"{significant(p, 2)}, conflict is called below {significant(table.number('alpha'), 2)}. "
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
                   rows, "Assay against what the reconciled phases hold.", (1, 2, 3, 4), sub.path)
        if silent:
            page.paragraph("In no modelled phase, so not compared: " + escape(", ".join(silent)) + ".",
                           "quiet")


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
    losses = np.nansum(lost, axis=0) if lost.size else np.array([])
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
    rows = []
    for k, oxide in enumerate(names):
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
               f"{escape(table.text('worst_evidence'))}.", (1, 2, 3), elements.path, total_row=True)
    if not lost.size:
        return
    page.sub("Where did it go?")
    means = elements.array("contained_mean")
    kept = elements.array("recoverable_mean")
    symbols = elements.texts("element")
    parts, rows, data = ["recovered"] + steps, [], []
    for k, symbol in enumerate(symbols):
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
                   [[escape(s)] + [significant(float(v), 3) for v in held[k]]
                    for k, s in enumerate(carriers.texts("element"))],
                   "Which phase carries it: oxide, kg per tonne of feed, 50 % values.",
                   range(1, len(phases) + 1), carriers.path)


def separation(page, sample):
    process = sample.child("process")
    if not process:
        return
    page.heading("Separation")
    status = STATUS_WORDS[process.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> '
                 f"{escape(process.text('status_text'))} The profiles below are the last iterate, "
                 "not a result.</div>")
    page.paragraph(f"Circuit <b>{escape(process.text('name'))}</b>; extractant "
                   f"{escape(process.text('extractant') or 'not stated')}; weakest evidence class "
                   f"{escape(process.text('worst_evidence'))}.")
    closures = []
    for name in process.texts("bank_groups"):
        bank = process.child(name)
        species, stages = bank.texts("species"), bank.array("stage").tolist()
        for phase in ("aqueous", "organic"):
            if phase not in bank:
                continue
            profile = bank.array(phase)
            series = [(s, profile[:, k].tolist()) for k, s in enumerate(species)]
            page.figure(figures.profiles(stages, series, f"{phase} profile",
                                         f"{phase} / mol/L (log)"),
                        f"Bank <b>{escape(bank.text('name'))}</b>, {phase} phase leaving each stage.",
                        f"{bank.path}/{phase}", f"{name}_{phase}", ["stage"] + [s + " (mol/L)" for s in species],
                        [[int(s)] + [float(v) for v in profile[i]] for i, s in enumerate(stages)])
        closure = bank.child("closure")
        for balance, value in zip(closure.texts("balance"), closure.array("closure_relative")):
            closures.append([escape(bank.text("name")), escape(balance), significant(float(value), 2)])
    products = process.child("products")
    species = products.texts("species")
    if species:
        rows = []
        recovered, purity = products.array("recovery_fraction"), products.array("purity_fraction")
        for k, name in enumerate(products.texts("name")):
            for j, element in enumerate(species):
                rows.append([escape(name) if j == 0 else "", escape(products.texts("phase")[k]) if j == 0 else "",
                             escape(element), significant(float(products.array("molar_flow")[k][j])),
                             significant(100 * float(recovered[k][j])),
                             significant(100 * float(purity[k][j]))])
        page.table(["product", "phase", "species", "flow / mol/h", "recovery / %",
                    "share among rare earths / %"], rows, "Products of the circuit.", (3, 4, 5),
                   products.path)
    for element, value in zip(process.texts("species"), process.array("closure_relative")):
        closures.append(["whole circuit", escape(element), significant(float(value), 2)])
    recovered = sample.child("recovery").child("elements")
    for element, value in zip(recovered.texts("element"), recovered.array("closure_relative")):
        closures.append(["recovery chain", escape(element), significant(float(value), 2)])
    page.table(["balance over", "of", "in \u2212 out, relative"], closures,
               "Closure: what goes in less what comes out, over what goes in.", (2,), process.path)


def origin(page, sample):
    table = sample.child("provenance")
    if not table:
        return
    page.heading("Opinion on origin")
    page.add('<div class="opinion"><p class="tag">OPINION AND INTERPRETATION, NOT A MEASUREMENT</p>')
    page.paragraph(f"<b>{escape(table.text('conclusion_text') or table.text('conclusion'))}</b>")
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
    if groups.texts("deposit_ids"):
        page.table(["sources that cannot be told apart", "posterior"],
                   [[escape(g), probability(float(p))] for g, p in
                    zip(groups.texts("deposit_ids"), groups.array("posterior")) if p >= 0.0005],
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
              ("separation", sample.child("process"))]
    process = sample.child("process")
    places += [(process.child(name).text("name"), process.child(name))
               for name in process.texts("bank_groups")]
    rows = [[escape(words), f"<code>{escape(code)}</code>", escape(text)]
            for words, table in places for code, text in table.warnings()]
    if rows:
        page.table(["part", "code", "warning"], rows, f"{len(rows)} warnings.", path=sample.path)
    else:
        page.paragraph("None.")
