#!/usr/bin/env python3
"""Checks that docs/formats/errors.md and the sources name the same codes of errors and warnings.

    python3 scripts/check_errors.py [ROOT]    names what is missing on either side, exit 1 if any
    python3 scripts/check_errors.py --self-test

A code is E-AREA-nnn or W-AREA-nnn. In the sources (app, io, kernels, models, scripts) it counts where a
string literal holds it; comments do not. In the page it counts in the first column of a table, one
code a row, with a meaning beside it.
"""
import pathlib
import re
import sys
import tempfile

FOLDERS = ("app", "io", "kernels", "models", "scripts")
SUFFIXES = {".cpp", ".hpp", ".cu", ".cuh", ".py"}
CODE = re.compile(r"\b[EW]-[A-Z][A-Z0-9]*-[0-9]{3}\b")
# A string literal on one line, or a comment; the comment is matched so that it can be dropped.
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
ROW = re.compile(r"^\|\s*([EW]-[A-Z0-9-]+)\s*\|([^|]*)\|")
PAGE = pathlib.Path("docs/formats/errors.md")


def source_codes(root):
    """{code: first place} of every code in a string literal."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or path.name == pathlib.Path(__file__).name:
                continue
            text = path.read_text(encoding="utf-8")
            for token in TOKEN.finditer(text):
                if token.group().startswith("/"):
                    continue
                for code in CODE.findall(token.group()):
                    line = text.count("\n", 0, token.start()) + 1
                    found.setdefault(code, f"{path.relative_to(root)}:{line}")
    return found


def page_codes(root):
    """({code: line}, [faults]) of the page's tables."""
    found, faults = {}, []
    for number, line in enumerate((root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        row = ROW.match(line)
        if not row:
            if re.match(r"^\|\s*[EW]-", line):
                faults.append(f"{PAGE}:{number}: one code a row, and a meaning")
            continue
        code = row.group(1)
        if not CODE.fullmatch(code):
            faults.append(f"{PAGE}:{number}: {code} is no code")
        elif code in found:
            faults.append(f"{PAGE}:{number}: {code} is listed in line {found[code]} already")
        elif not row.group(2).strip():
            faults.append(f"{PAGE}:{number}: {code} has no meaning")
        found.setdefault(code, number)
    return found, faults


def check(root):
    sources = source_codes(root)
    page, faults = page_codes(root)
    faults += [f"{sources[c]}: {c} is not in {PAGE}" for c in sorted(set(sources) - set(page))]
    faults += [f"{PAGE}:{page[c]}: {c} is in no source" for c in sorted(set(page) - set(sources))]
    return faults, len(sources)


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "app").mkdir()
        (root / PAGE.parent).mkdir(parents=True)
        source = root / "app/a.cpp"
        source.write_text('throw Error("E-AAA-001", "x");  // as E-CCC-009\nfail("error[W-BBB-002]: y");\n')
        page = root / PAGE
        good = "| E-AAA-001 | a fault | 3 |\n| W-BBB-002 | a doubt | |\n"
        page.write_text(good)
        if check(root)[0]:
            return "a right page is refused"
        for words, text in (("a code not listed", "| E-AAA-001 | a fault | 3 |\n"),
                            ("a code in no source", good + "| E-AAA-003 | gone | 3 |\n"),
                            ("two codes in a row", good + "| E-AAA-001, 002 | both | 3 |\n"),
                            ("a code listed twice", good + "| W-BBB-002 | again | |\n"),
                            ("no meaning", good.replace("a doubt", ""))):
            page.write_text(text)
            if not check(root)[0]:
                return words + " is not noticed"
    return ""


def main():
    if sys.argv[1:] == ["--self-test"]:
        fault = self_test()
        print(fault or "planted faults are found")
        return 1 if fault else 0
    root = pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).resolve().parent.parent
    faults, count = check(root)
    for fault in faults:
        print(fault)
    print(f"{count} codes in the sources, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
