#!/usr/bin/env python3
"""Writes the feed cards datasets/feeds/*.toml and their MANIFEST from the tables of published assays.

    python3 scripts/build_feed_cards.py SHARED_DATA_FOLDER

Reads SHARED/feeds/feeds.csv and datasets/origin. What no source states is listed as unknown, never filled in.
"""
import csv
import hashlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OXIDE = {"La": "La2O3", "Ce": "CeO2", "Pr": "Pr6O11", "Tb": "Tb4O7"}
RARE = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split()


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def feeds(shared):
    rows = {}
    with open(pathlib.Path(shared) / "feeds" / "feeds.csv", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["feed_id"], {})[row["quantity"]] = row
    return rows


def origin_set(name):
    with open(ROOT / "datasets/origin/sets.csv", encoding="utf-8") as stream:
        info = next(r for r in csv.DictReader(stream) if r["set_id"] == name)
    with open(ROOT / "datasets/origin/values.csv", encoding="utf-8") as stream:
        values = {r["element"]: r for r in csv.DictReader(stream) if r["set_id"] == name}
    return info, values


def value(quantity, number, unit, source, grade, basis="", state=""):
    text = f"[[value]]\nquantity = {quoted(quantity)}\nvalue = {number}\nunit = {quoted(unit)}\n"
    if state:
        text += f"state = {quoted(state)}\n"
    if basis:
        text += f"basis = {quoted(basis)}\n"
    return text + f"source = {quoted(source)}\ngrade = {quoted(grade)}\n"


def from_feed(row, quantity=None):
    return value(quantity or row["quantity"], row["value"], row["unit"], row["source"], row["grade"], row["basis"])


def from_origin(name):
    """Shares of REO as values, and the elements the set does not settle."""
    info, values = origin_set(name)
    oxide = dict(OXIDE, Ce="Ce2O3") if "Ce2O3" in info["oxide_convention"] else OXIDE
    lines, unknown = [], []
    for element in RARE:
        row = values.get(element)
        if row is None or row["state"] not in ("measured", "below_lod"):
            unknown.append(element)
            continue
        formula = oxide.get(element, element + "2O3")
        if row["state"] == "measured":
            lines.append(value(formula, row["share_pct"], "% of REO", info["source"], info["grade"], info["basis"]))
        else:
            lines.append(value(formula, row["limit_pct"], "% of REO", info["source"], info["grade"], info["basis"],
                               "below_lod"))
    return lines, unknown


def head(card, title, sourced, unknown, phase="solid", metal=False, material="", basis="", note=""):
    text = f"id = {quoted(card)}\ntitle = {quoted(title)}\nmaterial = {quoted(material)}\nphase = {quoted(phase)}\n"
    text += f"metal = {str(metal).lower()}\nsourced = {str(sourced).lower()}\nbasis = {quoted(basis)}\n"
    if note:
        text += f"note = {quoted(note)}\n"
    return text + "unknown = [" + ", ".join(quoted(u) for u in unknown) + "]\n"


def total(number, source, grade, basis):
    return (f"\n[total]\nquantity = \"TREO\"\nvalue_wt_pct = {number}\nbasis = {quoted(basis)}\n"
            f"source = {quoted(source)}\ngrade = {quoted(grade)}\n")


def carriers(source, **shares):
    return "\n[carriers]\n" + "".join(f"{m} = {s}\n" for m, s in shares.items()) + f"source = {quoted(source)}\n"


def cards(shared):
    f = feeds(shared)
    # Mountain Pass: ore of a published flotation model, pattern of a compilation.
    feed = f["mountain_pass_flotation_fresh_feed"]
    amount = {q: float(feed[q]["value"]) for q in ("REO", "CaO", "BaO", "SrO", "inert")}
    whole = sum(amount.values())
    source = feed["REO"]["source"] + "; wt% of the sum of the five flows"
    lines, unknown = from_origin("liu2023_mountain_pass")
    text = head("mountain_pass", "Mountain Pass ore as fed to flotation", True, unknown + ["Th", "U", "Fe", "Si", "Al", "F", "P"],
                material="bastnaesite carbonatite ore", basis="dry ore",
                note="Pattern and grade come from different sources. Tb to Lu are printed at the rounding of the source and fail "
                     "its check of smoothness: not stated here. SEG and heavier together: 1.8 % of TREO (company filing, A).")
    text += total(round(100 * amount["REO"] / whole, 4), source, "B", "dry ore, model of the plant")
    text += carriers("deposit descriptions; shares of minerals are not published with the assay (recalled)", bastnasite=1.0)
    for q in ("CaO", "BaO", "SrO"):
        lines.append(value(q, round(100 * amount[q] / whole, 4), "wt%", source, "B"))
    yield "mountain_pass", text + "\n" + "\n".join(lines), source + "; " + origin_set("liu2023_mountain_pass")[0]["source"]

    info, values = origin_set("weng2015_mount_weld")
    lines = [value(e, values[e]["note"].split()[1], "mg/kg", info["source"], info["grade"], info["material"])
             for e in RARE if values[e]["state"] == "measured"]
    text = head("mount_weld", "Mount Weld laterite, average of the resource", True,
                ["Lu", "Th", "U", "Fe", "Al", "P", "Ca", "Mn", "Si"], material="lateritised carbonatite",
                basis="dry, whole resource in the ground",
                note="An average of the resource, not of a concentrate: flotation changes the pattern.")
    text += carriers("deposit descriptions (recalled): secondary monazite carries most", monazite=1.0)
    yield "mount_weld", text + "\n" + "\n".join(lines), info["source"]

    info, _ = origin_set("liu2023_bear_lodge")
    lines, unknown = from_origin("liu2023_bear_lodge")
    row = f["bear_lodge_resource"]["TREO"]
    text = head("bear_lodge", "Bear Lodge (Bull Hill), average of the resource", True,
                unknown + ["Th", "U", "Fe", "Mn", "Ca", "Sr", "Ba", "F"], material="oxidised carbonatite",
                basis="dry, in the ground", note="Pattern and grade come from different sources.")
    text += total(row["value"], row["source"], row["grade"], row["basis"])
    yield "bear_lodge", text + "\n" + "\n".join(lines), info["source"] + "; " + row["source"]

    row, share = f["gakara_concentrate"]["TREO"], f["gakara_concentrate"]["NdPrDy_oxide"]
    text = head("gakara", "Gakara concentrate", False, RARE + ["Th", "U", "Ba", "Fe", "Sr", "F", "P"],
                material="bastnaesite-monazite vein concentrate", basis="dry concentrate",
                note=f"No assay by element: only TREO {row['value']} wt% and Nd + Pr + Dy about {share['value']} % of REO "
                     f"({row['source']}, grade {row['grade']}). The one pattern found (Liu et al. 2023) fails its check of smoothness "
                     "in La, Pr, Nd, Sm and Gd. No report may use this card.")
    text += total(row["value"], row["source"], row["grade"], row["basis"])
    yield "gakara", text, row["source"]

    info, _ = origin_set("gupta_longnan")
    lines, unknown = from_origin("gupta_longnan")
    text = head("ion_adsorption_clay", "Ion-adsorption clay, heavy pattern of Longnan", True,
                unknown + ["Al", "Fe", "Ca", "Mg", "K", "Si", "Th", "U", "Pb"], material="weathered granite, ion-exchangeable rare earths",
                basis="dry ore",
                note="Pattern of the shipped mixed oxide at the typical grade of South Chinese ore (0.014-0.65 %): two sources. "
                     "Only the exchangeable part leaches, more than about half of it.")
    text += total(0.08, "SEG book chapter abstract (ion-adsorption type REE deposits): typically about 800 ppm REY", "A", "dry ore")
    text += carriers("by definition of the ore", exchangeable=1.0)
    yield "ion_adsorption_clay", text + "\n" + "\n".join(lines), info["source"] + "; SEG book chapter abstract"

    spot = f["ndfeb_ebike_spot1"]
    lines = [from_feed(spot[q]) for q in spot if q not in ("C", "O")]
    text = head("ndfeb_magnet", "NdFeB magnet of an electric bicycle", True, ["Tb", "Ho", "Ni", "Al", "Nb", "Ga", "Zn", "C", "O"],
                metal=True, material="sintered magnet scrap", basis="spot analysis on a fracture",
                note="One microscope spot, not a bulk assay; boron by this method is not quantitative, carbon and oxygen are left out.")
    yield "ndfeb_magnet", text + "\n" + "\n".join(lines), spot["Nd"]["source"]

    row, least = f["lamp_phosphor_powder"]["Y"], f["lamp_phosphor_powder"]["REE_total_min"]
    text = head("lamp_phosphor", "Lamp phosphor powder", True, ["Eu", "Tb", "Ce", "La", "Gd", "Ca", "P", "Al", "Si", "Ba", "Mg", "Hg"],
                material="recycled fluorescent powder", basis="dry powder",
                note=f"Rare earths are at least {least['value']} wt% in all: 2 wt% or more are not told apart.")
    yield "lamp_phosphor", text + "\n" + from_feed(row), row["source"]

    liquor = f["lamp_phosphor_leach_liquor"]
    text = head("lamp_phosphor_liquor", "Leach liquor of lamp phosphor", True, ["Tb", "Ce", "La", "Gd", "Ca", "P", "Al"], phase="liquor",
                material="acid leach liquor", basis="liquor", note="The acid is not stated.")
    yield "lamp_phosphor_liquor", text + "\n" + from_feed(liquor["Y"]) + "\n" + from_feed(liquor["Eu"]), liquor["Y"]["source"]

    row = f["fcc_spent_catalyst_a"]["La"]
    text = head("fcc_catalyst", "Spent cracking catalyst", True, ["Ce", "Pr", "Nd", "Al", "Si", "V", "Ni", "Fe", "Sb", "Na"],
                material="zeolite catalyst of fluid catalytic cracking", basis="dry catalyst",
                note="Another source gives La2O3 + CeO2 together as 3 wt% (A): Ce is present and not known here.")
    yield "fcc_catalyst", text + "\n" + from_feed(row), row["source"]

    black = f["nimh_black_mass"]
    lines = [from_feed(black[q]) for q in ("La", "Ce", "Pr", "Nd", "Ni", "Co")]
    text = head("nimh_battery", "Black mass of NiMH batteries", True, ["Sm", "Y", "Al", "Mn", "Zn", "K", "Fe", "C"], metal=True,
                material="mixed electrode powder", basis="dry black mass", note="Partly hydroxide; counted as metal for its acid.")
    yield "nimh_battery", text + "\n" + "\n".join(lines), black["La"]["source"]


def main():
    folder = ROOT / "datasets" / "feeds"
    folder.mkdir(exist_ok=True)
    manifest = [["file", "origin", "licence", "date", "sha256", "transformations"]]
    for name, text, source in sorted(cards(sys.argv[1])):
        data = text.rstrip() + "\n"
        (folder / f"{name}.toml").write_text(data, encoding="utf-8")
        manifest.append([f"{name}.toml", source, "this project's licence; the numbers are facts of the cited sources", "2026-11-28",
                         hashlib.sha256(data.encode()).hexdigest(), "written by scripts/build_feed_cards.py"])
    with open(folder / "MANIFEST.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(manifest)
    print(f"{len(manifest) - 1} cards")


if __name__ == "__main__":
    main()
