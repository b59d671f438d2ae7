"""The summary in plain words: what was found, how sure, and what speaks against it."""
import math

import numpy as np

from .administration import is_calculation
from .assay import indices
from .diffraction import phase_rows
from .result import MEASURED, STATUS_WORDS
from .words import escape, interval_text, listed, significant, with_expanded


def fit_doubts(fit, searched):
    """Sentences on what the fitted phases leave open, from the warnings of the refinement."""
    words = {"W-XRD-107": "Phases may be missing from the library or excluded" if searched else
             "Phases are missing from the list", "W-XRD-108": "Not all is crystalline, or "
             "the background is not smooth", "W-XRD-111": "The fit is poor"}
    return [f"<b>{words[code]}</b>: {escape(text.rstrip('.'))}." for code, text in fit.warnings() if code in words]


def absent_lines(sample):
    """What a search for rare-earth phases did not find, and how much of it could have gone unseen."""
    absent = sample.child("identification").child("absent_rare_earth")
    known = sorted((float(lod), name) for name, lod in zip(absent.texts("phase"), absent.array("lod_weight_fraction"))
                   if math.isfinite(lod))
    if not known:
        return []
    (least, easiest), (most, hardest) = known[0], known[-1]
    return [f"{len(absent.texts('phase'))} other rare-earth phases were searched and not found; each would have been named in "
            f"95&nbsp;% of repetitions from its own limit on: {significant(100 * least, 2)}&nbsp;wt% ({escape(easiest)}) to "
            f"{significant(100 * most, 2)}&nbsp;wt% ({escape(hardest)})."]


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
                search = sample.child("identification")
                source = (f"Among the {search.integer('candidates')} phases of the library that were searched" if search else
                          "Of the crystalline phases it was given")
                lines.append(f"{source}, the fit of the diffraction pattern "
                             f"finds {listed(parts)}, by mass; together they are 100&nbsp;% by "
                             "construction.")
        lines += fit_doubts(fit, bool(sample.child("identification"))) + absent_lines(sample)
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
    if sample.child("uncertainty"):
        return
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


def off_specification_lines(dynamics):
    """For each phase of the run: how much was made off specification, and since when it is met."""
    phases = dynamics.child("phases")
    made, since, start = phases.array("off_specification"), phases.array("on_specification_at"), phases.array("start")
    lines = []
    for k, cause in enumerate(phases.texts("cause")):
        for j, words in enumerate(dynamics.texts("specification")):
            when = (f"met {significant(float(since[k][j] - start[k]))}&nbsp;h after it began" if math.isfinite(since[k][j])
                    else "<b>not met at its end</b>")
            lines.append(f"{escape(cause)}: {escape(words)} is {when}; {significant(float(made[k][j]))}&nbsp;kg of rare-earth metal "
                         "are made off specification.")
    return lines


def risk_lines(sample):
    lines = []
    dynamics = sample.child("dynamics")
    if dynamics:
        words = "was followed in time" if STATUS_WORDS[dynamics.integer("status")] == "ok" else "<b>could not be followed to the end</b>"
        lines.append(f"The circuit <i>{escape(dynamics.text('name') or sample.text('entry_identifier'))}</i> {words}.")
        lines += off_specification_lines(dynamics)
    uncertainty = sample.child("uncertainty")
    if uncertainty:
        lines.append("How far the constants, the feed and the flows are known was carried through to the answers; the weakest of "
                     f"these numbers are of class <b>{escape(uncertainty.text('worst_evidence'))}</b>.")
        verdicts = uncertainty.child("verdicts")
        for words, chance, low, high in zip(verdicts.texts("specification"), verdicts.array("probability"),
                                            verdicts.array("low"), verdicts.array("high")):
            lines.append(f"{escape(words)}: met with probability <b>{chance:.2f}</b> ({low:.2f} to {high:.2f}).")
    return lines
