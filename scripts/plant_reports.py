#!/usr/bin/env python3
"""Writes the committed reports of the plants in configs/plants (docs/plants), or says whether they are stale.

    python3 scripts/plant_reports.py PROGRAM          compares; exit 1 and the first differences if stale
    python3 scripts/plant_reports.py PROGRAM --fix    writes docs/plants anew

Numbers are compared, not bytes: a relative difference below 1e-5, or 1e-9 absolute, is the same number. Dates, the report
id, hashes and the drawings are left out (a drawing is made of the numbers beside it).
"""
import argparse
import csv
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "plants"
PLANTS = ("mountain_pass", "ndfeb")
NUMBER = re.compile(r"[-+\u2212]?\d+(?:[\u202f,]\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")


def make(program, folder):
    """Runs the program where nothing but relative paths can enter the pages."""
    for name in ("configs", "datasets"):
        (folder / name).symlink_to(ROOT / name)
    environment = dict(os.environ, GADOLIN_DATA="datasets", PATH=f"{program.parent}:{os.environ['PATH']}", TZ="UTC")
    for plant in PLANTS:
        command = ["gadolin", "separation", "simulate", f"configs/plants/{plant}.toml", "--out", f"{plant}.h5", "--report",
                   "--tables", plant, "--quiet"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"plants: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")


def same(a, b):
    try:
        x, y = (float(re.sub("[\u202f,]", "", v).replace("\u2212", "-")) for v in (a, b))
    except ValueError:
        return a == b
    return math.isclose(x, y, rel_tol=1e-5, abs_tol=1e-9)


def table_differences(old, new):
    rows_old, rows_new = (list(csv.reader(p.open(encoding="utf-8"))) for p in (old, new))
    if len(rows_old) != len(rows_new):
        yield f"{old.name}: {len(rows_old)} rows committed, {len(rows_new)} now"
        return
    for i, (a, b) in enumerate(zip(rows_old, rows_new), 1):
        for k, (x, y) in enumerate(zip(a, b), 1):
            if not same(x, y):
                yield f"{old.name}, row {i} ({a[0]}), column {k}: {x} committed, {y} now"
        if len(a) != len(b):
            yield f"{old.name}, row {i}: {len(a)} cells committed, {len(b)} now"


def words_of(page):
    """The page without what differs from run to run, as words and numbers."""
    text = page.read_text(encoding="utf-8")
    text = text.split("Provenance and technical annex</h2>")[0]
    text = re.sub(r"<svg.*?</svg>|base64,[^\"]*|<style>.*?</style>", "", text, flags=re.S)
    # which balance of a unit is the worst is rounding too
    text = re.sub(r"<table>(?:(?!</table>).)*The worst balance of each unit.*?</table>", "", text, flags=re.S)
    text = re.sub(r"GAD-\w+|results of [\d:+T-]+", "", text)
    text = re.sub(r"\d(?:\.\d+)?\u00d710<sup>\u22121\d</sup>", "0", text)  # closures are rounding
    text = re.sub(r"<[^>]*>", " ", text)
    numbers = NUMBER.findall(text)
    return NUMBER.sub("#", text).split(), numbers


def page_differences(old, new):
    words_old, numbers_old = words_of(old)
    words_new, numbers_new = words_of(new)
    if words_old != words_new:
        for a, b in zip(words_old, words_new):
            if a != b:
                yield f"{old.name}: \"{a}\" committed, \"{b}\" now"
                return
        yield f"{old.name}: {len(words_old)} words committed, {len(words_new)} now"
        return
    for a, b in zip(numbers_old, numbers_new):
        # printed with three figures: half a unit of the last place may round either way
        if not same(a, b) and not math.isclose(*(float(re.sub("[\u202f,]", "", v).replace("\u2212", "-")) for v in (a, b)),
                                               rel_tol=0.02, abs_tol=1e-9):
            yield f"{old.name}: {a} committed, {b} now"


def differences(folder):
    for plant in PLANTS:
        page, tables = PAGES / f"{plant}.html", PAGES / plant
        if not page.exists() or not tables.is_dir():
            yield f"docs/plants/{plant}.html and its tables are not there"
            continue
        now = sorted(p.name for p in (folder / plant).glob("*.csv"))
        committed = sorted(p.name for p in tables.glob("*.csv"))
        if now != committed:
            yield f"{plant}: tables {', '.join(sorted(set(now) ^ set(committed)))} only in one of both"
            continue
        for name in now:
            yield from table_differences(tables / name, folder / plant / name)
        yield from page_differences(page, folder / f"{plant}.html")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path, help="the built gadolin")
    parser.add_argument("--fix", action="store_true", help="write docs/plants")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        make(options.program.resolve(), folder)
        if options.fix:
            for plant in PLANTS:
                PAGES.mkdir(exist_ok=True)
                shutil.rmtree(PAGES / plant, ignore_errors=True)
                shutil.copytree(folder / plant, PAGES / plant)
                shutil.copy(folder / f"{plant}.html", PAGES / f"{plant}.html")
            return
        found = list(differences(folder))
    for line in found[:20]:
        print(f"plants: {line}", file=sys.stderr)
    if found:
        sys.exit(f"plants: docs/plants is stale in {len(found)} places - run: python3 scripts/plant_reports.py PROGRAM --fix")
    print(f"plants: the committed reports of {', '.join(PLANTS)} are what the program gives")


if __name__ == "__main__":
    main()
