#!/usr/bin/env python3
"""Fails when nvcc's assembler reports a register spill.

    check_spills.py BUILD_LOG...

Reads build logs holding the output of -Xptxas -v, prints registers per kernel, and exits 1 when any
kernel spills, 2 when no kernel is reported at all (then nothing was checked).
"""
import re
import subprocess
import sys


def demangle(names):
    try:
        out = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True)
        return out.stdout.splitlines() if out.returncode == 0 else names
    except OSError:
        return names


def read(path):
    """Yields (function, registers or None for a called function, stack bytes, spilled bytes)."""
    function, stack, spilled = None, 0, 0
    with open(path, errors="replace") as log:
        for line in log:
            found = re.search(r"Function properties for '?([\w$.]+)", line)
            if found:
                function = found[1]
                continue
            found = re.search(
                r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line)
            if found and function:
                stack, spilled = int(found[1]), int(found[2]) + int(found[3])
                if "run_on_device" not in function and spilled:
                    yield function, None, stack, spilled
                continue
            found = re.search(r"Used (\d+) registers", line)
            if found and function and "run_on_device" in function:
                yield function, int(found[1]), stack, spilled


def short(name):
    found = re.search(r"run_on_device<([^>]*)>", name)
    return found[1] if found else name[:100]


def main():
    if len(sys.argv) < 2:
        print(__doc__.strip())
        return 2
    rows = [row for path in sys.argv[1:] for row in read(path)]
    names = dict(zip([r[0] for r in rows], demangle([r[0] for r in rows])))
    spills = 0
    ours = 0
    for function, registers, stack, spilled in rows:
        name = names[function]
        ours += registers is not None
        spills += spilled > 0
        print(f"{'SPILL' if spilled else 'ok   '} {registers or '':>4} registers {stack:5d} bytes stack "
              f"{spilled:5d} bytes spilled  {short(name)}")
    if ours == 0:
        print("no kernel in these logs: was the build cold, with -Xptxas -v?")
        return 2
    print(f"{ours} kernels, {spills} spills")
    return 1 if spills else 0


if __name__ == "__main__":
    sys.exit(main())
