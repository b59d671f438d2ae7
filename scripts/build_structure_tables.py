#!/usr/bin/env python3
"""Calculates the tables of datasets/structures from its CIFs: lines, overlaps, density, I/Ic.

    python3 scripts/build_structure_tables.py                compares the tables with the CIFs, exit 1 if one differs
    python3 scripts/build_structure_tables.py --add NAME...  writes the rows of these phases (they need a row in INDEX.csv)
    python3 scripts/build_structure_tables.py --show FILE... strongest lines and shortest distances of any CIF

What is calculated (Cu K-alpha1, 1.540598 A; neutral-atom IT92 form factors, no anomalous dispersion, Lp without monochromator):
  LINES.csv    up to 15 strongest lines below 72 deg, lines closer than 0.12 % in d merged
  OVERLAP.csv  cosine of two patterns of 8 to 70 deg, pseudo-Voigt FWHM 0.15 deg, as listed and at the best of 31 isotropic
               strains of +-1.5 % of the second phase; pairs of at least 0.5 as listed or 0.55 strained
  INDEX.csv    density from Z and _chemical_formula_sum; I/Ic = strongest line per cell volume squared and density, over the same
               of corundum (ICDD 04-004-2852: a 4.7591, c 12.9895, Al z 0.35216, O x 0.3061, B 0.20, 0.20; the shipped one gives 0.99)
Needs gemmi and numpy.
"""
import csv
import itertools
import pathlib
import re
import sys

import gemmi
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "datasets" / "structures"
WAVELENGTH = 1.540598
CELL = ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"]


class Structure:
    """One CIF: cell, orthogonalisation matrix and the atoms of the cell by site."""

    def __init__(self, path):
        block = gemmi.cif.read(str(path)).sole_block()
        self.cell = gemmi.UnitCell(*[float(block.find_value("_cell_" + key)) for key in CELL])
        self.matrix = np.array(self.cell.orth.mat.tolist())
        self.units = int(float(block.find_value("_cell_formula_units_Z") or 1))
        self.formula = gemmi.cif.as_string(block.find_value("_chemical_formula_sum"))
        operations = [gemmi.Op(row.str(0)) for row in block.find(["_space_group_symop_operation_xyz"])]
        tags = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "B_iso_or_equiv"]
        self.sites = []
        for row in block.find("_atom_site_", tags):
            start = [float(row[i]) for i in (2, 3, 4)]
            start = [round(v * 6) / 6 if abs(v - round(v * 6) / 6) < 6e-5 else v for v in start]
            images = []
            for operation in operations:
                point = np.array(operation.apply_to_xyz(start)) % 1.0
                gaps = [self.matrix @ ((point - other) - np.round(point - other)) for other in images]
                if all(np.linalg.norm(gap) > 0.06 for gap in gaps):
                    images.append(point)
            self.sites.append((row.str(0), row.str(1), float(row[5]), float(row[6]), np.array(images)))

    def density(self):
        counts = re.findall(r"([A-Z][a-z]?)([\d.]*)", self.formula)
        mass = sum(gemmi.Element(e).weight * float(n or 1) for e, n in counts)
        return mass * self.units * 1.66053907 / self.cell.volume

    def lines(self, upto_deg=72.0, from_deg=2.0, merge=0.0012):
        """(d, intensity per volume squared, hkl) from large d to small."""
        least = WAVELENGTH / 2 / np.sin(np.radians(upto_deg / 2))
        bounds = [int(edge / least) + 1 for edge in (self.cell.a, self.cell.b, self.cell.c)]
        hkl = np.array(list(itertools.product(*[range(-n, n + 1) for n in bounds])))
        hkl = hkl[np.any(hkl != 0, axis=1)]
        q = np.linalg.norm(hkl @ np.linalg.inv(self.matrix), axis=1)
        inside = (q <= 1 / least) & (q > 2 * np.sin(np.radians(from_deg / 2)) / WAVELENGTH)
        hkl, q = hkl[inside], q[inside]
        order = np.argsort(q, kind="stable")
        hkl, q = hkl[order], q[order]
        values, back = np.unique(np.round(q, 9), return_inverse=True)
        s2 = (values / 2) ** 2
        factor = np.zeros(len(hkl), complex)
        for _, element, occupancy, b_iso, images in self.sites:
            form = np.array([gemmi.Element(element).it92.calculate_sf(x) for x in s2]) * np.exp(-b_iso * s2)
            factor += occupancy * form[back] * np.exp(2j * np.pi * (hkl @ images.T)).sum(axis=1)
        theta = np.arcsin(WAVELENGTH * q / 2)
        lp = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        intensity = np.abs(factor) ** 2 * lp / self.cell.volume**2
        d, merged, i = 1 / q, [], 0
        while i < len(d):
            j = i
            while j < len(d) and (j == i or d[j - 1] - d[j] < merge * d[j]):
                j += 1
            weight = intensity[i:j]
            if weight.sum() > 1e-12:
                strongest = hkl[i + int(np.argmax(weight))]
                merged.append((float((d[i:j] * weight).sum() / weight.sum()), float(weight.sum()), strongest))
            i = j
        return merged

    def strongest(self, count=15):
        lines = self.lines()
        top = max(line[1] for line in lines)
        chosen = sorted(lines, key=lambda line: -line[1])[:count]
        return [[f"{d:.4f}", f"{2 * np.degrees(np.arcsin(WAVELENGTH / 2 / d)):.3f}", f"{100 * i / top:.1f}",
                 " ".join(str(int(x)) for x in hkl)] for d, i, hkl in chosen]

    def shortest_distances(self, upto=3.0):
        points = np.array([p for site in self.sites for p in site[4]])
        labels = [site[0] for site in self.sites for _ in site[4]]
        for label, _, _, _, images in self.sites:
            near = []
            for shift in itertools.product((-1, 0, 1), repeat=3):
                length = np.linalg.norm((points + np.array(shift) - images[0]) @ self.matrix.T, axis=1)
                near += [(round(float(x), 3), labels[k]) for k, x in enumerate(length) if 0.02 < x < upto]
            yield label, sorted(near)[:8]


GRID = np.arange(8.0, 70.0, 0.02)


def profile(lines, strain=0.0, fwhm=0.15):
    """Unit vector of the pattern on GRID: half Gaussian, half Lorentzian lines."""
    d = np.array([line[0] for line in lines]) * (1 + strain)
    height = np.array([line[1] for line in lines])
    sine = WAVELENGTH / 2 / d
    keep = sine < 1
    at, height = 2 * np.degrees(np.arcsin(sine[keep])), height[keep]
    pattern = np.zeros_like(GRID)
    for centre, weight in zip(at, height):
        low, high = np.searchsorted(GRID, [centre - 20 * fwhm, centre + 20 * fwhm])
        x = (GRID[low:high] - centre) / fwhm
        pattern[low:high] += weight * 0.5 * (1 / (1 + 4 * x * x) + np.exp(-4 * np.log(2) * x * x))
    size = np.linalg.norm(pattern)
    return pattern / size if size > 0 else pattern


def read(name):
    with (FOLDER / name).open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    return rows[0], rows[1:]


def write(name, header, rows):
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def standard_ratio():
    """Strongest line of the reference corundum over its density."""
    path = FOLDER / "standard" / "corundum.cif"
    return max(line[1] for line in Structure(path).lines()) / Structure(path).density() / 0.99


def entries():
    header, rows = read("INDEX.csv")
    paths = {row[0]: FOLDER / row[2] / (row[0] + ".cif") for row in rows}
    # Turbostratic phases have bands: lines of their cell mean nothing.
    paths = {name: path for name, path in paths.items() if "_gadolin_turbostratic" not in path.read_text(encoding="utf-8")}
    return header, rows, paths


def add(names):
    header, rows, paths = entries()
    column = {name: k for k, name in enumerate(header)}
    unit = standard_ratio()
    structures = {name: Structure(path) for name, path in paths.items() if path.exists()}
    lines_header, lines_rows = read("LINES.csv")
    lines_rows = [row for row in lines_rows if row[0] not in names]
    for row in rows:
        if row[0] in names:
            structure = structures[row[0]]
            row[column["density_calc_g_cm3"]] = f"{structure.density():.3f}"
            row[column["I_over_Ic_calc_CuKa"]] = f"{max(x[1] for x in structure.lines()) / structure.density() / unit:.2f}"
            lines_rows += [[row[0], str(k + 1), *line] for k, line in enumerate(structure.strongest())]
    write("INDEX.csv", header, rows)
    write("LINES.csv", lines_header, lines_rows)
    overlap_header, overlaps = read("OVERLAP.csv")
    overlaps = [row for row in overlaps if row[2] not in names and row[3] not in names]
    groups = {row[0]: row[column["group"]] for row in rows}
    strains = np.linspace(-0.015, 0.015, 31)
    patterns = {name: structure.lines() for name, structure in structures.items()}
    listed = {name: profile(pattern) for name, pattern in patterns.items()}
    done = set()
    for name in names:
        done.add(name)
        family = np.array([profile(patterns[name], strain) for strain in strains])
        for other in [row[0] for row in rows if row[0] in listed and row[0] not in done]:
            # the second phase strained against the first, and the first against the second
            best = float((family @ listed[other]).max())
            plain = float(listed[name] @ listed[other])
            if plain >= 0.5 or best >= 0.55:
                overlaps.append([f"{round(best, 3)}", f"{round(plain, 3)}", name, other, groups[name], groups[other]])
    overlaps.sort(key=lambda row: -float(row[0]))
    write("OVERLAP.csv", overlap_header, overlaps)
    print(f"{len(names)} phases: {len(lines_rows)} lines, {len(overlaps)} overlaps")


def compare():
    header, rows, paths = entries()
    column = {name: k for k, name in enumerate(header)}
    unit = standard_ratio()
    listed = {}
    for row in read("LINES.csv")[1]:
        listed.setdefault(row[0], []).append(row)
    faults = []
    for row in rows:
        if row[0] not in paths:
            continue
        structure = Structure(paths[row[0]])
        strongest = structure.strongest()
        density, ratio = structure.density(), max(x[1] for x in structure.lines()) / structure.density() / unit
        if abs(density - float(row[column["density_calc_g_cm3"]])) > 0.005 * density:
            faults.append(f"{row[0]}: density {density:.3f}, listed {row[column['density_calc_g_cm3']]}")
        if abs(ratio - float(row[column["I_over_Ic_calc_CuKa"]])) > 0.03 * ratio + 0.01:
            faults.append(f"{row[0]}: I/Ic {ratio:.2f}, listed {row[column['I_over_Ic_calc_CuKa']]}")
        known = [(float(line[2]), float(line[4])) for line in listed.get(row[0], [])]
        if not known:
            faults.append(f"{row[0]}: no lines listed")
        for d, _, intensity, hkl in strongest[:5]:
            if known and not any(abs(float(d) - k) < 2e-3 * k and abs(float(intensity) - i) < 2 for k, i in known):
                faults.append(f"{row[0]}: line {d} ({intensity} %, {hkl}) is not listed")
    print("\n".join(faults))
    print(f"structure tables: {len(rows)} phases, {len(faults)} differences")
    return 1 if faults else 0


def main(arguments):
    if arguments[:1] == ["--add"] and len(arguments) > 1:
        add(arguments[1:])
        return 0
    if arguments[:1] == ["--show"] and len(arguments) > 1:
        for path in arguments[1:]:
            structure = Structure(path)
            print(f"{path}: density {structure.density():.3f}")
            for line in structure.strongest():
                print("  ", *line)
            for label, near in structure.shortest_distances():
                print("  ", label, " ".join(f"{other} {length:.3f}" for length, other in near))
        return 0
    if arguments:
        print(__doc__)
        return 2
    return compare()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
