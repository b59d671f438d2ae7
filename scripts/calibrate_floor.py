#!/usr/bin/env python3
"""Calibrates the model error of weight fractions on mixtures of weighed powders.

    scripts/calibrate_floor.py PROGRAM SHARED [--uncertainty quick|full] [--results FILE]

PROGRAM is gadolin, SHARED the folder with data/xrd or xrd. The variance of a weight fraction is
    u_stat^2 + u_protocol^2 + W^2 (e^2 (1 - W)^2 + sum over the others of e_q^2 W_q^2) + b^2
    e_p^2 = a^2 + (0.75 D |mu_p - mu_mix|)^2
with a the relative error of every scale, D the grain diameter behind the absorption contrast and b
the floor. All three are fitted by maximum likelihood of the errors, taken as normal. Each
data set in turn is left out, the constants come from the others, and the share of |W - weighed| <
2 u_total is counted on the set left out. --results keeps the refined numbers as JSON and reads
them back when the file exists, so that the fit can be repeated without refining again.
"""
import argparse
import json
import math
import pathlib
import re
import subprocess

import numpy as np

# Weighed wt%. Madsen et al. (2001) J. Appl. Cryst. 34, 409; Scarlett et al. (2002) 35, 383.
CPD_PHASES = ("corundum", "zincite", "fluorite", "brucite")
CPD_1 = {"1a": (1.15, 4.04, 94.81), "1b": (94.31, 1.36, 4.33), "1d": (13.53, 32.89, 53.58),
         "1f": (27.06, 55.22, 17.72), "1g": (31.37, 34.21, 34.42)}
CPD_2 = {"2": (21.27, 19.94, 22.53, 36.26)}
# Precursor powders (Fei et al. 2026): grams stand in the file name; what a powder may consist of.
POWDERS = {"In2O3": ("In2O3",), "La(OH)3": ("LaOH3",), "TiO2": ("anatase", "rutile"),
           "MnCO3": ("rhodochrosite",), "Li2CO3": ("zabuyelite",), "ZrO2": ("baddeleyite",),
           "NiO": ("bunsenite",), "Bi2O3": ("bismite", "bismutite"), "ZnO": ("zincite",),
           "V2O5": ("shcherbinaite",)}
# Powders that take up or lose water and carbon dioxide: 3 wt% is the uncertainty of their weight.
UNSTABLE = ("La(OH)3", "MnCO3", "Li2CO3")


def mixtures(shared):
    """(data set, file, instrument, [(powder, phases, weighed fraction)])"""
    folder = shared / "cpd_roundrobin"
    for name, weighed in {**CPD_1, **CPD_2}.items():
        yield ("CPD " + name[0], folder / f"cpd-{name}.prn", "cpd_philips3020",
               [(phase, (phase,), 0.01 * w) for phase, w in zip(CPD_PHASES, weighed)])
    for file in sorted((shared / "dara_precursor_mixtures").glob("*.xrdml")):
        stem, scan = file.stem.split("--")
        grams = [(name, float(text.replace("p", "."))) for name, text in
                 re.findall(r"([A-Za-z0-9()]+)_(\d+p\d+)", stem)]
        total = sum(g for _, g in grams)
        yield ("precursors " + scan, file, "aeris_cu",
               [(name, POWDERS[name], g / total) for name, g in grams])


def refine(program, uncertainty, file, instrument, powders):
    phases = [phase for _, names, _ in powders for phase in names]
    done = subprocess.run([program, "diffraction", str(file), "--phases", ",".join(phases),
                           "--instrument", instrument, "--uncertainty", uncertainty, "--json",
                           "--quiet"], capture_output=True, text=True, check=False)
    sample = json.loads(done.stdout)["samples"][0] if done.stdout else {"status": "failed"}
    if sample["status"] != "ok":
        return None
    found = {phase["name"]: phase for phase in sample["phases"]}
    rows = []
    for powder, names, weighed in powders:
        parts = [found[name] for name in names]
        rows.append({"powder": powder, "weighed": weighed,
                     "fraction": sum(p["weight_fraction"] for p in parts),
                     "u_stat": math.hypot(*(p["u_stat"] for p in parts)),
                     "u_protocol": math.hypot(*(p.get("u_protocol", 0.0) for p in parts))})
    return rows, [{"powder": powder, "w": found[name]["weight_fraction"],
                   "mu": found[name]["mu_per_cm"], "density": found[name]["density_g_per_cm3"]}
                  for powder, names, _ in powders for name in names]


def columns(entries):
    """Arrays over all fractions: error, known variance, weights of a^2 and of D^2, truth's variance."""
    error, known, even, contrast, truth = [], [], [], [], []
    for entry in entries:
        w = np.array([phase["w"] for phase in entry["phases"]])
        mu = np.array([phase["mu"] for phase in entry["phases"]])
        volume = w / np.array([phase["density"] for phase in entry["phases"]])
        path = 0.75e-4 * np.abs(mu - np.sum(volume * mu) / np.sum(volume))  # e per micrometre
        for row in entry["rows"]:
            own = np.array([phase["powder"] == row["powder"] for phase in entry["phases"]])
            total = np.sum(w[own])
            slope = w * (own - total)  # d(total) / d ln S_q
            error.append(total - row["weighed"])
            known.append(row["u_stat"] ** 2 + row["u_protocol"] ** 2)
            even.append(np.sum(slope ** 2))
            contrast.append((slope ** 2, path))
            truth.append(0.03 ** 2 if row["powder"] in UNSTABLE else 0.0)
    return {"error": np.array(error), "known": np.array(known), "even": np.array(even),
            "contrast": contrast, "truth": np.array(truth)}


def contrast_term(data, diameter):
    return np.array([np.sum(square * np.minimum(0.5, diameter * path) ** 2)
                     for square, path in data["contrast"]])


def variance(data, constants, with_truth):
    a, b, diameter = constants
    return (data["known"] + a * a * data["even"] + contrast_term(data, diameter) + b * b
            + (data["truth"] if with_truth else 0.0))


def fit(entries, with_truth):
    data = columns(entries)
    best = (math.inf, None)
    for diameter in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0):
        fixed = contrast_term(data, diameter)
        for a in np.arange(0.0, 0.151, 0.005):
            for b in np.arange(0.0005, 0.0151, 0.0005):
                u2 = (data["known"] + a * a * data["even"] + fixed + b * b
                      + (data["truth"] if with_truth else 0.0))
                cost = 0.5 * np.sum(np.log(u2) + data["error"] ** 2 / u2)
                if cost < best[0]:
                    best = (cost, (a, b, diameter))
    return best[1]


def widening(entries):
    """sqrt(nu / 10 % point of chi^2), nu = materials - 1: errors of one material in several mixtures
    are one error, so constants fitted on few materials are known to a factor (Wilson-Hilferty)."""
    nu = len({row["powder"] for entry in entries for row in entry["rows"]}) - 1
    return math.sqrt(1.0 / (1.0 - 2.0 / (9.0 * nu) - 1.2816 * math.sqrt(2.0 / (9.0 * nu))) ** 3)


def fitted(entries, with_truth):
    """Constants, widened for the few materials they rest on."""
    factor = widening(entries)
    return tuple(factor * value for value in fit(entries, with_truth))


def coverage(entries, constants, with_truth):
    data = columns(entries)
    return (np.abs(data["error"]) < 2.0 * np.sqrt(variance(data, constants, with_truth)),
            data["error"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("shared")
    parser.add_argument("--uncertainty", default="quick", choices=("quick", "full"))
    parser.add_argument("--results")
    asked = parser.parse_args()
    shared = pathlib.Path(asked.shared)
    shared = next(p for p in (shared / "data/xrd", shared / "xrd", shared) if p.is_dir())
    store = pathlib.Path(asked.results) if asked.results else None
    if store and store.exists():
        entries = json.loads(store.read_text())
    else:
        entries = []
        for name, file, instrument, powders in mixtures(shared):
            result = refine(asked.program, asked.uncertainty, file, instrument, powders)
            if result is None:
                print(f"left out, no result: {file.name}")
                continue
            entries.append({"set": name, "file": file.name, "rows": result[0],
                            "phases": result[1]})
        if store:
            store.write_text(json.dumps(entries, indent=1))
    for entry in entries:
        parts = ", ".join(f"{r['powder']} {100 * r['fraction']:.2f} ({100 * r['weighed']:.2f})"
                          for r in entry["rows"])
        print(f"{entry['set']:16} {entry['file']:52} {parts}")
    names = sorted({entry["set"].split(" ")[0] + (" " + entry["set"].split(" ")[1]
                    if entry["set"].startswith("CPD") else "") for entry in entries})
    belongs = {name: [e for e in entries if e["set"].startswith(name)] for name in names}
    for with_truth in (False, True):
        print("\nweighed fractions of hydroxide and carbonates taken as good to 3 wt%" if with_truth
              else "\nweighed fractions taken as exact")
        print("left out        a      b/wt%   D/um  fractions  MAE/wt%  within 2 u_total")
        hits = []
        for name in names:
            rest = [e for e in entries if e not in belongs[name]]
            a, b, diameter = fitted(rest, with_truth)
            inside, error = coverage(belongs[name], (a, b, diameter), with_truth)
            hits += list(inside)
            print(f"{name:14} {a:6.3f} {100 * b:8.2f} {diameter:6.2f} {len(inside):8d} "
                  f"{100 * np.mean(np.abs(error)):9.2f}   {100 * np.mean(inside):5.1f} %")
        print(f"all left-out fractions together: {sum(hits)} of {len(hits)}, "
              f"{100 * np.mean(hits):.1f} %")
        powders = sorted({tuple(sorted((r["powder"], r["weighed"]) for r in e["rows"]))
                          for e in entries})
        single = []
        for mixture in powders:
            own = [e for e in entries
                   if tuple(sorted((r["powder"], r["weighed"]) for r in e["rows"])) == mixture]
            inside, _ = coverage(own, fitted([e for e in entries if e not in own], with_truth),
                                 with_truth)
            single += list(inside)
        print(f"each of the {len(powders)} mixtures left out, all its scans: {sum(single)} of "
              f"{len(single)}, {100 * np.mean(single):.1f} %")
        a, b, diameter = fitted(entries, with_truth)
        inside, _ = coverage(entries, (a, b, diameter), with_truth)
        print(f"fitted on all: a = {a:.3f}, b = {100 * b:.2f} wt%, D = {diameter:.2f} um, "
              f"{100 * np.mean(inside):.1f} % (in-sample)")


if __name__ == "__main__":
    main()
