"""Opinion on origin: posterior, groups that cannot be told apart, sources compared."""
import numpy as np

from . import figures
from .words import escape, probability, significant


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
