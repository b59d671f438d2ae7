#!/usr/bin/env python3
"""Draws the figures of docs/theory/diffraction_corrections.md: each correction with and without.

    python3 scripts/figure_corrections.py PROGRAM SHARED_DIR [--out docs/images]

PROGRAM is gadolin, SHARED_DIR the folder that holds data/xrd. Every curve is read from a result
file the program wrote on measured patterns; nothing is computed here but differences. Needs python3
with h5py, numpy and matplotlib.
"""
import argparse
import json
import pathlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Runs:
    def __init__(self, program, scratch):
        self.program, self.scratch, self.count = program, scratch, 0

    def instrument(self, name, cut=(), add=""):
        """A shipped instrument without some tables, with some text added."""
        text = (ROOT / "datasets/instruments" / f"{name}.toml").read_text()
        for table in cut:
            text = re.sub(rf"\[{table}\][^\[]*", "", text)
        path = self.scratch / f"instrument{self.count}.toml"
        path.write_text(text + add)
        return str(path)

    def data_without_dispersion(self):
        """The shipped data folder with f' and f'' of every element 0."""
        folder = self.scratch / "datasets"
        if not folder.exists():
            shutil.copytree(ROOT / "datasets", folder)
            table = folder / "atomic/dispersion_cromer_liberman.csv"
            rows = []
            for line in table.read_text().splitlines():
                cells = line.split(",")
                if not line.startswith("#") and len(cells) > 3 and cells[-1][-1:].isdigit():
                    cells[-2:] = ["0", "0"]
                rows.append(",".join(cells))
            table.write_text("\n".join(rows) + "\n")
        return {"GADOLIN_DATA": str(folder)}

    def fit(self, pattern, phases, instrument, *more, environment=None):
        """Profiles and weight fractions of one pattern."""
        self.count += 1
        out = self.scratch / f"result{self.count}.h5"
        command = [self.program, "diffraction", str(pattern), "--phases", ",".join(phases),
                   "--out", str(out), "--json", *more]
        if instrument:
            command += ["--instrument", instrument]
        done = subprocess.run(command, capture_output=True, text=True,
                              env={**os.environ, **(environment or {})})
        if done.returncode not in (0, 4):
            sys.exit(done.stderr)
        with h5py.File(out) as file:
            group = file["batch/profiles"]
            profiles = {name: group[name][:] for name in ("two_theta", "observed", "calculated")}
        return profiles, json.loads(done.stdout)["samples"][0]


def panel(axis, profiles, low, high, title):
    x, y, c = profiles["two_theta"], profiles["observed"], profiles["calculated"]
    inside = (x >= low) & (x <= high)
    axis.plot(x[inside], y[inside], "k.", ms=3, label="measured")
    axis.plot(x[inside], c[inside], color="#c0392b", lw=1.2, label="calculated")
    axis.plot(x[inside], (y - c)[inside] - 0.12 * y[inside].max(), color="#2471a3", lw=0.8,
              label="difference")
    axis.set_title(title, fontsize=9)
    axis.set_xlabel("2theta [deg]")
    axis.grid(alpha=0.3)


def save(figure, out, name):
    figure.tight_layout()
    figure.savefig(out / name, dpi=110, metadata={"Software": None})
    plt.close(figure)


def two_panels(out, name, cases, low, high):
    """cases: two of (profiles, title)."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, (profiles, title) in zip(axes, cases):
        panel(axis, profiles, low, high, title)
    axes[0].set_ylabel("counts")
    axes[0].legend(fontsize=8)
    save(figure, out, name)


def pair(runs, name, out, pattern, phases, without, with_, low, high, words):
    cases = []
    for instrument, label in ((without, "without"), (with_, "with")):
        profiles, sample = runs.fit(pattern, phases, instrument)
        cases.append((profiles, f"{label} {words}: Rwp {sample['rwp']:.4f}"))
    two_panels(out, name, cases, low, high)


def bars(out, name, groups, phases, titles, errors):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, title, own in zip(axes, titles, errors):
        own = np.array(own)
        for p, phase in enumerate(phases):
            axis.bar(np.arange(len(groups)) + 0.27 * (p - 1), own[:, p], 0.25, label=phase)
        axis.set_xticks(range(len(groups)), groups)
        axis.set_title(f"{title}: RMS {np.sqrt((own ** 2).mean()):.2f} wt%", fontsize=9)
        axis.axhline(0, color="k", lw=0.8)
        axis.grid(alpha=0.3, axis="y")
    axes[0].set_ylabel("found - weighed [wt%]")
    axes[0].legend(fontsize=8)
    save(figure, out, name)


WEIGHED = {"1a": (1.15, 4.04, 94.81), "1b": (94.31, 1.36, 4.33), "1d": (13.53, 32.89, 53.58),
           "1f": (27.06, 55.22, 17.72), "1g": (31.37, 34.21, 34.42)}
PHASES = ("corundum", "zincite", "fluorite")


def dispersion(runs, out, folder):
    errors = []
    for environment in (runs.data_without_dispersion(), None):
        own = []
        for name, truth in WEIGHED.items():
            _, sample = runs.fit(folder / f"cpd-{name}.prn", PHASES, "cpd_philips3020",
                                 environment=environment)
            own.append([100 * p["weight_fraction"] - t for p, t in zip(sample["phases"], truth)])
        errors.append(own)
    bars(out, "correction_dispersion.png", list(WEIGHED), PHASES,
         ("f', f'' left out", "with f', f''"), errors)


def texture(runs, out, folder):
    phases, truth = ["corundum", "zincite", "fluorite", "brucite"], (21.27, 19.94, 22.53, 36.26)
    cases = []
    for more, label in ((["--no-texture"], "without texture"), ([], "March-Dollase")):
        profiles, sample = runs.fit(folder / "cpd-2.prn", phases, "cpd_philips3020", *more)
        worst = max(abs(100 * p["weight_fraction"] - t) for p, t in zip(sample["phases"], truth))
        cases.append((profiles, f"{label}: worst {worst:.1f} wt%, Rwp {sample['rwp']:.3f}"))
    two_panels(out, "correction_texture.png", cases, 17.0, 40.0)


def displacement(runs, out, folder):
    library = runs.scratch / "library.h5"
    subprocess.run([runs.program, "library", "import", "--patterns",
                    str(folder / "library_patterns.csv.gz"), "--phases",
                    str(folder / "library_phases.csv"), "--out", str(library)], check=True,
                   capture_output=True)
    phases = ["quartz", "ordered_microcline", "labradorite", "kaolinite_dry_branch",
              "montmorillonite_wyo", "illite_1m_rm30", "corundum"]
    truth = {"QUARTZ": 20, "ORDERED_MICROCLINE": 36, "LABRADORITE": 8, "KAOLINITE_DRY_BRANCH": 4,
             "MONTMORILLONITE_WYO": 12, "ILLITE_1M_RM30": 0}
    cases = []
    for more, label in ((["--largest-shift", "0"], "no common shift"), ([], "common shift")):
        profiles, sample = runs.fit(folder / "Mix5.xy", phases, None, "--method", "summation",
                                    "--references", str(library), "--internal-standard",
                                    "corundum=20wt%", *more)
        parts = {p["name"]: 80 * p["estimate"]
                 for p in sample["quantification"]["absolute"][0]["parts"]}
        mean = np.mean([abs(parts[name] - t) for name, t in truth.items()])
        shift = sample["summation"]["shift_deg"]
        cases.append((profiles, f"{label} ({shift:+.3f} deg): MAE {mean:.1f} wt%"))
    two_panels(out, "correction_displacement.png", cases, 24.5, 30.0)


def capillary(runs, out, folder):
    """CeO2 in a 0.635 mm capillary, Mo radiation: absorption takes low angles down."""
    cases = []
    for mu_r, label in ((0.0, "no absorption"), (0.95, "mu R = 0.95")):
        path = runs.scratch / f"capillary{mu_r}.toml"
        path.write_text('name = "capillary"\ngeometry = "capillary"\nradius_mm = 200.0\n'
                        '[[lines]]\nwavelength_angstrom = 0.70930\nrelative_intensity = 1.0\n'
                        '[[lines]]\nwavelength_angstrom = 0.71359\nrelative_intensity = 0.5\n'
                        f'[intensity]\ncapillary_mu_r = {mu_r}\n'
                        '[resolution]\nw_deg2 = 0.01\nx_deg = 0.03\n')
        profiles, sample = runs.fit(folder / "CeO2_635um_capillary_Mo.xy", ["CeO2"], str(path),
                                    "--two-theta-max", "90")
        cases.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
    two_panels(out, "correction_capillary.png", cases, 10.0, 60.0)


def doublet(runs, out, folder):
    lone = runs.instrument("cpd_philips3020")
    text = pathlib.Path(lone).read_text()
    at = text.index("[[lines]]   # Cu K-alpha2")
    pathlib.Path(lone).write_text(text[:at] + text[text.index("[axial]"):])
    pair(runs, "correction_emission.png", out, folder / "corundum.prn", ["corundum"], lone,
         "cpd_philips3020", 66.0, 78.0, "K-alpha2")


HOELZER = ((8047.837, 2.285, 0.957), (8045.367, 3.358, 0.090),  # eV, eV, height
           (8027.993, 2.666, 0.334), (8026.504, 3.571, 0.111))


def nist(runs, sets, flat, own_widths=True):
    """The diffractometer of the SRM 660c scan, with a doublet or the four Hoelzer lines."""
    runs.count += 1
    path = runs.scratch / f"nist{runs.count}.toml"
    text = 'name = "NIST"\nradius_mm = 217.5\npolarisation_k = 0.54\n'
    if sets:
        for energy, width, height in HOELZER:
            wave = 12398.4198 / energy
            text += (f"[[lines]]\nwavelength_angstrom = {wave:.7f}\n"
                     f"relative_intensity = {height * width:.5f}\n"
                     + (f"fwhm_angstrom = {wave * width / energy:.4e}\n" if own_widths else ""))
    else:
        for wave, share in ((1.5405929, 1.0), (1.5444274, 0.5)):
            text += f"[[lines]]\nwavelength_angstrom = {wave}\nrelative_intensity = {share}\n"
    if flat:
        text += "[offsets]\nflat_specimen = true\n[intensity]\ndivergence_deg = 1.05\n"
    path.write_text(text)
    return str(path)


def calibrated(runs, pattern, start):
    """The instrument that `gadolin calibrate` makes of a start, and what it says."""
    path = runs.scratch / f"calibrated{runs.count}.toml"
    done = subprocess.run([runs.program, "calibrate", str(pattern), "--standard", "LaB6",
                           "--instrument", start, "--cell-a", "4.156780", "--free-cell", "--json",
                           "--out", str(path), "--force"], capture_output=True, text=True)
    if done.returncode not in (0, 4):
        sys.exit(done.stderr)
    return str(path), json.loads(done.stdout)


def line_shape(runs, out, folder):
    """SRM 660c: lines of own width at high angles, flat specimen at low ones."""
    pattern = folder / "LaB6_nist_srm660c_100a.cif"
    for name, cases, low, high in (
            ("correction_line_width.png", ((False, False, "doublet"),
                                           (True, False, "four lines with own widths")),
             139.0, 143.0),
            ("correction_flat_specimen.png", ((False, False, "without flat specimen"),
                                              (False, True, "with flat specimen")), 20.6, 21.9)):
        shown = []
        for sets, flat, label in cases:
            start, found = calibrated(runs, pattern, nist(runs, sets, flat))
            profiles, sample = runs.fit(pattern, ["LaB6"], start)
            shown.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
            print(name, label, found.get("rwp"), found.get("displacement_mm"), found.get("cell"))
        two_panels(out, name, shown, low, high)


def foreign_lines(runs, out, folder):
    """K-beta in the beam of a laboratory D500: found in the residual, and fitted as a line."""
    pattern = folder / "LaB6_d500_si_psd.xye"
    shown = []
    for beta, label in ((0.0, "K-alpha alone"), (0.008, "with K-beta")):
        path = runs.scratch / f"beta{beta}.toml"
        text = 'name = "D500"\nradius_mm = 200.5\n'
        for wave, share in ((1.5405929, 1.0), (1.5444274, 0.5), (1.39222, 1.5 * beta)):
            if share > 0.0:
                text += f"[[lines]]\nwavelength_angstrom = {wave}\nrelative_intensity = {share}\n"
        path.write_text(text)
        profiles, sample = runs.fit(pattern, ["LaB6"], str(path))
        said = [w["text"] for w in sample["warnings"] if w["code"] == "W-XRD-125"]
        print("foreign", label, said)
        shown.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"
                      + ("; W-XRD-125" if said else "")))
    two_panels(out, "correction_k_beta.png", shown, 26.6, 28.4)


def library_rows(folder, names):
    import csv
    import gzip
    with gzip.open(folder / "library_patterns.csv.gz", "rt") as file:
        rows = list(csv.reader(file))
    head = rows[0]
    at = [head.index(name) for name in names]
    values = np.array([[float(row[0])] + [float(row[k]) for k in at] for row in rows[1:]])
    return values[:, 0], values[:, 1:].T


def blank(runs, out, folder):
    """No shared scan comes with its blank: corundum and a volcanic glass, both measured in one
    laboratory, added up; the glass stands for the holder."""
    angle, (corundum, glass) = library_rows(folder, ("CORUNDUM", "OBSIDIAN"))
    total = runs.scratch / "with_holder.xye"
    holder = runs.scratch / "holder.xy"
    scale = 20000.0 / corundum.max()
    glass = 400.0 * glass / glass.max()
    both = scale * corundum + glass
    total.write_text("".join(f"{a:.3f} {y:.3f} {max(1.0, y) ** 0.5:.3f}\n"
                             for a, y in zip(angle, both)))
    holder.write_text("".join(f"{a:.3f} {2.0 * y:.3f}\n" for a, y in zip(angle, glass)))
    shown = []
    for more, label in ((["--background", "2"], "two background terms"),
                        (["--background", "2", "--blank", str(holder)], "and the blank"),
                        (["--background", "2", "--hump", "glass=25:11"], "and a hump")):
        profiles, sample = runs.fit(total, ["corundum"], None, "--wavelength",
                                    "1.5405929,1.5444274", "--two-theta-min", "8", *more)
        found = sample.get("quantification", {}).get("blank", [])
        print("blank", label, found)
        part = f", {found['scale']:.3f} of it (0.5 drawn)" if found else ""
        shown.append((profiles, f"{label}{part}: Rwp {sample['rwp']:.3f}"))
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), sharey=True)
    for axis, (profiles, title) in zip(axes, shown):
        panel(axis, profiles, 10.0, 60.0, title)
        axis.lines[2].remove()
        axis.set_ylim(0, 1200)
    axes[0].set_ylabel("counts")
    axes[0].legend(fontsize=8)
    save(figure, out, "correction_blank.png")


def roughness(runs, out, folder):
    """The scan that lacks most intensity at low angles; a specimen too short for the beam explains
    it better than a rough surface."""
    pattern = folder / "V2O5_0p2013-La(OH)3_0p5000-ZrO2_0p3001--8min.xrdml"
    wide = "\n[intensity]\nspecimen_length_mm = 1000\ndivergence_deg = 1\n"  # no overflow
    shown = []
    for text, label in ((wide, "smooth"),
                        (wide + "roughness_a = 0.3\nroughness_b = 0.2\n",
                         "rough: a = 0.3, b = 0.2"), ("", "smooth, beam overflow")):
        runs.count += 1
        start = runs.instrument("aeris_cu", add=text)
        profiles, sample = runs.fit(pattern, ["shcherbinaite", "LaOH3", "baddeleyite"], start)
        print("roughness", label, sample["rwp"], [p["weight_fraction"] for p in sample["phases"]])
        shown.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), sharey=True)
    for axis, (profiles, title) in zip(axes, shown):
        panel(axis, profiles, 14.5, 33.0, title)
    axes[0].set_ylabel("counts")
    axes[0].legend(fontsize=8)
    save(figure, out, "correction_roughness.png")


def harmonics(runs, out, folder):
    cases = []
    for more, label in ((["--no-texture"], "no texture"), (["--harmonics", "6"], "harmonics")):
        profiles, sample = runs.fit(folder / "brucite.prn", ["brucite"], "cpd_philips3020", *more)
        kept = sample["phases"][0].get("harmonics", {})
        print("harmonics", label, sample["rwp"], kept)
        cases.append((profiles, f"{label}{' (%d)' % len(kept) if kept else ''}: "
                      f"Rwp {sample['rwp']:.3f}"))
    two_panels(out, "correction_harmonics.png", cases, 17.0, 40.0)


def strain(runs, out, folder):
    cases = []
    for more, label in (([], "one strain"), (["--anisotropic-strain", "all"], "by direction")):
        profiles, sample = runs.fit(folder / "brucite.prn", ["brucite"], "cpd_philips3020", *more)
        phase = sample["phases"][0]
        print("strain", label, sample["rwp"], phase.get("strain_min"), phase.get("strain_max"))
        cases.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
    two_panels(out, "correction_strain.png", cases, 57.5, 63.5)


def transparency(runs, out, folder):
    """Li2CO3 with a tenth of ZrO2: mu is 23 /cm at a packing of 0.6, so t = 1 / (2 mu R) = 0.0015."""
    pattern = folder / "Li2CO3_0p9001-ZrO2_0p1000--8min.xrdml"
    shown = []
    for t, label in ((0.0, "opaque specimen"), (0.0015, "t = 0.0015 rad")):
        runs.count += 1
        start = runs.instrument("aeris_cu", add=f"\n[offsets]\ntransparency = {t}\n")
        profiles, sample = runs.fit(pattern, ["zabuyelite", "baddeleyite"], start)
        print("transparency", label, sample["rwp"], [p["weight_fraction"] for p in sample["phases"]])
        shown.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
    two_panels(out, "correction_transparency.png", shown, 93.5, 100.0)


def polarisation(runs, out, folder):
    """Corundum behind a graphite crystal, as if there were none and with what the crystal does."""
    text = (ROOT / "datasets/instruments/cpd_philips3020.toml").read_text()
    shown = []
    for k, label in ((0.99, "beam polarised in the plane, K = 0.99"), (0.54, "graphite, K = 0.54")):
        path = runs.scratch / f"polarisation{k}.toml"
        path.write_text(re.sub(r"polarisation_k = [0-9.]+", f"polarisation_k = {k}", text))
        profiles, sample = runs.fit(folder / "corundum.prn", ["corundum"], str(path))
        print("polarisation", label, sample["rwp"])
        shown.append((profiles, f"{label}: Rwp {sample['rwp']:.4f}"))
    two_panels(out, "correction_polarisation.png", shown, 84.0, 102.0)


def contrast(runs, out, folder):
    plain, mended = [], []
    for name, truth in WEIGHED.items():
        _, sample = runs.fit(folder / f"cpd-{name}.prn", PHASES, "cpd_philips3020",
                             "--particle-um", "5")
        corrected = sample["quantification"]["contrast"]["phases"]
        plain.append([100 * p["weight_fraction"] - t for p, t in zip(sample["phases"], truth)])
        mended.append([100 * p["weight_fraction"] - t for p, t in zip(corrected, truth)])
    bars(out, "correction_contrast.png", list(WEIGHED), PHASES,
         ("as refined", "after Brindley, 5 um assumed"), (plain, mended))


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("program")
    words.add_argument("shared")
    words.add_argument("--out", default=str(ROOT / "docs/images"))
    words.add_argument("--only", help="names with commas between: blank,roughness,...")
    given = words.parse_args()
    out, xrd = pathlib.Path(given.out), pathlib.Path(given.shared) / "data/xrd"
    cpd, dara = xrd / "cpd_roundrobin", xrd / "dara_precursor_mixtures"
    with tempfile.TemporaryDirectory() as scratch:
        runs = Runs(given.program, pathlib.Path(scratch))
        extra = {"blank": (blank, xrd / "rockjock_mixtures"), "roughness": (roughness, dara),
                 "transparency": (transparency, dara), "polarisation": (polarisation, cpd),
                 "harmonics": (harmonics, cpd), "strain": (strain, cpd),
                 "foreign": (foreign_lines, xrd / "ree_standards"),
                 "line_shape": (line_shape, xrd / "ree_standards")}
        for name, (draw, folder) in extra.items():
            if given.only is None or name in given.only.split(","):
                draw(runs, out, folder)
        if given.only is not None:
            return
        plain = runs.instrument("cpd_philips3020", cut=["axial"])
        pair(runs, "correction_axial.png", out, cpd / "fluorite.prn", ["fluorite"], plain,
             "cpd_philips3020", 27.4, 29.0, "axial divergence")
        runs.count += 1
        wide = runs.instrument("aeris_cu",
                               add="\n[intensity]\nspecimen_length_mm = 1000\ndivergence_deg = 1\n")
        pair(runs, "correction_overflow.png", out,
             dara / "V2O5_0p2013-La(OH)3_0p5000-ZrO2_0p3001--8min.xrdml",
             ["shcherbinaite", "LaOH3", "baddeleyite"], wide, "aeris_cu", 14.5, 33.0,
             "beam overflow")
        runs.count += 1
        lone = runs.instrument("cpd_philips3020", cut=["axial"])
        text = pathlib.Path(lone).read_text().replace("relative_intensity = 0.46",
                                                      "relative_intensity = 0.5")
        pathlib.Path(lone).write_text(text.replace("polarisation_k = 0.54",
                                                   "polarisation_k = 0.556"))
        pair(runs, "correction_instrument.png", out, cpd / "cpd-1g.prn",
             ["corundum", "zincite", "fluorite"], lone, "cpd_philips3020", 25.0, 38.5,
             "calibrated instrument")
        contrast(runs, out, cpd)
        dispersion(runs, out, cpd)
        texture(runs, out, cpd)
        displacement(runs, out, xrd / "rockjock_mixtures")
        runs.count += 1
        doublet(runs, out, cpd)
        capillary(runs, out, xrd / "ree_standards")


if __name__ == "__main__":
    main()
