#!/usr/bin/env python3
"""Draws the cost of a bank against stages, species and designs, from Google Benchmark's JSON.

    plot_separation_speed.py BENCH.json OUT.svg

BENCH.json: gadolin_bench_separation --benchmark_filter='bank.*serial' --benchmark_out=BENCH.json
Cost is CPU time, so that other load on the machine changes it little.
"""
import json
import math
import sys


def read(path):
    """{(stages, species, designs): CPU ms per design}, the least of repeated runs."""
    cost = {}
    with open(path) as file:
        for run in json.load(file)["benchmarks"]:
            name = run["name"].split("/")
            stages, species = (int(part) for part in name[1].split("x"))
            designs = int(name[3])
            key = (stages, species, designs)
            cost[key] = min(cost.get(key, math.inf), run["cpu_time"] / designs)
    return cost


def panel(left, title, axis, points):
    """One log-log panel of (x, ms) points as SVG text."""
    width, height, top = 230, 190, 40
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x0, x1 = math.log10(min(xs)) - 0.05, math.log10(max(xs)) + 0.05
    y0, y1 = math.log10(min(ys)) - 0.15, math.log10(max(ys)) + 0.25

    def place(x, y):
        return (left + (math.log10(x) - x0) / (x1 - x0) * width,
                top + height - (math.log10(y) - y0) / (y1 - y0) * height)

    out = [f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#888"/>',
           f'<text x="{left + width / 2}" y="{top - 10}" text-anchor="middle" font-weight="bold">{title}</text>',
           f'<text x="{left + width / 2}" y="{top + height + 34}" text-anchor="middle">{axis}</text>']
    for x in sorted(set(xs)):
        px, _ = place(x, ys[0])
        out.append(f'<text x="{px:.1f}" y="{top + height + 16}" text-anchor="middle">{x}</text>')
    step = int(math.ceil(y0))
    while step <= y1:
        _, py = place(xs[0], 10.0 ** step)
        out.append(f'<line x1="{left}" x2="{left + width}" y1="{py:.1f}" y2="{py:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{py + 4:.1f}" text-anchor="end">{10.0 ** step:g}</text>')
        step += 1
    line = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(x, y) for x, y in sorted(points)))
    out.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for x, y in points:
        px, py = place(x, y)
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="#1f5fa8"/>')
        out.append(f'<text x="{px:.1f}" y="{py - 8:.1f}" text-anchor="middle" font-size="10">{y:.2g}</text>')
    return "\n".join(out)


def main():
    cost = read(sys.argv[1])
    stages = [(n, ms) for (n, c, d), ms in cost.items() if c == 16 and (d == 256 or (n, d) == (60, 1024))]
    species = [(c, ms) for (n, c, d), ms in cost.items() if n == 60 and (d == 256 or (c, d) == (16, 1024))]
    designs = [(d, ms) for (n, c, d), ms in cost.items() if (n, c) == (60, 16)]
    body = [panel(70, "16 species", "stages", stages),
            panel(370, "60 stages", "species (rare earths + Na)", species),
            panel(670, "60 stages, 16 species", "designs in one call", designs),
            '<text x="16" y="135" transform="rotate(-90 16 135)" text-anchor="middle">CPU ms per design</text>']
    with open(sys.argv[2], "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 930 280" font-family="sans-serif" font-size="12">\n'
                   '<rect width="930" height="280" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n")


if __name__ == "__main__":
    main()
