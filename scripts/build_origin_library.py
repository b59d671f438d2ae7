#!/usr/bin/env python3
"""Build datasets/origin and datasets/normalisers from tables of published rare-earth distributions.

usage: build_origin_library.py TABLES [REPOSITORY]

TABLES is a folder holding ree_distribution.csv, ree_distribution_2.csv, deposits.csv,
deposits_2.csv, agreement_2.csv, normalisers.csv. The facts are rewritten into the library format of
docs/formats/origin_library.md; every decision taken on the way is in this file:

* state       value -> measured; not_reported, not_determined -> not_measured;
              trace -> below the last printed digit; zero_as_printed -> below half of the last printed
              digit where the line through the printed neighbours allows it, else not_measured
              (a zero then means "not given"); suspect_as_printed -> not_measured, cell kept.
* convention  the oxide each set is printed in. The 2023 compilation labels Ce as Ce2O3; for the sets
              where the comparison table says that only CeO2 fits, CeO2 is stored.
* resolution  half of the last printed digit [% of TREO]; the 2015 compilation is computed from six
              figures (0), the 2023 one is re-closed from two decimals (0.005).
"""
import csv
import hashlib
import json
import math
import sys
from pathlib import Path

ELEMENTS = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split()
VERSION = "1.0"
# Deposits of one geological complex or one camp: leaving one out means leaving all out.
COMPLEXES = {
    "mount_weld": ["mount_weld", "mount_weld_duncan"],
    "browns_range": ["browns_range", "browns_range_area5", "browns_range_gambit",
                     "browns_range_gambit_west"],
    "elliot_lake_camp": ["elliot_lake", "eco_ridge_hwz", "eco_ridge_mcb"],
    "saint_honore": ["saint_honore", "niobec"],
    "buckton": ["buckton", "buckton_south"],
    "canakli": ["canakli_1", "canakli_2"],
    "glenover": ["glenover", "glenover_stockpile"],
    "steenkampskraal": ["steenkampskraal", "steenkampskraal_lower_tailings",
                        "steenkampskraal_upper_tailings"],
    "ilimaussaq": ["kvanefjeld", "tanbreez"],
    "pocos_de_caldas": ["pocos_de_caldas_rocks", "caldeira", "colossus"],
    "south_china_clays": ["south_china_clays", "longnan", "xunwu", "xinfeng"],
}


def read(path):
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def material_kind(material):
    text = material.lower()
    if "carbonate product" in text or "oxalate product" in text or "ion-adsorption clay conc" in text \
            or "mixed re concentrate" in text:
        return "mixed_product"
    if "concentrate" in text:
        return "concentrate"
    if "resource" in text or "in-situ" in text:
        return "resource_average"
    if "ore" in text.split() or " ore" in text or "ore," in text:
        return "ore"
    return "mineral"


def oxide_convention(basis, set_id, ce_as_ceo2):
    cerium, praseodymium, terbium = "CeO2", "Pr6O11", "Tb4O7"
    if "Ce2O3" in basis and set_id not in ce_as_ceo2:
        cerium = "Ce2O3"
    if "Tb2O3" in basis:
        terbium = "Tb2O3"
    return f"{cerium} {praseodymium} {terbium}"


def decimals(text):
    return len(text.split(".")[1]) if "." in text else 0


def half_digit(set_id, printed):
    """Half of the last digit of a cell [% of TREO]."""
    if set_id.startswith("weng2015"):
        return 0.0
    if set_id.startswith("liu2023"):
        return 0.005
    return 0.5 * 10.0 ** -decimals(printed)


def coarsest_half_digit(set_id, rows):
    """Half of the last digit of the set's coarsest cell: what "trace" is below twice of."""
    return max(half_digit(set_id, r["pct_of_TREO"] or "0.0000") for r in rows)


def zero_is_censored(element, rows, chondrite, half):
    """True if the straight line (ln of chondrite-normalised share against Z) through the two nearest
    printed neighbours lies below five times the rounding limit; Y is never below rounding."""
    if element == "Y":
        return False
    order = ELEMENTS[:-1]
    at = order.index(element)
    printed = {r["element"]: float(r["pct_of_TREO"]) for r in rows
               if r["qualifier"] == "value" and r["pct_of_TREO"] and r["element"] not in ("Ce", "Eu")}
    near = sorted((e for e in order if e in printed), key=lambda e: abs(order.index(e) - at))[:3]
    if len(near) < 2:
        return False
    x = [order.index(e) for e in near]
    y = [math.log(printed[e] / chondrite[e]) for e in near]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
    return math.exp(my + slope * (at - mx)) * chondrite[element] < 5 * half


def main():
    tables = Path(sys.argv[1])
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parents[1]
    out = root / "datasets" / "origin"

    normalisers = read(tables / "normalisers.csv")
    chondrite = {r["element"]: float(r["value"]) for r in normalisers
                 if r["normaliser"] == "CH_REE_ONeill2016"}
    ce_as_ceo2 = {r["set_b"] for r in read(tables / "agreement_2.csv")
                  if "read as CeO2 although" in r["remark"]}

    sets = {}
    for name in ("ree_distribution.csv", "ree_distribution_2.csv"):
        for row in read(tables / name):
            sets.setdefault(row["set_id"], []).append(row)

    deposits = {}
    for row in read(tables / "deposits.csv"):
        deposits[row["deposit_id"]] = [row["deposit_id"], row["name"], row["country"],
                                       row["deposit_type"], int(row["in_china"])]
    for row in read(tables / "deposits_2.csv"):
        if row["deposit_id"] in deposits or not row["name"]:
            continue
        place = row["country_or_place"]
        deposits[row["deposit_id"]] = [row["deposit_id"], row["name"].replace("˜", "ã").replace("aã", "ã"),
                                       place, row["deposit_type"], int("China" in place)]
    complex_of = {d: c for c, members in COMPLEXES.items() for d in members}

    set_rows, value_rows, used = [], [], set()
    for set_id, rows in sets.items():
        first = rows[0]
        half = coarsest_half_digit(set_id, rows)
        grade = first["verification"].strip()[0]
        note = "; ".join(sorted({r["note"] for r in rows if r["note"] and not
                                 r["note"].startswith("printed") and r["qualifier"] == "value"}))
        if set_id == "gupta_longnan":
            grade = "B"
            note = "Sm-Lu and Y read, La-Nd recalled: the lower grade stands for the set"
        if set_id in ce_as_ceo2:
            note = "; ".join(filter(None, [note, "Ce labelled Ce2O3, fits the other compilation only as CeO2"]))
        used.add(first["deposit_id"])
        set_rows.append([set_id, first["deposit_id"], first["material"],
                         material_kind(first["material"]), first["basis"],
                         oxide_convention(first["basis"], set_id, ce_as_ceo2), grade,
                         first["source"], note])
        for r in rows:
            element, printed, qualifier = r["element"], r["pct_of_TREO"], r["qualifier"]
            if element not in ELEMENTS:
                continue
            state, limit = "not_measured", ""
            if qualifier == "value" and float(printed) > 0:
                state = "measured"
            elif qualifier == "value":  # printed as 0.0000 in a set of four decimals
                state, limit = "below_lod", f"{half_digit(set_id, printed):g}"
            elif qualifier == "trace":
                state, limit = "below_lod", f"{2 * half:g}"
            elif qualifier == "zero_as_printed" and zero_is_censored(element, rows, chondrite, half):
                state, limit = "below_lod", f"{half:g}"
            resolution = f"{half_digit(set_id, printed):g}" if printed else ""
            value_rows.append([set_id, element, state, printed, resolution, limit, qualifier,
                               r["note"]])

    deposit_rows = [deposits[d] + [complex_of.get(d, d)] for d in deposits if d in used]
    missing = used - set(deposits)
    if missing:
        raise SystemExit(f"sets name deposits that no table lists: {sorted(missing)}")

    write(out / "deposits.csv", ["deposit_id", "name", "country", "deposit_type", "in_china",
                                 "complex_id"], deposit_rows)
    write(out / "sets.csv", ["set_id", "deposit_id", "material", "material_kind", "basis",
                             "oxide_convention", "grade", "source", "note"], set_rows)
    write(out / "values.csv", ["set_id", "element", "state", "share_pct", "half_digit_pct", "limit_pct", "qualifier",
                               "note"], value_rows)
    write(root / "datasets" / "normalisers" / "normalisers.csv",
          ["normaliser", "reservoir", "element", "content_mg_per_kg", "u_mg_per_kg", "source"],
          [[r["normaliser"], r["reservoir"], r["element"], r["value"],
            f"{float(r['unc_2sigma']) / 2:g}" if r["unc_2sigma"] else "", r["source"]]
           for r in normalisers])

    files = {name: hashlib.sha256((out / name).read_bytes()).hexdigest()
             for name in ("deposits.csv", "sets.csv", "values.csv")}
    manifest = {"format": "gadolin origin library", "format_version": "1.0",
                "name": "published rare-earth distributions", "version": VERSION,
                "unit": "mass of oxide per 100 mass of total rare-earth oxide, by each set's convention",
                "sets": len(set_rows), "deposits": len(deposit_rows), "sha256": files}
    (out / "library.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"{len(set_rows)} sets of {len(deposit_rows)} deposits, {len(value_rows)} values")


if __name__ == "__main__":
    main()
