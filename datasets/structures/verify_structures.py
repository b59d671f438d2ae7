#!/usr/bin/env python3
"""Re-check every CIF here: parse, content = Z * formula, density, shortest distance. Needs gemmi and numpy."""
import csv, itertools, pathlib, re, sys
import gemmi, numpy as np
here = pathlib.Path(__file__).resolve().parent
ANIONS = {'O', 'F', 'Cl'}
FIXED = {'C': 1.20, 'P': 1.42, 'Si': 1.53, 'S': 1.40, 'B': 1.30, 'N': 1.15, 'Al': 1.57, 'V': 1.55}  # V: the vanadyl bond
def floor(a, b, metal):
    if 'H' in (a, b): return 0.70
    if metal: return 1.55
    if a in ANIONS and b in ANIONS: return 2.10
    if a in ANIONS or b in ANIONS:
        return FIXED.get(b if a in ANIONS else a, 1.65)
    return 2.00 if a == b == 'S' else 2.20
bad = 0
rows = list(csv.DictReader(open(here / 'INDEX.csv')))
for r in rows:
    path = here / r['class'] / (r['name'] + '.cif')
    blk = gemmi.cif.read(str(path)).sole_block()
    cell = gemmi.UnitCell(*[float(blk.find_value('_cell_' + k)) for k in
        ('length_a', 'length_b', 'length_c', 'angle_alpha', 'angle_beta', 'angle_gamma')])
    sg = gemmi.find_spacegroup_by_name(gemmi.cif.as_string(blk.find_value('_space_group_name_H-M_alt')))
    ops = [gemmi.Op(x.str(0)) for x in blk.find(['_space_group_symop_operation_xyz'])]
    same = {o.wrap().triplet() for o in ops} == {o.wrap().triplet() for o in sg.operations()}
    M = np.array((cell.orth.mat if hasattr(cell, "orth") else cell.orthogonalization_matrix).tolist())
    sites = []
    for t in blk.find('_atom_site_', ['type_symbol', 'fract_x', 'fract_y', 'fract_z', 'occupancy']):
        pts = []
        for o in ops:
            p = np.array(o.apply_to_xyz([float(t[i]) for i in (1, 2, 3)])) % 1.0
            if all(np.linalg.norm(M @ ((p - q) - np.round(p - q))) > 0.06 for q in pts): pts.append(p)
        sites.append((t.str(0), float(t[4]), pts))
    mass = sum(gemmi.Element(e).weight * o * len(p) for e, o, p in sites)
    want = {m[0]: float(m[1] or 1) * int(r['Z']) for m in
            re.findall(r'([A-Z][a-z]?)([\d.]*)', gemmi.cif.as_string(blk.find_value('_chemical_formula_sum')))}
    have = {}
    for e, o, p in sites: have[e] = have.get(e, 0) + o * len(p)
    msg = [] if same else ['symops differ from H-M']
    for e in set(want) | set(have):
        if e == 'H': continue
        if abs(want.get(e, 0) - have.get(e, 0)) > max(0.06 * want.get(e, 0), 0.06): msg.append(f'{e} {have.get(e, 0):.2f} != {want.get(e, 0):.2f}')
    rho = sum(gemmi.Element(e).weight * n for e, n in want.items()) * 1.66054 / cell.volume
    if abs(rho - float(r['density_calc_g_cm3'])) > 0.01 * rho: msg.append(f'density {rho:.3f}')
    els = {e for e, _, _ in sites}; metal = not (els & ANIONS) and 'S' not in els
    allp = [(i, p) for i, s in enumerate(sites) for p in s[2]]
    P = np.array([p for _, p in allp]); idx = np.array([i for i, _ in allp])
    for i, (e, o, pts) in enumerate(sites):
        for sh in itertools.product((-1, 0, 1), repeat=3):
            d = np.linalg.norm((P + np.array(sh) - pts[0]) @ M.T, axis=1)
            for k in np.where((d > 0.02) & (d < 2.3))[0]:
                e2, o2, _ = sites[idx[k]]
                if o + o2 <= 1.05: continue
                if d[k] < floor(e, e2, metal): msg.append(f'{e}-{e2} {d[k]:.2f}')
    if msg: bad += 1; print('FAIL', r['name'], sorted(set(msg))[:4])
print(f'{len(rows) - bad} passed, {bad} failed')
sys.exit(bad != 0)
