#!/usr/bin/env python3
"""Rewrites DABAX atomic tables into the compact CSV files of datasets/atomic.

  convert_atomic_tables.py f0_WaasKirf.dat f1f2_CromerLiberman.dat.gz mu_McMaster.dat.gz OUT_DIR

Numbers are facts taken over unchanged. The two energy tables are thinned: a grid point is left out
only where straight-line interpolation between the points kept reproduces every point of the source
to the tolerance stated in the header (f', f'' linear; cross sections log-log). Absorption edges
keep both sides because a jump never lies on the line.
"""
import gzip
import math
import sys

DISPERSION_TOLERANCE_E = 0.005
ATTENUATION_TOLERANCE = 0.002
ENERGY_EV = (4000.0, 70000.0)


def read_blocks(path):
    """Yields (number, symbol, rows) per #S block of a DABAX file."""
    opener = gzip.open if path.endswith(".gz") else open
    name, rows = None, []
    with opener(path, "rt", errors="replace") as file:
        for line in file:
            if line.startswith("#S"):
                if name:
                    yield name, rows
                name, rows = line.split()[2], []
            elif name and not line.startswith("#") and line.strip():
                rows.append([float(word) for word in line.split()])
    if name:
        yield name, rows


def thin(points, fits):
    """Indices kept so that every point left out satisfies fits(first, last, point)."""
    kept = [0]
    start = 0
    while start < len(points) - 1:
        low, high = start + 1, start + 1
        step = 1
        while high + step < len(points) and all(
            fits(points[start], points[high + step], p) for p in points[start + 1 : high + step]
        ):
            low = high + step
            high = low
            step *= 2
        while step >= 1:  # bisect the last leap
            if low + step < len(points) and all(
                fits(points[start], points[low + step], p) for p in points[start + 1 : low + step]
            ):
                low += step
            step //= 2
        kept.append(low)
        start = low
    return kept


def linear(first, last, point):
    t = (point[0] - first[0]) / (last[0] - first[0]) if last[0] > first[0] else 0.0
    return all(
        abs(first[k] + t * (last[k] - first[k]) - point[k]) <= DISPERSION_TOLERANCE_E for k in (1, 2)
    )


def log_linear(first, last, point):
    if last[0] <= first[0]:
        return False
    t = math.log(point[0] / first[0]) / math.log(last[0] / first[0])
    return all(
        point[k] > 0.0
        and first[k] > 0.0
        and last[k] > 0.0
        and abs(math.log(first[k]) + t * math.log(last[k] / first[k]) - math.log(point[k]))
        <= ATTENUATION_TOLERANCE
        for k in (1, 2)
    )


def in_range(rows):
    return [r for r in rows if ENERGY_EV[0] <= r[0] <= ENERGY_EV[1]]


def write(path, header, columns, lines):
    with open(path, "w", newline="\n") as out:
        for line in header:
            out.write("# " + line + "\n")
        out.write(columns + "\n")
        out.writelines(line + "\n" for line in lines)


def main():
    f0_path, dispersion_path, attenuation_path, out = sys.argv[1:5]
    f0 = [[name] + [f"{v:.9g}" for v in rows[0]] for name, rows in read_blocks(f0_path)]
    write(
        out + "/f0_waasmaier_kirfel.csv",
        [
            "Source: D. Waasmaier & A. Kirfel (1995) Acta Cryst. A51, 416, via DABAX f0_WaasKirf.dat (ESRF).",
            "f0(s) = c + sum_i a_i exp(-b_i s^2), s = sin(theta)/lambda [1/angstrom]; electrons per atom or ion.",
            "Valid 0 <= s <= 6 1/angstrom. Licence: published constants (facts), no restriction stated by the source.",
            "Written by scripts/convert_atomic_tables.py; values unchanged.",
        ],
        "species,a1,a2,a3,a4,a5,c,b1,b2,b3,b4,b5",
        [",".join(row) for row in f0],
    )
    lines = []
    for name, rows in read_blocks(dispersion_path):
        rows = in_range(rows)
        lines += [f"{name},{rows[i][0]:.7g},{rows[i][1]:.5g},{rows[i][2]:.5g}" for i in thin(rows, linear)]
    write(
        out + "/dispersion_cromer_liberman.csv",
        [
            "Source: D. T. Cromer & D. Liberman (1970) J. Chem. Phys. 53, 1891; (1981) Acta Cryst. A37, 267; FPRIME 3F (1993)",
            "with the high-energy limit of Kissel & Pratt (1990) Acta Cryst. A46, 170; via DABAX f1f2_CromerLiberman.dat (ESRF).",
            "f = f0 + f' + i f'', electrons per atom, isolated atoms: not usable within about 50 eV of an absorption edge.",
            f"Valid {ENERGY_EV[0]/1000:g}-{ENERGY_EV[1]/1000:g} keV, Li (3) to Cf (98); H and He have none (use 0). Interpolate linearly in energy.",
            f"Thinned by scripts/convert_atomic_tables.py: the source's points are reproduced to {DISPERSION_TOLERANCE_E} e.",
            "Licence: published constants (facts), no restriction stated by the source.",
        ],
        "element,energy_ev,f_prime,f_double_prime",
        lines,
    )
    lines = []
    for name, rows in read_blocks(attenuation_path):
        rows = in_range(rows)
        lines += [f"{name},{rows[i][0]:.7g},{rows[i][1]:.6g},{rows[i][2]:.6g}" for i in thin(rows, log_linear)]
    write(
        out + "/attenuation_mcmaster.csv",
        [
            "Source: W. H. McMaster, N. Kerr Del Grande, J. H. Mallett & J. H. Hubbell (1969) Compilation of X-ray Cross Sections,",
            "UCRL-50174 Sec. II Rev. 1, via DABAX CrossSec_McMaster.dat (ESRF). Photoelectric and total cross section, barn per atom.",
            f"Valid {ENERGY_EV[0]/1000:g}-{ENERGY_EV[1]/1000:g} keV; Z = 84, 85, 87, 88, 89, 91, 93 are absent. Interpolate log-log.",
            f"Thinned by scripts/convert_atomic_tables.py: the source's points are reproduced to {ATTENUATION_TOLERANCE*100:g} %.",
            "Licence: US Government report, public domain.",
        ],
        "element,energy_ev,photoelectric_barn,total_barn",
        lines,
    )


main()
