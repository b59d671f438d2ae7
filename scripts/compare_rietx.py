#!/usr/bin/env python3
"""Refines the weighed precursor mixtures with RietX, beside Gadolin's own fractions.

    scripts/compare_rietx.py PROGRAM SHARED [--surface rough|smooth] [--from DEG] [--only TEXT]

Needs `pip install rietx` (1.10.0 was used). Same CIFs, B held, one order of release for every file; the
table stands in docs/measurements/quantification.md. 10 to 160 CPU seconds a pattern.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import rietx as rx  # noqa: E402

from calibrate_floor import mixtures  # noqa: E402

STRUCTURES = pathlib.Path(__file__).resolve().parent.parent / "datasets" / "structures"
TEXTURE_AXIS = {"shcherbinaite": (0, 0, 1), "LaOH3": (0, 0, 1), "zabuyelite": (0, 0, 1),
                "rhodochrosite": (1, 0, 4)}


def by_rietx(file, names, rough, lowest):
    """Weight fractions by name, GoF, CPU seconds."""
    begun = time.process_time()
    cifs = {path.stem: path for path in STRUCTURES.rglob("*.cif")}
    data = rx.read_pattern(str(file))
    phases = []
    for name in names:
        phase = rx.Structure.from_cif(str(cifs[name])).phases[0]
        phase.name = name
        phase.lor_size.value = 0.05
        if name in TEXTURE_AXIS:
            phase.preferred_orientation = rx.PreferredOrientation(axis=TEXTURE_AXIS[name])
        phases.append(phase)
    instrument = rx.Instrument.bragg_brentano(radiation="CuKa", goniometer_radius_mm=145.0)
    instrument.geometry.axial_sl.value = instrument.geometry.axial_hl.value = 0.04
    limits = (lowest, 99.99)
    instrument.background = rx.auto_background(data, kind="chebyshev",
                                               two_theta_limits=limits).background
    strong = sorted(rx.pick_peaks(data, instrument).peaks, key=lambda p: -p.intensity)[:12]
    fwhm = min(0.15, float(np.median([peak.fwhm for peak in strong])))
    instrument.profile.w.value, instrument.profile.x.value = (0.5 * fwhm) ** 2, 0.02
    order = [("scales", ["phases.*.scale", "instrument.background.*"]),
             ("displacement", ["instrument.geometry.sample_displacement"]),
             ("cells", ["phases.*.cell.*"]), ("width", ["instrument.profile.w"]),
             ("size", ["phases.*.lor_size"]), ("strain", ["phases.*.lor_strain"]),
             ("texture", ["phases.*.preferred_orientation.r"])]
    stages = [rx.Stage(name=name, turn_on=paths) for name, paths in order]
    if rough:
        instrument.geometry.surface_roughness = rx.RoughnessSuortti()
        stages.append(rx.Stage(name="surface", seed=0.3,
                               turn_on=["instrument.geometry.surface_roughness.*"]))
    result = rx.Refinement(rx.Structure(phases=phases), instrument).fit(
        data, plan=rx.RefinementPlan(stages=stages), two_theta_limits=limits, telemetry=False)
    found = {getattr(p, "phase", getattr(p, "name", "")): p.weight_fraction
             for p in result.qpa.phases}
    return found, result.statistics.gof, time.process_time() - begun


def by_gadolin(program, file, instrument, names):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "diffraction", str(file), "--phases", ",".join(names),
                           "--instrument", instrument, "--threads", "1", "--json", "--quiet"],
                          capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    sample = json.loads(done.stdout)["samples"][0]
    return ({p["name"]: p["weight_fraction"] for p in sample["phases"]}, sample["gof"],
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("shared", type=pathlib.Path)
    parser.add_argument("--surface", default="rough", choices=("rough", "smooth"))
    parser.add_argument("--from", dest="lowest", type=float, default=10.0)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    shared = next(p for p in (asked.shared / "data/xrd", asked.shared / "xrd", asked.shared)
                  if p.is_dir())
    errors = {"Gadolin": [], "RietX": []}
    for group, file, instrument, powders in mixtures(shared):
        if group != "precursors 8min" or asked.only not in file.name:
            continue
        names = [name for _, own, _ in powders for name in own]
        fits = {"Gadolin": by_gadolin(asked.program, file, instrument, names),
                "RietX": by_rietx(file, names, asked.surface == "rough", asked.lowest)}
        print(" + ".join(powder for powder, _, _ in powders))
        for program, (found, gof, seconds) in fits.items():
            own = [100.0 * (sum(found[n] for n in group_names) - weighed)
                   for _, group_names, weighed in powders]
            errors[program] += own
            print(f"    {program:8}", ", ".join(f"{e:+.1f}" for e in own),
                  f" GoF {gof:.2f}  {seconds:.2f} s", flush=True)
    for program, own in errors.items():
        print(f"MAE {program} {np.mean(np.abs(own)):.2f} wt% of {len(own)} fractions")


if __name__ == "__main__":
    main()
