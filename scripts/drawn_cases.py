#!/usr/bin/env python3
"""Drawn specimens with known truth: how often the answer is right, with binomial intervals.

  python3 scripts/drawn_cases.py [--draws 500] [--case NAME,NAME] [--program build/host/app/gadolin] [--threads 1] [--out FILE.json]

Recipes: configs/power. Patterns are drawn by `gadolin simulate diffraction --draws`, then searched (`--phases auto`) or, for the glass,
refined with its internal standard. What counts as right stands in CASES; figures seen: docs/measurements/identification.md.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from identification_rates import interval  # noqa: E402

POWER = pathlib.Path(__file__).resolve().parent.parent / "configs" / "power"
BASTNASITE = {"bastnasite"}


def groups(sample):
    return {p["group"] for p in sample["identification"]["phases"] if p["confirmed"]}


def rare_earths(sample):
    return {p["group"] for p in sample["identification"]["phases"] if p["rare_earth"]}


def weight(sample, group):
    names = {p["name"] for p in sample["identification"]["phases"] if p["group"] == group}
    return sum(p["weight_fraction"] for p in sample["phases"] if p["name"] in names)


def lod(sample, name, kind="lod"):
    return next((a[kind] for a in sample["identification"]["absent_rare_earth"] if a["name"] == name), None)


def hides_bastnasite(sample):
    w = weight(sample, "bastnasite")
    return {"bastnasite found within 1.0 wt%": abs(w - 0.10) <= 0.010,
            "phases are exactly the drawn ones": groups(sample) == {"Fe oxide", "bastnasite"},
            "no other rare earth claimed": rare_earths(sample) <= {"bastnasite"}}


def pure_hematite(sample):
    limit, asked = lod(sample, "bastnasite-Ce"), lod(sample, "bastnasite-Ce", "lod_if_asked")
    return {"no rare earth claimed": not rare_earths(sample),
            "bastnasite-Ce LOD of the search <= 0.5 wt%": limit is not None and limit <= 0.005,
            "bastnasite-Ce LOD if asked for by name <= 0.5 wt%": asked is not None and asked <= 0.005,
            "phases are exactly the drawn ones": groups(sample) == {"Fe oxide"}}


def at_the_lod(sample):
    return {"bastnasite named": "bastnasite" in groups(sample),
            "no other rare earth claimed": rare_earths(sample) <= {"bastnasite"}}


def asked_for(sample):
    phase = next(p for p in sample["phases"] if p["name"] == "bastnasite-Ce")
    return {"bastnasite found (3 u)": phase["weight_fraction"] >= 3 * phase["u_stat"] > 0}


def zircon_xenotime(sample):
    return {"zircon and xenotime both named": {"Zr silicate", "xenotime"} <= groups(sample),
            "xenotime within 3 wt%": abs(weight(sample, "xenotime") - 0.15) <= 0.03,
            "no other rare earth claimed": rare_earths(sample) <= {"xenotime"}}


def zirconia(sample):
    names = {p["name"] for p in sample["identification"]["phases"]}
    return {"no rare earth but the zirconia's own yttrium": all(
                p["name"] == "YSZ_8mol" for p in sample["identification"]["phases"] if p["rare_earth"]),
            "a cubic zirconia named": bool(names & {"YSZ_8mol", "ZrO2_cubic"})}


def zircon_sand(sample):
    return {"no rare earth but monazite claimed": rare_earths(sample) <= {"monazite"},
            "zircon named": "Zr silicate" in groups(sample),
            "(monazite named: it is there)": "monazite" in rare_earths(sample)}


def glass(sample):
    absolute = next(a for a in sample["quantification"]["absolute"] if a["method"].startswith("internal"))
    rest = next(p for p in absolute["parts"] if "amorphous" in p["name"])
    return {"amorphous within 2 wt%": abs(rest["weight_fraction"] - 0.30) <= 0.02, "fit converged": sample["status"] == "ok"}


IRON_ORE = ["--phases", "auto", "--elements", "Fe,Si,Al,Ca,Ti,Mn,F,La,Ce,Pr,Nd"]
BY_NAME = ["--phases", "hematite,bastnasite-Ce"]
CASES = {  # recipe: options of gadolin diffraction, judge, the recipe's name if it is another
    "hematite_bastnasite": (IRON_ORE, hides_bastnasite),
    "hematite": (IRON_ORE, pure_hematite),
    "hematite_bastnasite_lod": (IRON_ORE, at_the_lod),
    "hematite_bastnasite_half": (BY_NAME, asked_for),
    "hematite_by_name": (BY_NAME, asked_for, "hematite"),
    "zircon_xenotime": (["--phases", "auto", "--elements", "Zr,Si,P,Y,Al,Ti,Fe"], zircon_xenotime),
    "zirconia_8ysz": (["--phases", "auto", "--elements", "Zr,Y,Si,Al,Ti,Ca"], zirconia),
    "zircon_sand": (["--phases", "auto", "--elements", "Zr,Si,Al,Ti,Fe,P,Y,La,Ce,Nd"], zircon_sand),
    "glass_with_corundum": (["--phases", "quartz,corundum,bastnasite-Ce", "--internal-standard", "corundum=20"], glass),
}


def run(program, name, draws, threads, folder, blind):
    options, judge = CASES[name][:2]
    if blind and "--elements" in options:
        options = options[:options.index("--elements")]
    recipe = POWER / f"{CASES[name][2] if len(CASES[name]) > 2 else name}.toml"
    instrument = next(line.split('"')[1] for line in recipe.read_text().splitlines() if line.startswith("instrument"))
    stem = pathlib.Path(folder) / f"{name}.xy"
    subprocess.run([program, "simulate", "diffraction", str(recipe), "--draws", str(draws), "--out", str(stem),
                    "--quiet"], check=True)
    with open(str(stem)[:-3] + "_truth.csv") as stream:
        files = [str(pathlib.Path(folder) / row["file"]) for row in csv.DictReader(stream)]
    start = time.process_time()
    answer = subprocess.run([program, "diffraction", *files, *options, "--instrument", instrument, "--json", "--quiet",
                             "--threads", str(threads)], capture_output=True, text=True)
    if not answer.stdout:
        sys.exit(answer.stderr)
    tally, wrong = {}, []
    for sample in json.loads(answer.stdout)["samples"]:
        try:
            verdict = judge(sample)
        except (KeyError, StopIteration, TypeError) as failure:
            verdict = {f"no answer ({sample.get('status')}, {failure!r})": False}
        for text, good in verdict.items():
            k, n = tally.get(text, (0, 0))
            tally[text] = (k + bool(good), n + 1)
        if not all(verdict.values()):
            wrong.append([sample["id"], sample.get("identification", {}).get("phases", [])])
    del start
    return tally, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--case", default=",".join(CASES))
    parser.add_argument("--program", default="build/host/app/gadolin")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="without the element list")
    parser.add_argument("--out", default="")
    asked = parser.parse_args()
    record = {}
    print("| case | question | yes | of | rate | 95 % interval |\n|---|---|---|---|---|---|", flush=True)
    for name in asked.case.split(","):
        with tempfile.TemporaryDirectory() as folder:
            tally, wrong = run(asked.program, name, asked.draws, asked.threads, folder, asked.blind)
        for text, (k, n) in tally.items():
            low, high = interval(k, n)
            print(f"| {name} | {text} | {k} | {n} | {100 * k / n:.1f} % | {100 * low:.1f} - {100 * high:.1f} % |", flush=True)
        record[name] = {"tally": tally, "wrong": wrong}
    if asked.out:
        pathlib.Path(asked.out).write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
