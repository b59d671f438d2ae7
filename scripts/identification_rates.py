#!/usr/bin/env python3
"""Identification on weighed mixtures: which answers are right, with binomial intervals.

  python3 scripts/identification_rates.py SHARED [--program build/host/app/gadolin] [--only cpd,dara,rockjock,rruff]
         [--mode with,without] [--out FILE.json] [--jobs 1]

SHARED is the folder of measured data with its xrd folder (docs/measurements/identification.md says what was seen).
Every mixture is searched with `--phases auto`, once with the elements of its weighed phases, once without.
Right: the phases of the top answer are the weighed ones, no more and no fewer. Polymorphs and members of one
mineral group that a laboratory quotes together count as one phase (GROUPS below). Exit 1 where a rare-earth phase
is reported in a specimen that has none.
"""
import argparse
import concurrent.futures
import csv
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time

# What a laboratory quotes as one phase.
GROUPS = {
    "TiO2": {"anatase", "rutile"},
    "ZrO2": {"baddeleyite", "ZrO2_tetragonal"},
    "bastnasite": {"bastnasite-Ce", "bastnasite-La", "bastnasite-Nd", "hydroxylbastnasite-Ce_avg"},
    "plagioclase": {"anorthite", "albite_low"},
    "K-feldspar": {"microcline", "orthoclase", "sanidine"},
    "smectite": {"montmorillonite_model", "smectite_1W", "smectite_2W"},
    "illite": {"illite_1M", "muscovite_2M1"},
}
POWDERS = {  # weighed powder -> phase or group, elements beside H, C, O
    "NiO": ("bunsenite", "Ni"), "La(OH)3": ("LaOH3", "La"), "ZnO": ("zincite", "Zn"), "In2O3": ("In2O3", "In"),
    "TiO2": ("TiO2", "Ti"), "MnCO3": ("rhodochrosite", "Mn"), "Li2CO3": ("zabuyelite", "Li"), "ZrO2": ("ZrO2", "Zr"),
    "Bi2O3": ("bismite", "Bi"), "V2O5": ("shcherbinaite", "V"),
}
AGED = {"Bi2O3": {"bismutite"}}  # what a powder may also hold, having stood in air (docs/measurements/quantification.md)
CLAYS = {"Quartz": "quartz", "K_feldspar": "K-feldspar", "Plagioclase": "plagioclase", "Kaolinite": "kaolinite",
         "Dioctahedral_smectite": "smectite", "Illite": "illite", "Corundum": "corundum"}
# RRUFF minerals, names by comparison (grade B): what may be named; None: absent from the library.
# Groups of the measured library for the same.
MEASURED = {"Quartz": "quartz", "K-feldspar": "K-feldspar", "Plagioclase": "plagioclase", "Kaolin": "kaolinite",
            "Expandable/ML Dioct.": "smectite", "Illitic/Micaceous Dioct.": "illite", "Corundum": "corundum"}
RRUFF = {
    95: {"baddeleyite"}, 104: {"barite"}, 107: {"bastnasite"}, 108: {"bastnasite"}, 111: {"bastnasite"},
    309: {"apatite"}, 311: {"apatite"}, 314: {"apatite"}, 316: {"apatite"}, 326: {"fluorite"}, 392: {"halite"},
    674: {"rutile"}, 706: {"Si"}, 790: {"thorianite"}, 796: {"titanite"}, 887: {"xenotime"}, 898: {"zircon"}, 901: {"zircon"},
    303: {"fergusonite"}, 325: {"pyrochlore"},
}
RARE_EARTH_MINERALS = {12, 107, 108, 111, 293, 303, 325, 681, 887, 790, 309, 311, 314, 316}  # may hold some


def group_of(name):
    for group, members in GROUPS.items():
        if name in members:
            return group
    return name


def mixtures(shared, only):
    """(set, file, phases or groups, elements, instrument, rare earth inside)"""
    cases = []
    if "cpd" in only:
        for letter in "abdfg":
            cases.append(("CPD-1", shared / f"cpd_roundrobin/cpd-1{letter}.prn", {"corundum", "zincite", "fluorite"},
                          "Al,Zn,Ca,F", "cpd_philips3020", False))
        cases.append(("CPD-2", shared / "cpd_roundrobin/cpd-2.prn", {"corundum", "zincite", "fluorite", "brucite"},
                      "Al,Zn,Ca,F,Mg", "cpd_philips3020", False))
    if "dara" in only:
        for file in sorted((shared / "dara_precursor_mixtures").glob("*.xrdml")):
            names = [re.sub(r"_\d+p\d+$", "", part) for part in file.stem.split("--")[0].split("-")]
            scan = file.stem.split("--")[1]
            cases.append((f"Dara {scan}", file, {POWDERS[n][0] for n in names},
                          ",".join(POWDERS[n][1] for n in names), "aeris_cu", "La(OH)3" in names))
    if "rockjock" in only:
        with open(shared / "rockjock_mixtures/truth_wt_percent.csv") as stream:
            for row in csv.DictReader(stream):
                truth = {CLAYS[k] for k in CLAYS if float(row[k]) > 0}
                cases.append(("RockJock", shared / f"rockjock_mixtures/{row['sample_id']}.xy", truth,
                              "Si,Al,Fe,Mg,Ca,Na,K", "cpd_philips3020", False))
    return cases


def interval(k, n, level=0.95):
    """Clopper-Pearson."""
    def tail(p, low, high):
        return sum(math.comb(n, i) * p**i * (1 - p)**(n - i) for i in range(low, high + 1))

    def solve(f, target):
        a, b = 0.0, 1.0
        for _ in range(60):
            m = 0.5 * (a + b)
            a, b = (m, b) if f(m) < target else (a, m)
        return 0.5 * (a + b)
    alpha = 0.5 * (1 - level)
    low = 0.0 if k == 0 else solve(lambda p: tail(p, k, n), alpha)
    high = 1.0 if k == n else solve(lambda p: -tail(p, 0, k), -alpha)
    return low, high


def search(program, file, instrument, elements, extra):
    command = [program, "diffraction", str(file), "--phases", "auto", "--instrument", instrument, "--json",
               "--quiet", "--threads", "1", *extra]
    if elements:
        command += ["--elements", elements]
    start = time.time()
    run = subprocess.run(command, capture_output=True, text=True)
    if not run.stdout.strip():
        return {"error": run.stderr.strip()}
    sample = json.loads(run.stdout)["samples"][0]
    found = sample["identification"]
    return {"phases": found["phases"], "undetermined": found["undetermined"], "unexplained": found["unexplained_share"],
            "text": found.get("text", ""), "hypotheses": found["hypotheses"][:4], "seconds": time.time() - start}


def by_measured_library(program, folder, elements):
    """The clay mixtures as sums of measured references, all searched that the elements allow: sample id -> groups found."""
    with tempfile.TemporaryDirectory() as scratch:
        library = str(pathlib.Path(scratch) / "library.h5")
        subprocess.run([program, "library", "import", "--patterns", str(folder / "library_patterns.csv.gz"), "--phases",
                        str(folder / "library_phases.csv"), "--out", library, "--quiet"], check=True, capture_output=True)
        run = subprocess.run([program, "diffraction", *map(str, sorted(folder.glob("Mix*.xy"))), "--method", "summation",
                              "--references", library, "--phases", "auto", "--json", "--quiet", "--threads", "1",
                              *(["--elements", elements] if elements else [])], capture_output=True, text=True)
    found = {}
    for sample in json.loads(run.stdout)["samples"]:
        values = {p["name"] for p in sample["phases"] if "limit_95" not in p}  # the others are limits
        found[sample["id"]] = {MEASURED.get(g["name"], g["name"]) for g in sample["summation"]["groups"]
                               if values & set(g["members"])}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared")
    parser.add_argument("--program", default="build/host/app/gadolin")
    parser.add_argument("--only", default="cpd,dara,rockjock,rruff")
    parser.add_argument("--mode", default="with,without")
    parser.add_argument("--match", default="", help="files whose name holds this")
    parser.add_argument("--out", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--extra", default="", help="further options of gadolin diffraction")
    asked = parser.parse_args()
    shared = pathlib.Path(asked.shared)
    shared = next(p for p in (shared / "data/xrd", shared / "xrd", shared) if p.is_dir())
    only, modes = asked.only.split(","), asked.mode.split(",")
    extra = asked.extra.split()

    jobs = []
    for case in mixtures(shared, only):
        if asked.match in case[1].name:
            jobs += [(case, mode) for mode in modes]
    if "rruff" in only and "without" in modes:
        with open(shared / "ree_minerals/rruff_unlabelled_index.csv") as stream:
            for row in csv.DictReader(stream):
                number = int(row["file_id"])
                files = list((shared / "ree_minerals/rruff_unlabelled").glob(f"*{number}.*"))
                file = next(f for f in files if re.fullmatch(rf"\D*0*{number}", f.name.split(".")[0]))
                case = ("RRUFF", file, RRUFF.get(number), "", "cpd_philips3020", number in RARE_EARTH_MINERALS,
                        row["identification_by_us"])
                if asked.match in file.name:
                    jobs.append((case, "without"))

    def run(job):
        case, mode = job
        return search(asked.program, case[1], case[4], case[3] if mode == "with" else "", extra)

    counts, false_claims, record = {}, [], []
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        for (case, mode), answer in zip(jobs, pool.map(run, jobs)):
            if "error" in answer:
                print(f"{case[1].name}: {answer['error']}")
                answer.update(phases=[], undetermined=False, text="error", unexplained=1.0, seconds=0.0)
            names = [p["name"] for p in answer["phases"]]
            got = {group_of(name) for name in names}
            aged = set().union(*(AGED[powder] for powder in AGED if powder in case[1].name))
            right = case[2] is not None and got - aged == case[2]
            if case[0] == "RRUFF":
                got = {p["group"] for p in answer["phases"]} | set(names)
                right = case[2] is not None and bool(case[2] & got)
            claims = [p["name"] for p in answer["phases"] if p["rare_earth"]]
            if claims and not case[5]:
                false_claims.append((case[1].name, mode, claims))
            key = (case[0], mode)
            if case[2] is not None:
                k, n = counts.get(key, (0, 0))
                counts[key] = (k + right, n + 1)
            shown = ", ".join(p["name"] + ("" if p["confirmed"] else " (not confirmed)") for p in answer["phases"])
            verdict = "right" if right else ("-----" if case[2] is None else "WRONG")
            note = "undetermined, " if answer["undetermined"] else ""
            print(f"{verdict} {mode:7} {answer['seconds']:5.1f} s  {case[1].name}: {shown or answer['text']}  "
                  f"[{note}{100 * answer['unexplained']:.1f} % unexplained]"
                  + ("" if right or case[2] is None else f"  truth: {', '.join(sorted(case[2]))}")
                  + (f"  ({case[6]})" if len(case) > 6 else ""), flush=True)
            record.append({"set": case[0], "file": case[1].name, "mode": mode, "right": right,
                           "truth": sorted(case[2]) if case[2] else None, **answer})
    for mode in modes if "rockjock" in only else []:  # the route for clays: measured references
        cases = mixtures(shared, ["rockjock"])
        found = by_measured_library(asked.program, shared / "rockjock_mixtures", cases[0][3] if mode == "with" else "")
        for case in cases:
            got = found[case[1].stem]
            k, n = counts.get(("RockJock by measured library", mode), (0, 0))
            counts["RockJock by measured library", mode] = (k + (got == case[2]), n + 1)
            print(f"{'right' if got == case[2] else 'WRONG'} {mode:7} library  {case[1].name}: {', '.join(sorted(got))}"
                  + ("" if got == case[2] else f"  truth: {', '.join(sorted(case[2]))}"), flush=True)
    print("\n| set | elements | right | of | rate | 95 % interval |\n|---|---|---|---|---|---|")
    totals = {}
    for (name, mode), (k, n) in counts.items():
        low, high = interval(k, n)
        print(f"| {name} | {mode} | {k} | {n} | {100 * k / n:.0f} % | {100 * low:.0f} - {100 * high:.0f} % |")
        if name in ("RRUFF", "RockJock by measured library"):
            continue
        a, b = totals.get(mode, (0, 0))
        totals[mode] = (a + k, b + n)
    for mode in modes if "rockjock" in only else []:
        if ("RockJock", mode) not in counts:
            continue
        k, n = totals[mode]
        totals[f"{mode}; clays by measured library"] = (
            k - counts["RockJock", mode][0] + counts["RockJock by measured library", mode][0], n)
    for mode, (k, n) in totals.items():
        low, high = interval(k, n)
        print(f"| all mixtures | {mode} | {k} | {n} | {100 * k / n:.0f} % | {100 * low:.0f} - {100 * high:.0f} % |")
    print(f"\nrare-earth phases reported where there are none: {len(false_claims)}")
    for name, mode, claims in false_claims:
        print(f"  {name} ({mode} elements): {', '.join(claims)}")
    if asked.out:
        pathlib.Path(asked.out).write_text(json.dumps(record, indent=1))
    return 1 if false_claims else 0


if __name__ == "__main__":
    sys.exit(main())
