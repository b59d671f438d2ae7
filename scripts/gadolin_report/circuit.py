"""What a report shows of one bank of a circuit: profiles of both phases, conditions of every stage."""
import math

from . import figures
from .words import escape, significant


def signed(value, decimals=2):
    return f"{value:.{decimals}f}".replace("-", "\u2212") if math.isfinite(value) else "\u2013"


def profiles(page, bank, unit="", name=""):
    """Concentrations leaving each stage, both phases; what stays below 1e-9 mol/L everywhere is left to the data."""
    species, stages = bank.texts("species"), bank.array("stage").tolist()
    where = f"{escape(unit)}, bank" if unit else "Bank"
    for phase in ("aqueous", "organic"):
        if phase not in bank:
            continue
        profile = bank.array(phase)
        shown = [k for k in range(len(species)) if profile[:, k].max() > 1e-9]
        page.figure(figures.profiles(stages, [(species[k], profile[:, k].tolist()) for k in shown], f"{phase} profile",
                                     f"{phase} / mol/L (log)", quiet=("Na", "NH4", "K", "HNO3", "HCl")),
                    f"{where} <b>{escape(bank.text('name'))}</b>, {phase} phase leaving each stage.",
                    f"{bank.path}/{phase}", f"{unit + '_' if unit else ''}{name}_{phase}",
                    ["stage"] + [s + " (mol/L)" for s in species],
                    [[int(s)] + [float(v) for v in profile[i]] for i, s in enumerate(stages)])


def conditions(page, bank, unit=""):
    """pH, free extractant, loading, phase ratio and flows of every stage; ionic strength and pH on the activity scale
    where the chemistry computes them."""
    stages = bank.array("stage").tolist()
    ph = bank.array("ph").tolist()
    if len(ph) != len(stages) or not stages:
        return
    aqueous, organic = bank.array("aqueous_flow"), bank.array("organic_flow")
    columns = [("stage", [str(int(s)) for s in stages]), ("pH", [signed(v) for v in ph])]

    def add(words, dataset, write):
        values = bank.array(dataset).tolist()
        if len(values) == len(stages):
            columns.append((words, [write(float(v)) for v in values]))

    add("pH, activity scale", "ph_activity", signed)
    add("ionic strength / mol/L", "ionic_strength", significant)
    add("free anion / mol/L", "free_anion", significant)
    add("free extractant / mol/L", "free_extractant", significant)
    add("loading / %", "loading_fraction", lambda v: f"{100 * v:.1f}")
    if len(aqueous) == len(stages) == len(organic):
        columns.append(("O/A", [significant(float(o / a)) if a > 0 else "\u2013" for a, o in zip(aqueous, organic)]))
    add("aqueous / L/h", "aqueous_flow", significant)
    add("organic / L/h", "organic_flow", significant)
    outside = bank.array("out_of_window").tolist()
    if any(outside):
        columns.append(("species outside their window", [str(int(v)) for v in outside]))
    where = f"{escape(unit)}, bank" if unit else "Bank"
    scale = ("" if len(bank.array("ph_activity")) == len(stages) else
             " No activity model: constants are conditional, at the ionic strength of their experiments.")
    page.table([w for w, _ in columns], [list(row) for row in zip(*(c for _, c in columns))],
               f"{where} <b>{escape(bank.text('name'))}</b>, conditions of each stage; pH is \u2212log10 of the concentration of "
               f"H\u207a in mol/L, loading of the extractant's capacity.{scale}", tuple(range(len(columns))), bank.path)
