#!/usr/bin/env python3
"""Clay mixtures by full-pattern summation: errors, and the model error fitted mixture by mixture.

    scripts/calibrate_summation.py PROGRAM SHARED

PROGRAM is gadolin, SHARED the folder with data/xrd or xrd (rockjock_mixtures in it). Prints found
minus weighed for the references known and for all searched, and fits by maximum likelihood
    u^2 = u_stat^2 + X^2 (a^2 + a^2) + b^2 (clays alone)
a: relative error of a reference and of the standard; b: exchange between clays. Each mixture in
turn is left out and the share of |X - weighed| < 2 u counted on it. The result is what
SummationError in models/diffraction/summation.hpp holds.
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess
import tempfile

import numpy as np

REFERENCE = {"Quartz": "QUARTZ", "K_feldspar": "ORDERED_MICROCLINE", "Plagioclase": "LABRADORITE",
             "Kaolinite": "KAOLINITE_DRY_BRANCH", "Dioctahedral_smectite": "MONTMORILLONITE_WYO",
             "Illite": "ILLITE_1M_RM30"}
GROUP = {"Quartz": "Quartz", "K_feldspar": "K-feldspar", "Plagioclase": "Plagioclase",
         "Kaolinite": "Kaolin", "Dioctahedral_smectite": "Expandable/ML Dioct.",
         "Illite": "Illitic/Micaceous Dioct."}
CLAYS = ("Kaolinite", "Dioctahedral_smectite", "Illite")


def run(program, files, library, phases):
    done = subprocess.run([program, "diffraction", *map(str, files), "--method", "summation",
                           "--references", str(library), "--phases", phases,
                           "--internal-standard", "corundum=20wt%", "--json", "--quiet"],
                          capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["samples"]


def by_group(sample):
    """wt% of the whole specimen and its u_total."""
    return {g["name"]: (80 * g["absolute_fraction"], 80 * g["u_absolute"])
            for g in sample["summation"]["groups"] if "absolute_fraction" in g}


def table(samples, truth):
    errors, inside, missed = [], 0, []
    for sample in samples:
        found = by_group(sample)
        row = []
        for key, group in GROUP.items():
            weighed = float(truth[sample["id"]][key])
            value, u = found.get(group, (0.0, 0.0))
            row.append(value - weighed)
            inside += abs(value - weighed) < 2 * u or (group not in found and weighed == 0)
            if key not in CLAYS and weighed > 0 and group not in found:
                missed.append(f"{key} in {sample['id']}")
        extra = ", ".join(f"{name} {value:.2f}" for name, (value, _) in found.items()
                          if name not in GROUP.values() and name != "Corundum")
        print(f"{sample['id']:6} shift {sample['summation']['shift_deg']:+.3f}  "
              + " ".join(f"{e:+6.2f}" for e in row) + (f"   also: {extra}" if extra else ""))
        errors += [abs(e) for e in row]
    print(f"MAE {np.mean(errors):.2f}, worst {np.max(errors):.2f} wt%; within 2 u_total "
          f"{inside} of {len(errors)}; minerals that are no clays missed: {', '.join(missed) or 'none'}")


def variance(rows, a, b):
    return np.array([u * u + x * x * 2 * a * a + (b * b if clay else 0.0)
                     for _, _, x, u, clay in rows])


def fit(rows):
    error = np.array([e for _, e, *_ in rows])
    best = (math.inf, 0.0, 0.0)
    for a in np.arange(0.0, 0.1201, 0.005):
        for b in np.arange(0.0, 0.0401, 0.0025):
            u2 = variance(rows, a, b) + 1e-8
            cost = 0.5 * np.sum(np.log(u2) + error ** 2 / u2)
            best = min(best, (cost, a, b))
    return best[1:]


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("program")
    words.add_argument("shared")
    given = words.parse_args()
    shared = pathlib.Path(given.shared)
    folder = next(p for p in (shared / "data/xrd", shared / "xrd", shared)
                  if p.is_dir()) / "rockjock_mixtures"
    with open(folder / "truth_wt_percent.csv") as file:
        truth = {row["sample_id"]: row for row in csv.DictReader(file)}
    files = sorted(folder.glob("Mix*.xy"))
    with tempfile.TemporaryDirectory() as scratch:
        library = pathlib.Path(scratch) / "library.h5"
        subprocess.run([given.program, "library", "import", "--patterns",
                        str(folder / "library_patterns.csv.gz"), "--phases",
                        str(folder / "library_phases.csv"), "--out", str(library), "--quiet"],
                       check=True, capture_output=True)
        known = run(given.program, files, library, ",".join([*REFERENCE.values(), "CORUNDUM"]))
        print("found - weighed, wt% of the specimen: " + ", ".join(GROUP))
        print("seven references named")
        table(known, truth)
        print("168 references searched")
        table(run(given.program, files, library, "auto"), truth)
    rows = []
    for sample in known:
        parts = {p["name"]: p for p in sample["quantification"]["absolute"][0]["parts"]}
        for key, reference in REFERENCE.items():
            part = parts[reference]
            rows.append((sample["id"], 0.8 * part["estimate"] - float(truth[sample["id"]][key]) / 100,
                         0.8 * part["estimate"], 0.8 * part["u_stat"], key in CLAYS))
    hits = 0
    for mixture in truth:
        own = [r for r in rows if r[0] == mixture]
        a, b = fit([r for r in rows if r[0] != mixture])
        inside = np.abs([r[1] for r in own]) < 2 * np.sqrt(variance(own, a, b))
        hits += int(np.sum(inside))
        print(f"left out {mixture}: a = {a:.3f}, b = {100 * b:.2f} wt%, {int(np.sum(inside))} of "
              f"{len(own)} within 2 u")
    a, b = fit(rows)
    print(f"all left out in turn: {hits} of {len(rows)}; fitted on all: a = {a:.3f}, b = {100 * b:.2f} wt%")


if __name__ == "__main__":
    main()
