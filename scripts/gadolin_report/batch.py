"""What a report says about a batch of many items, and the technical annex of every report."""
import numpy as np

from . import figures
from .diffraction import fit_figure
from .page import facts
from .result import BELOW_LOD, MEASURED, STATUS_WORDS
from .words import escape, probability, significant, with_expanded

ROWS_SHOWN = 200
FITS_SHOWN = 6

DOUBTS = (("W-XRD-107", "with peaks that no phase explains"), ("W-XRD-108", "with a hump"),
          ("W-XRD-111", "with a GoF above 4"))


def patterns(page, batch, sections):
    """The table of all patterns; fits, limits and warnings too unless each has one of `sections` of its own."""
    count = len(batch.array("item"))
    if count == 1 and sections:
        return
    status = batch.array("status")
    page.heading("Batch of powder patterns")
    good = int((status == 0).sum())
    page.paragraph(f"<b>{count}</b> patterns, <b>{good}</b> refined without objection of the solver"
                   + ("." if good == count else f", {count - good} not; these are marked and their "
                      "numbers, if any, are not to be relied on."), "lead")
    page.table(["status", "patterns"], [[word, str(int((status == code).sum()))]
                                        for code, word in enumerate(STATUS_WORDS)],
               "How the refinements ended.", (1,), batch.path + "/status")
    codes = batch.child("warnings").texts("code")
    doubts = [f"{codes.count(code)} {words} (<code>{code}</code>)" for code, words in DOUBTS
              if code in codes]
    if doubts:
        page.paragraph("A status of ok says that the refinement ended well, not that the list of phases "
                       "is right. Among all patterns: " + ", ".join(doubts) + ".")
    rwp = batch.array("rwp")
    finite = rwp[np.isfinite(rwp)]
    if len(finite) > 5:
        counts, edges = np.histogram(100 * finite, bins=min(30, max(8, len(finite) // 10)))
        page.figure(figures.histogram(edges.tolist(), counts.tolist(), "Rwp of the batch", "Rwp / %"),
                    "How well the patterns are described.", batch.path + "/rwp", "rwp_histogram",
                    ["Rwp from (%)", "Rwp to (%)", "patterns"],
                    [[float(a), float(b), int(c)] for a, b, c in zip(edges, edges[1:], counts)])
    phases = batch.texts("phase")
    ids, names = batch.texts("id"), batch.texts("file")
    fraction, u_total = batch.array("weight_fraction"), batch.array("weight_fraction_u_total")
    lod, state = batch.array("weight_fraction_lod"), batch.array("weight_fraction_state")
    gof = batch.array("gof")
    rows = []
    for i in range(min(count, ROWS_SHOWN)):
        cells = []
        for k in range(len(phases)):
            if state[i][k] == MEASURED:
                cells.append("\u00a0\u00b1\u00a0".join(with_expanded(100 * fraction[i][k],
                                                                    100 * u_total[i][k])))
            elif state[i][k] == BELOW_LOD:
                cells.append("&lt;\u00a0" + significant(100 * lod[i][k], 2))
            else:
                cells.append("\u2013")
        word = STATUS_WORDS[status[i]]
        if word != "ok":
            word = f"<b>{word}</b> {escape(batch.texts('status_text')[i])}"
        rows.append([escape(ids[i]), word,
                     significant(100 * rwp[i]), significant(gof[i])] + cells)
    more = f" The first {ROWS_SHOWN} of {count}; all are in the file." if count > ROWS_SHOWN else ""
    page.table(["pattern", "status", "R<sub>wp</sub> / %", "GoF"] + [escape(p) + " / wt%" for p in phases],
               rows, "Weight fractions \u00b1 U (k = 2) of the named crystalline phases." + more,
               range(2, 4 + len(phases)), batch.path + "/weight_fraction")
    if count <= sections:
        return
    profiles = batch.child("profiles")
    first, points = profiles.array("first_point"), profiles.array("point_count")
    shown = [i for i in range(count) if points[i] > 1][:FITS_SHOWN]
    for i in shown:
        part = slice(int(first[i]), int(first[i] + points[i]))
        mine = profiles.array("tick_item") == batch.array("item")[i]
        owner, place = profiles.array("tick_phase")[mine], profiles.array("tick_two_theta")[mine]
        page.sub(ids[i])
        fit_figure(page, f"{profiles.path} [{part.start}:{part.stop}] of {names[i]}",
                   *[profiles.array(n)[part] for n in
                     ("two_theta", "observed", "calculated", "background")],
                   [(name, place[owner == k].tolist()) for k, name in enumerate(phases)],
                   {key: float(batch.array(key)[i]) for key in ("rwp", "rexp", "gof")},
                   f"rietveld_{i}")
    if int((points > 1).sum()) > len(shown):
        page.paragraph(f"Drawn: the first {len(shown)} of {int((points > 1).sum())} stored profiles.",
                       "quiet")
    page.heading("What these methods cannot see")
    page.add('<div class="box"><ul><li>Diffraction does not see amorphous matter, nor phases below '
             "their LOD, nor phases that were not in the list; fractions are of the named crystalline "
             "phases and sum to 100 % by construction.</li><li>One mount speaks of the layer the X-rays "
             "reach; coarse grains, texture and absorption contrast bias it.</li></ul></div>")
    table = batch.child("warnings")
    items = table.array("item")
    page.heading("Warnings in full")
    rows = [[escape(ids[int(i)]), f"<code>{escape(code)}</code>", escape(text)]
            for i, code, text in zip(items, table.texts("code"), table.texts("text"))]
    page.table(["pattern", "code", "warning"], rows, f"{len(rows)} warnings.", path=table.path)


def origins(page, batch):
    page.heading("Origin of many samples")
    ids = batch.texts("id")
    words = batch.texts("conclusion")
    page.table(["conclusion", "samples"], [[escape(w), str(words.count(w))] for w in sorted(set(words))],
               "How the comparisons ended.", (1,), batch.path)
    posterior, names = batch.array("posterior"), batch.texts("source")
    rows = []
    for i in range(min(len(ids), ROWS_SHOWN)):
        best = int(np.nanargmax(posterior[i])) if names and np.isfinite(posterior[i]).any() else None
        rows.append([escape(ids[i]), escape(words[i]),
                     escape(names[best]) if best is not None else "\u2013",
                     probability(float(posterior[i][best])) if best is not None else "\u2013",
                     probability(float(batch.array("none_of_these")[i])),
                     escape(batch.texts("conclusion_text")[i])])
    page.add('<div class="opinion"><p class="tag">OPINION AND INTERPRETATION, NOT A MEASUREMENT</p>')
    page.table(["sample", "conclusion", "likeliest source", "posterior", "none of these", "in words"],
               rows, "One row per sample; a group that cannot be told apart has to be read as one.",
               (3, 4), batch.path)
    page.add("</div>")
    page.heading("What these methods cannot see")
    page.add('<div class="box"><ul><li>Origin is compared with published sources only; a source absent '
             "from the library can only show as \u201cnone of these\u201d.</li></ul></div>")
    table = batch.child("warnings")
    page.heading("Warnings in full")
    page.table(["sample", "code", "warning"],
               [[escape(ids[int(i)]), f"<code>{escape(c)}</code>", escape(t)] for i, c, t in
                zip(table.array("item"), table.texts("code"), table.texts("text"))],
               f"{len(table.texts('code'))} warnings.", path=table.path)


def annex(page, result):
    run = result.run
    page.heading("Provenance and technical annex")
    if not result.complete:
        page.add('<div class="conflict"><b>Unfinished run.</b> This file was left by a run that did not '
                 "close it; it carries no seal.</div>")
    page.add(facts([
        ("Report id", f"<code>{page.report_id}</code>"),
        ("Seal over results and times, SHA-256",
         f"<code>{escape(result.attribute('gadolin_sealed_sha256')) or 'none'}</code>"),
        ("Results, SHA-256", f"<code>{escape(result.attribute('gadolin_content_sha256')) or 'none'}</code>"),
        ("Program", f"gadolin {escape(run.text('program_version'))}"),
        ("Layout of the result file", escape(result.attribute("gadolin_schema_version"))),
        ("HDF5 library", escape(result.attribute("HDF5_Version"))),
        ("Engine", escape(run.text("engine"))),
        ("Device", escape(run.text("device") or "none")),
        ("Seed", str(run.child("random_numbers").integer("seed"))),
        ("Random numbers", escape(run.child("random_numbers").text("type"))),
        ("Start", escape(run.text("start_time"))), ("End", escape(run.text("end_time"))),
        ("Command line", f"<code>{escape(run.text('command_line'))}</code>")]))
    inputs = run.child("inputs")
    rows = [[escape(p), escape(r), str(int(s)), escape(d), f"<code>{escape(h)}</code>"] for p, r, s, d, h
            in zip(inputs.texts("path"), inputs.texts("role"), inputs.array("size"),
                   inputs.texts("reader"), inputs.texts("sha256"))]
    shown = rows[:500]
    page.table(["input", "role", "bytes", "read as", "SHA-256"], shown,
               f"{len(rows)} inputs, as they were when read"
               + (f"; the first {len(shown)}" if len(rows) > len(shown) else "")
               + ". <code>gadolin verify</code> compares them again.", (2,), inputs.path)
    if run.warnings():
        page.table(["code", "warning"], [[f"<code>{escape(c)}</code>", escape(t)]
                                         for c, t in run.warnings()], "Warnings of the run.",
                   path="/run/warnings")
    environment = run.child("environment")
    if environment.texts("name"):
        page.table(["variable", "value"], [[escape(n), escape(v)] for n, v in
                                           zip(environment.texts("name"), environment.texts("value"))],
                   "Environment that can change a run.", path=environment.path)
    page.sub("Build")
    page.add(f"<pre>{escape(run.text('build'))}</pre>")
    if run.text("config"):
        page.sub("Configuration")
        page.add(f"<pre>{escape(run.text('config'))}</pre>")
