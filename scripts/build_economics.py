#!/usr/bin/env python3
"""Writes datasets/economics: dated prices with their market, cost indices and capital anchors, and the MANIFEST.

    python3 scripts/build_economics.py SHARED_DATA_FOLDER

A price's market is read from its basis; it is never guessed: what names none is "unstated" and enters no sum.
"""
import csv
import hashlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def market(row):
    basis, source = row["basis"].lower(), row["source"]
    if "contract" in basis:
        return "contract"
    if "europe" in basis or "rotterdam" in basis:
        return "Europe"
    if "china" in basis or "shandong" in basis:
        return "China"
    if source.startswith("USGS") or source.startswith("PrOMMiS"):
        return "US"
    if row["currency"] == "CNY" and source in ("100ppi page", "market page"):
        return "China"  # Chinese market pages
    return "unstated"


def main():
    shared = pathlib.Path(sys.argv[1]) / "economics"
    folder = ROOT / "datasets" / "economics"
    folder.mkdir(exist_ok=True)
    with open(shared / "prices.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = ["date", "item", "low", "high", "currency", "per", "market", "basis", "source", "grade", "note"]
    with open(folder / "prices.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(dict(row, market=market(row)))
    (folder / "indices.csv").write_bytes((shared / "indices.csv").read_bytes().replace(b"\r\n", b"\n"))
    what = {"prices.csv": ("published quotes, named row by row in column source", "market read from basis and source"),
            "indices.csv": ("published indices and capital figures, named row by row in column source", "none")}
    manifest = [["file", "origin", "licence", "date", "sha256", "transformations"]]
    for name, (origin, done) in what.items():
        manifest.append([name, origin, "this project's licence; the numbers are facts of the cited sources", "2026-11-28",
                         hashlib.sha256((folder / name).read_bytes()).hexdigest(), done])
    with open(folder / "MANIFEST.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(manifest)


if __name__ == "__main__":
    main()
