#!/usr/bin/env python3
"""Writes the report of a result file: one self-contained HTML page (docs/formats/report.md).

    python3 scripts/report.py RESULT.h5 [--out REPORT.html]

Reads the HDF5 file and nothing else; needs python3 with h5py and numpy. The page needs no network.
The same file gives the same page, byte for byte. Print it from a browser to get a PDF with the
report id and page numbers.
Exit codes: 0 written, 3 the file is no result, 6 the page cannot be written.
"""
import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from gadolin_report import (administration, assay, batch, blind_spots, design, diffraction, dynamics,  # noqa: E402
                            origin, plant, recovery, separation, summary, uncertainty)
from gadolin_report.page import Page  # noqa: E402
from gadolin_report.result import Result  # noqa: E402
from gadolin_report.words import escape  # noqa: E402


def title_of(result):
    for sample in result.samples:
        given = sample.child("case").text("report_title")
        if given:
            return given
    for table in ("design", "optimisation"):
        if result.root.child(table).text("name"):
            return result.root.child(table).text("name")
    if result.samples:
        return result.samples[0].text("title")
    if result.root.child("provenance").text("name"):
        return result.root.child("provenance").text("name")
    return result.batch.text("title") or result.batch_origin.text("title") or "Result"


def build(result):
    page = Page(result.report_id)
    title = title_of(result)
    # Only people authorise a report: whatever a laboratory has to state and did not keeps it a draft.
    study = any(result.root.child(name) for name in ("design", "optimisation", "provenance"))
    draft = (not result.complete or not (result.samples or study)
             or any(map(administration.is_draft, result.samples)))
    subtitle = " / ".join(s.text("title") for s in result.samples[:3] if s.text("title") != title)
    page.add(f"<h1>{escape(title)}</h1>")
    page.paragraph(f"{escape(subtitle)}{'<br>' if subtitle else ''}Report <b>{page.report_id}</b>, "
                   f"made by gadolin {escape(result.run.text('program_version'))} from results of "
                   f"{escape(result.run.text('start_time') or 'unknown date')}", "quiet")
    page.add("<!--contents-->")
    design.design(page, result.root.child("design"))
    design.optimisation(page, result.root.child("optimisation"))
    design.sweep(page, result)
    normaliser = result.normaliser()
    planned = any(sample.child("plant") for sample in result.samples)
    for k, sample in enumerate(result.samples):
        calculated = administration.is_calculation(sample)
        page.add(f'<section class="sample{" first" if k == 0 else ""}">')
        if len(result.samples) > 1:
            page.part = sample.text("entry_identifier")
            page.add(f"<h1>{'' if calculated else 'Sample '}{escape(sample.text('entry_identifier'))}</h1>")
        if k == 0 or not calculated:
            administration.administrative(page, sample)
        summary.summary(page, sample)
        diffraction.diffraction(page, sample)
        assay.assay(page, sample, normaliser)
        recovery.recovery(page, sample)
        separation.separation(page, sample, planned)
        dynamics.dynamics(page, sample)
        uncertainty.uncertainty(page, sample)
        plant.sections(page, sample)
        origin.origin(page, sample)
        if k + 1 == len(result.samples) or not calculated:
            blind_spots.blind_spots(page, sample)
        blind_spots.warnings(page, sample)
        page.add("</section>")
    page.part = ""
    if result.batch:
        batch.patterns(page, result.batch, sum(bool(sample.child("fit")) for sample in result.samples))
    if result.batch_origin:
        batch.origins(page, result.batch_origin)
    batch.annex(page, result)
    return page.html(title, draft)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", help="result file (HDF5)")
    parser.add_argument("--out", help="page to write; default: the result's name with .html")
    options = parser.parse_args()
    out = pathlib.Path(options.out or pathlib.Path(options.result).with_suffix(".html"))
    if pathlib.Path(options.result).is_dir():
        print(f"error[E-H5-001]: not a gadolin result (it is a folder) in {options.result} - "
              "name a file written by gadolin", file=sys.stderr)
        return 3
    try:
        result = Result(options.result)
        if not result.attribute("gadolin_schema_version"):
            raise OSError("no gadolin_schema_version")
    except OSError as error:
        print(f"error[E-H5-001]: not a gadolin result ({error}) in {options.result} - "
              "name a file written by gadolin", file=sys.stderr)
        return 3
    page = build(result)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        print(f"error[E-OUT-002]: cannot write the report ({error.strerror}) in {out} - "
              "choose another --out", file=sys.stderr)
        return 6
    return 0


if __name__ == "__main__":
    sys.exit(main())
