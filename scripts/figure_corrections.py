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
import re
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

    def fit(self, pattern, phases, instrument, *more):
        """Profiles and weight fractions of one pattern."""
        self.count += 1
        out = self.scratch / f"result{self.count}.h5"
        command = [self.program, "diffraction", str(pattern), "--phases", ",".join(phases),
                   "--instrument", instrument, "--out", str(out), "--json", *more]
        done = subprocess.run(command, capture_output=True, text=True)
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


def pair(runs, name, out, pattern, phases, without, with_, low, high, words):
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, instrument, label in ((axes[0], without, "without"), (axes[1], with_, "with")):
        profiles, sample = runs.fit(pattern, phases, instrument)
        panel(axis, profiles, low, high, f"{label} {words}: Rwp {sample['rwp']:.4f}")
    axes[0].set_ylabel("counts")
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(out / name, dpi=110, metadata={"Software": None})
    plt.close(figure)


def contrast(runs, out, folder):
    weighed = {"1a": (1.15, 4.04, 94.81), "1b": (94.31, 1.36, 4.33), "1d": (13.53, 32.89, 53.58),
               "1f": (27.06, 55.22, 17.72), "1g": (31.37, 34.21, 34.42)}
    phases = ("corundum", "zincite", "fluorite")
    plain, mended = [], []
    for name, truth in weighed.items():
        _, sample = runs.fit(folder / f"cpd-{name}.prn", phases, "cpd_philips3020",
                             "--particle-um", "5")
        text = subprocess.run([runs.program, "diffraction", str(folder / f"cpd-{name}.prn"),
                               "--phases", ",".join(phases), "--instrument", "cpd_philips3020",
                               "--particle-um", "5"], capture_output=True, text=True).stdout
        corrected = [float(v) for v in re.findall(r"([\d.]+) wt%  D ", text)]
        plain.append([100 * p["weight_fraction"] - t for p, t in zip(sample["phases"], truth)])
        mended.append([c - t for c, t in zip(corrected, truth)])
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axis, errors, title in ((axes[0], plain, "as refined"),
                                (axes[1], mended, "after Brindley, 5 um assumed")):
        errors = np.array(errors)
        for p, phase in enumerate(phases):
            axis.bar(np.arange(5) + 0.27 * (p - 1), errors[:, p], 0.25, label=phase)
        axis.set_xticks(range(5), weighed)
        axis.set_title(f"{title}: RMS {np.sqrt((errors ** 2).mean()):.2f} wt%", fontsize=9)
        axis.axhline(0, color="k", lw=0.8)
        axis.grid(alpha=0.3, axis="y")
    axes[0].set_ylabel("found - weighed [wt%]")
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(out / "correction_contrast.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("program")
    words.add_argument("shared")
    words.add_argument("--out", default=str(ROOT / "docs/images"))
    given = words.parse_args()
    out, xrd = pathlib.Path(given.out), pathlib.Path(given.shared) / "data/xrd"
    cpd, dara = xrd / "cpd_roundrobin", xrd / "dara_precursor_mixtures"
    with tempfile.TemporaryDirectory() as scratch:
        runs = Runs(given.program, pathlib.Path(scratch))
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


if __name__ == "__main__":
    main()
