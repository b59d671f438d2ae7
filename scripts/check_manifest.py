#!/usr/bin/env python3
"""Checks that every file below datasets/ has a line in a manifest, and that the line tells the truth.

    python3 scripts/check_manifest.py [ROOT]    names what is missing or wrong, exit 1 if any
    python3 scripts/check_manifest.py --update  writes the hashes of lines that exist, and adds a line
                                                with empty fields for each file that has none
    python3 scripts/check_manifest.py --self-test

A manifest is datasets/<folder>/MANIFEST.csv with the columns of docs/formats/manifest.md:
    file, origin, licence, date, sha256, transformations
and, where it differs from the origin, citation. It covers its folder and all folders below it. README.md and MANIFEST.csv need no line themselves;
transformations may be empty for files kept as received.
"""
import csv
import hashlib
import pathlib
import re
import sys
import tempfile

COLUMNS = ["file", "origin", "licence", "date", "sha256", "transformations"]
OPTIONAL = {"citation"}  # columns that a manifest may lack
MAY_BE_EMPTY = {"citation", "transformations"}
EXEMPT = {"README.md", "MANIFEST.csv"}
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(path):
    """Rows by file name, the columns, and what is wrong with the table itself."""
    with path.open(newline="", encoding="utf-8") as handle:
        reader = csv.DictReader(handle)
        columns = reader.fieldnames or []
        if [c for c in columns if c not in OPTIONAL] != COLUMNS:
            return {}, columns, [f"{path}:1: columns are {columns}, expected {COLUMNS}"]
        rows, wrong = {}, []
        for row in reader:
            place = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                wrong.append(f"{place}: expected {len(columns)} fields - quote fields that hold a comma")
            elif row["file"] in rows:
                wrong.append(f"{place}: {row['file']} is listed twice")
            rows[row["file"]] = (place, row)
        return rows, columns, wrong


def data_files(folder):
    return sorted(p for p in folder.rglob("*")
                  if p.is_file() and p.name not in EXEMPT and "__pycache__" not in p.parts)


def check(root):
    datasets = root / "datasets"
    wrong, seen = [], 0
    for loose in sorted(p for p in datasets.iterdir() if p.is_file() and p.name not in EXEMPT):
        wrong.append(f"{loose}: data lie in a folder of their source, not loose in datasets/")
    for folder in sorted(p for p in datasets.iterdir() if p.is_dir()):
        files = {p.relative_to(folder).as_posix(): p for p in data_files(folder)}
        if not files:
            continue
        manifest = folder / "MANIFEST.csv"
        if not manifest.is_file():
            wrong.append(f"{manifest}: missing; {len(files)} files have no origin, licence or hash")
            continue
        rows, _, faults = read_manifest(manifest)
        wrong += faults
        if faults:
            continue
        for name, path in files.items():
            seen += 1
            if name not in rows:
                wrong.append(f"{path}: no line in {manifest}")
                continue
            place, row = rows[name]
            for column in COLUMNS:
                if column not in MAY_BE_EMPTY and not row[column].strip():
                    wrong.append(f"{place}: {name} has no {column}")
            if row["date"].strip() and not DATE.fullmatch(row["date"].strip()):
                wrong.append(f"{place}: {name} date \"{row['date']}\" is not YYYY, YYYY-MM or YYYY-MM-DD")
            if row["sha256"].strip() and row["sha256"] != sha256(path):
                wrong.append(f"{place}: {name} has changed (sha256 is {sha256(path)}) - "
                             "say how in transformations, then run scripts/check_manifest.py --update")
        for name in sorted(set(rows) - set(files)):
            if pathlib.PurePosixPath(name).name not in EXEMPT:
                wrong.append(f"{rows[name][0]}: {name} is not in {folder}")
    return seen, wrong


def update(root):
    for folder in sorted(p for p in (root / "datasets").iterdir() if p.is_dir()):
        files = {p.relative_to(folder).as_posix(): p for p in data_files(folder)}
        if not files:
            continue
        manifest = folder / "MANIFEST.csv"
        rows, columns, faults = read_manifest(manifest) if manifest.is_file() else ({}, COLUMNS, [])
        if faults:
            print("\n".join(faults))
            continue
        with manifest.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, columns, lineterminator="\n")
            writer.writeheader()
            for name, path in sorted(files.items()):
                row = rows[name][1] if name in rows else dict.fromkeys(columns, "")
                writer.writerow({**row, "file": name, "sha256": sha256(path)})


def self_test():
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        folder = root / "datasets" / "minerals"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("1\n")
        (folder / "b.csv").write_text("2\n")
        good = f"a.csv,a paper,CC0,2026-11-23,{sha256(folder / 'a.csv')},none"
        cases = {
            "missing manifest": None,
            "file without a line": [good],
            "changed file": [good, f"b.csv,a paper,CC0,2026,{'0' * 64},none"],
            "no licence": [good, f"b.csv,a paper,,2026,{sha256(folder / 'b.csv')},none"],
            "bad date": [good, f"b.csv,a paper,CC0,yesterday,{sha256(folder / 'b.csv')},none"],
            "line without a file": [good, good.replace("a.csv", "b.csv").replace(
                sha256(folder / "a.csv"), sha256(folder / "b.csv")), good.replace("a.csv", "c.csv")],
        }
        missed = []
        for name, lines in cases.items():
            if lines is not None:
                (folder / "MANIFEST.csv").write_text("\n".join([",".join(COLUMNS)] + lines) + "\n")
            if not check(root)[1]:
                missed.append(name)
        (folder / "MANIFEST.csv").write_text("\n".join([",".join(COLUMNS), good, good.replace(
            "a.csv", "b.csv").replace(sha256(folder / "a.csv"), sha256(folder / "b.csv"))]) + "\n")
        alarms = check(root)[1]
    print(f"self-test: {len(cases) - len(missed)} of {len(cases)} planted faults found"
          + "".join(f"; missed: {name}" for name in missed) + "".join(f"; false alarm: {a}" for a in alarms))
    return 1 if missed or alarms else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    flags = [a for a in arguments if a.startswith("--")]
    names = [a for a in arguments if not a.startswith("--")]
    root = pathlib.Path(names[0] if names else pathlib.Path(__file__).parent.parent).resolve()
    if flags == ["--update"]:
        update(root)
    elif flags:
        print(__doc__)
        return 2
    seen, wrong = check(root)
    for line in wrong:
        print(line.replace(f"{root}/", ""))
    print(f"manifest: {seen} data files, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
