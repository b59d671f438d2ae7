#!/usr/bin/env python3
"""Draws what a refinement costs against one size at a time.

    plot_costs.py BENCHMARK_OUTPUT... --out FIGURE.svg

Reads the text that gadolin_bench_diffraction --benchmark_filter='sweep.*serial_1' prints (several
runs: the best of each case counts) and draws milliseconds of processor time per pattern, both axes
logarithmic, with the table as Markdown on stdout.
"""
import argparse
import math
import re


def read(paths):
    """{what: {size: ms}}"""
    best = {}
    for path in paths:
        with open(path, errors="replace") as text:
            for line in text:
                found = re.search(r"sweep_(\w+)/(\d+)/.*patterns_per_cpu_s=([0-9.]+)", line)
                if not found:
                    continue
                sizes = best.setdefault(found[1], {})
                ms = 1000.0 / float(found[3])
                size = int(found[2])
                sizes[size] = min(ms, sizes.get(size, ms))
    return best


def draw(best, names):
    width, height, left, top, plot_w, plot_h = 900, 320, 60, 40, 230, 220
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    values = [ms for sizes in best.values() for ms in sizes.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    for panel, name in enumerate(names):
        sizes = sorted(best[name].items())
        x0 = left + panel * (plot_w + 60)
        a, b = math.log(sizes[0][0]), math.log(sizes[-1][0])

        def x(size):
            return x0 + 12 + (plot_w - 24) * (math.log(size) - a) / (b - a)

        def y(ms):
            return top + plot_h - plot_h * (math.log10(ms) - low) / (high - low)

        for decade in range(low, high + 1):
            for k in (1, 2, 5) if decade < high else (1,):
                value = k * 10.0**decade
                parts.append(f'<line x1="{x0}" x2="{x0 + plot_w}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                             'stroke="#ddd"/>')
                parts.append(f'<text x="{x0 - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
        parts.append(f'<rect x="{x0}" y="{top}" width="{plot_w}" height="{plot_h}" fill="none" stroke="#555"/>')
        line = " ".join(f"{x(s):.1f},{y(ms):.1f}" for s, ms in sizes)
        parts.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
        for s, ms in sizes:
            parts.append(f'<circle cx="{x(s):.1f}" cy="{y(ms):.1f}" r="3.5" fill="#1f5fa8"/>')
            parts.append(f'<text x="{x(s):.1f}" y="{top + plot_h + 16}" text-anchor="middle" font-size="10">{s}</text>')
        parts.append(f'<text x="{x0 + plot_w / 2}" y="{top + plot_h + 36}" text-anchor="middle">{name}</text>')
    parts.append(f'<text x="{left - 45}" y="22">ms of processor time per pattern (20 evaluations)</text></svg>')
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--out", required=True)
    choices = parser.parse_args()
    best = read(choices.runs)
    names = [name for name in ("points", "phases", "reflections") if name in best]
    with open(choices.out, "w") as out:
        out.write(draw(best, names))
    for name in names:
        sizes = sorted(best[name].items())
        print("| " + name + " | " + " | ".join(str(s) for s, _ in sizes) + " |")
        print("|---" * (len(sizes) + 1) + "|")
        print("| ms | " + " | ".join(f"{ms:.1f}" for _, ms in sizes) + " |")


if __name__ == "__main__":
    main()
