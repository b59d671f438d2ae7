#!/usr/bin/env python3
"""Front found by `gadolin separation optimise` beside that of an exhaustive grid, as SVG.

    python3 scripts/figure_optimise.py build/host/app/gadolin bench/optimise_small_case.toml docs/images/optimise_front.svg

Prints the hypervolumes, their ratio and the designs each solved. Needs the standard library alone.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from gadolin_report import figures  # noqa: E402


def run(program, config):
    done = subprocess.run([program, "separation", "optimise", str(config), "--json", "--quiet"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    program, config, out = sys.argv[1:4]
    found = run(program, config)
    source = pathlib.Path(config)
    with tempfile.NamedTemporaryFile("w", suffix=".toml", dir=source.parent) as grid_file:
        grid_file.write(source.read_text().replace('method = "nsga2"', 'method = "exhaustive"'))
        grid_file.flush()
        grid = run(program, grid_file.name)
    ratio = found["hypervolume"][-1] / grid["hypervolume"][-1]
    print(f"grid: {grid['evaluations']} designs, {len(grid['front'])} on the front, hypervolume {grid['hypervolume'][-1]:.5g}")
    print(f"{found['method']}: {found['evaluations']} designs, {len(found['front'])} on the front, hypervolume "
          f"{found['hypervolume'][-1]:.5g}, ratio {ratio:.4f}")
    names = list(found["front"][0]["objectives"])
    drawing = figures.Drawing(900, 420, "front against grid")
    every = [[d["objectives"][n] for n in names] for r in (found, grid) for d in r["front"]]
    x = figures.Axis(0.95 * min(v[1] for v in every), 1.03 * max(v[1] for v in every), 78, 884)
    y = figures.Axis(min(0.0, min(v[0] for v in every)), 1.08 * max(v[0] for v in every), 370, 34)
    drawing.frame(x, y, names[1] + " / L/h", names[0] + ": -log10(1 - purity)")
    for result, shape, colour, words, place, filled in ((grid, "square", figures.COLOURS[1], f"grid of {grid['evaluations']}", 84, False),
                                                        (found, "circle", figures.COLOURS[0], f"{found['method']}, {found['evaluations']} designs", 300, True)):
        for design in result["front"]:
            v = [design["objectives"][n] for n in names]
            drawing.marker(x.at(v[1]), y.at(v[0]), shape, colour, 4.0 if filled is False else 2.2, filled)
        drawing.marker(place, 18, shape, colour, 4.0, filled)
        drawing.text(place + 10, 22, words, 12)
    pathlib.Path(out).write_text(drawing.svg() + "\n")


if __name__ == "__main__":
    main()
