"""The plant sections of the report: drawing, streams, products, where elements went, profiles, sizes, money."""
import math

import numpy as np

from . import circuit as banks
from . import figures, plant_drawing, plant_figures
from .result import STATUS_WORDS
from .words import escape, listed, significant

RARE = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y Sc".split()


def columns(table, *names):
    """Rows of a table as tuples of the named columns; texts and numbers alike."""
    out = []
    for name in names:
        texts = name in table and table.group[name].dtype.kind in "OS"
        out.append(table.texts(name) if texts else table.array(name).tolist())
    return list(zip(*out)) if all(len(c) == len(out[0]) for c in out) else []


def percent(fraction, figures_after=2):
    return f"{100 * fraction:.{figures_after}f}" if math.isfinite(fraction) else "\u2013"


def purity_text(fraction):
    """A purity with as many nines as it has and two figures more."""
    if not math.isfinite(fraction):
        return "\u2013"
    lost = max(1 - fraction, 1e-7)
    return f"{100 * fraction:.{min(max(1 - math.floor(math.log10(100 * lost)), 1), 6)}f}"


def sections(page, sample):
    plant = sample.child("plant")
    if not plant:
        return
    page.heading("Plant")
    refused = plant.text("not_for_report")
    if refused:
        page.add(f'<div class="conflict"><b>No report is made of this plant:</b> {escape(refused)}.</div>')
        return
    status = STATUS_WORDS[plant.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> {escape(plant.text("status_text"))}. What follows '
                 "is the last iterate, not a result.</div>")
    page.paragraph(f"<b>{escape(plant.text('name'))}</b>. {escape(plant.text('description'))} Weakest evidence class: "
                   f"{escape(plant.text('worst_evidence'))}; {plant.number('hours_per_year'):g} h a year.")
    unknown = plant.texts("unknown")
    if unknown:
        page.paragraph(f"The feed does not state {escape(listed(unknown))}. Nothing is said about where these go, and purities "
                       "leave them out.")
    streams = plant.child("streams")
    draw(page, plant, streams)
    products(page, plant)
    stream_table(page, streams)
    destinations(page, streams)
    circuits(page, plant)
    balances(page, plant)
    equipment(page, plant)
    money(page, plant)
    evidence(page, plant)


def stream_label(name, unit):
    return name[len(unit) + 1:] if unit and name.startswith(unit + ".") else name


def draw(page, plant, streams):
    page.sub("Drawing")
    units = []
    for group in plant.texts("unit_groups"):
        unit = plant.child(group)
        notes = []
        circuit = unit.child("circuit")
        for name in circuit.texts("bank_groups"):
            bank = circuit.child(name)
            notes.append(f"{bank.text('name')}: {len(bank.array('stage'))} stages")
        units.append((unit.text("name"), unit.text("kind"), notes))
    rows = columns(streams, "name", "from", "to", "role")
    drawn = [(name, a, b, role, stream_label(name, a or b)) for name, a, b, role in rows]
    svg = plant_drawing.drawing(units, drawn, set(plant.texts("torn")), "plant drawing")
    page.figure(svg, plant_drawing.legend(), streams.path, "plant_graph", ["stream", "from", "to", "role"],
                [list(r) for r in rows])


def products(page, plant):
    table = plant.child("products")
    rows = columns(table, "name", "elements", "oxide_flow", "purity_fraction", "purity_of_all_fraction", "recovery_fraction",
                   "target_purity_fraction")
    if not rows:
        return
    page.sub("Products")
    page.table(["product", "wanted", "wanted oxides / kg/h", "purity (REO) / wt%", "of all followed / wt%",
                "recovery / %", "asked / wt%"],
               [[escape(n), escape(e), significant(f), purity_text(p) + ("" if p >= t else " <b>below</b>"), purity_text(a),
                 percent(r), percent(t, 3) if t > 0 else "\u2013"] for n, e, f, p, a, r, t in rows],
               "Products. Flow of the wanted oxides alone (CeO2, Pr6O11, Tb4O7, else M2O3); purity by mass, "
               "among rare-earth oxides and among all that is followed; recovery by mole of what the feeds bring.", (2, 3, 4, 5, 6),
               table.path)
    shown = [(n, r, p, t) for n, _, _, p, _, r, t in rows if p < 1 and r > 0]
    if shown:
        page.figure(plant_figures.recovery_purity(shown, "recovery and purity"),
                    "Recovery and purity of the products; the bar is what was asked for.", table.path, "recovery_purity",
                    ["product", "recovery", "purity", "target"], [list(r) for r in shown])


def stream_table(page, streams):
    page.sub("Streams")
    names, roles = streams.texts("name"), streams.texts("role")
    component = streams.texts("component")
    flow = streams.array("molar_flow")
    if flow.size == 0:
        return
    rows, data = [], []
    for i, (name, a, b, role, phase, volume, mass, ph, rare) in enumerate(columns(
            streams, "name", "from", "to", "role", "phase", "volume_flow", "dry_mass_flow", "ph", "rare_earth_flow")):
        if name.endswith(".H2C2O4"):  # a weak acid; the plant counts its protons, not what of them is free
            ph = math.nan
        rows.append([escape(name), escape(role), escape(phase), significant(volume) if volume else "\u2013",
                     significant(mass) if math.isfinite(mass) else "\u2013", banks.signed(ph), significant(rare)])
        data.append([name, a, b, role, phase, volume, mass, ph] + [float(v) for v in flow[i]])
    page.table(["stream", "role", "phase", "L/h", "kg/h dry", "pH", "rare earths / mol/h"], rows,
               "Streams; every component is in the file and in the CSV below. pH is \u2212log10 of the concentration of H\u207a in mol/L, "
               "without activities: below 0 in strong acids.", (3, 4, 5, 6), streams.path)
    header = ["Property", "Units"] + names
    table = [["role", ""] + roles, ["phase", ""] + streams.texts("phase"),
             ["volume flow", "L/h"] + streams.array("volume_flow").tolist(),
             ["dry solid flow", "kg/h"] + streams.array("dry_mass_flow").tolist(),
             ["pH", "1"] + streams.array("ph").tolist()]
    table += [[f"molar flow {c}", "mol/h"] + [float(v) for v in flow[:, k]] for k, c in enumerate(component)
              if np.nansum(np.abs(flow[:, k])) > 0]
    carried = [c for k, c in enumerate(component) if c in RARE and np.nansum(flow[:, k]) > 0]
    keep = [i for i, role in enumerate(roles) if role in ("feed", "product")]
    if carried and keep:
        short = [[names[i] if len(names[i]) < 25 else names[i][:24] + "\u2026"] + [float(flow[i, component.index(c)]) for c in carried] for i in keep]
        page.figure(profile_bars(short, carried), "Rare earths in feeds and products, mol/h (log); the stream table is the CSV.",
                    streams.path, "streams", header, table)


def profile_bars(rows, elements):
    """Feeds and products as lines over the elements."""
    d = figures.Drawing(900, 350 + 20 * math.ceil(len(rows) / 4), "rare earths in feeds and products")
    numbers = [v for row in rows for v in row[1:] if v > 0 and math.isfinite(v)]
    high, low = max(numbers), max(min(numbers), max(numbers) * 1e-8)
    top = 14 + 20 * math.ceil(len(rows) / 4)
    x = figures.Axis(-0.5, len(elements) - 0.5, 78, 884)
    y = figures.Axis(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)), top + 280, top, log=True)
    d.frame(x, y, "", "mol/h", [(i, e) for i, e in enumerate(elements)])
    for i, row in enumerate(rows):
        colour = figures.COLOURS[i % 8]
        points = [(x.at(k), y.at(v)) for k, v in enumerate(row[1:]) if v >= low]
        d.path(points, colour, 1.4, figures.DASHES[i // 8])
        for px, py in points:
            d.marker(px, py, figures.MARKERS[i % 4], colour, 3.2, i % 8 < 4)
        px, py = 84 + 200 * (i % 4), 12 + 20 * (i // 4)
        d.marker(px, py, figures.MARKERS[i % 4], colour, 3.2, i % 8 < 4)
        d.text(px + 10, py + 4, row[0], 11)
    return d.svg()


def destinations(page, streams):
    names, to, source = streams.texts("name"), streams.texts("to"), streams.texts("from")
    element, charge = streams.texts("element"), streams.array("charge")
    flow = np.nan_to_num(streams.array("molar_flow"))
    leaving = [i for i, t in enumerate(to) if not t]
    entering = [i for i, s in enumerate(source) if not s]
    kept, shares = [], []
    for e in dict.fromkeys(element):
        ks = [k for k, other in enumerate(element) if other == e]
        if max(charge[k] for k in ks) < 0:
            continue
        fed = sum(flow[i, k] for i in entering for k in ks)
        if fed <= 0:
            continue
        kept.append(e)
        shares.append([100 * sum(flow[i, k] for k in ks) / fed for i in leaving])
    if not kept:
        return
    page.sub("Where each element went")
    places = [names[i] for i in leaving]
    page.figure(plant_figures.destinations(kept, places, shares, "where each element went"),
                "Share of what entered of each element in the streams that leave the plant.", streams.path, "destinations",
                ["element"] + [p + " (%)" for p in places] + ["sum (%)"],
                [[e] + [float(v) for v in row] + [float(sum(row))] for e, row in zip(kept, shares)])


def circuits(page, plant):
    for group in plant.texts("unit_groups"):
        unit = plant.child(group)
        circuit = unit.child("circuit")
        if not circuit:
            continue
        page.sub(f"Circuit {unit.text('name')}: {circuit.text('name')}")
        page.paragraph(f"Extractant {escape(circuit.text('extractant'))}; weakest evidence class "
                       f"{escape(circuit.text('worst_evidence'))}; base for the saponification of the solvent "
                       f"{significant(circuit.number('base'))} mol/h.")
        for place, name in enumerate(circuit.texts("bank_groups")):
            bank = circuit.child(name)
            banks.profiles(page, bank, unit.text("name"), name)
            banks.conditions(page, bank, unit.text("name"))
            if place == 0:
                mccabe_thiele(page, unit, bank)


def mccabe_thiele(page, unit, bank):
    """Binary, or pseudo-binary by the side each element mostly leaves on; labelled so."""
    if "aqueous" not in bank or "organic" not in bank:
        return
    species = bank.texts("species")
    rare = [k for k, s in enumerate(species) if s in RARE]
    x, y = bank.array("aqueous")[:, rare], bank.array("organic")[:, rare]
    flows_a, flows_o = bank.array("aqueous_flow"), bank.array("organic_flow")
    down, up = x[0] * flows_a[0], y[-1] * flows_o[-1]
    present = [i for i in range(len(rare)) if down[i] + up[i] > 1e-6 * (down + up).sum()]
    heavy = [i for i in present if up[i] > down[i]]
    light = [i for i in present if i not in heavy]
    if not heavy or not light or len(x) < 3:
        return
    binary = len(present) == 2
    names = ["+".join(species[rare[i]] for i in side) if len(side) < 4 else
             f"{species[rare[side[0]]]}..{species[rare[side[-1]]]}" for side in (light, heavy)]
    share = lambda v: v[:, heavy].sum(axis=1) / v[:, light + heavy].sum(axis=1)  # noqa: E731
    sx, sy = share(x), share(y)
    equilibrium = [(float(a), float(b)) for a, b in zip(sx, sy)]
    operating = [(float(sx[i + 1]), float(sy[i])) for i in range(len(sx) - 1)]
    label = "binary" if binary else (f"PSEUDO-BINARY: light side {names[0]}, heavy side {names[1]} taken as one element "
                                     "each; stages step between solved profiles, no constant-flow assumption")
    page.figure(plant_figures.mccabe_thiele(equilibrium, operating, "McCabe-Thiele", names),
                f"McCabe-Thiele diagram of {escape(unit.text('name'))}, bank <b>{escape(bank.text('name'))}</b> ({escape(label)}).",
                bank.path, f"{unit.text('name')}_mccabe_thiele", ["stage", "aqueous share", "organic share"],
                [[i + 1, a, b] for i, (a, b) in enumerate(equilibrium)])


def balances(page, plant):
    page.sub("Balances")
    rows = columns(plant.child("balances"), "what", "in", "out", "unit", "closure_relative")
    page.table(["balance", "in", "out", "unit", "|in \u2212 out|, relative"],
               [[escape(w), significant(i, 6), significant(o, 6), escape(u), significant(c, 2)] for w, i, o, u, c in rows],
               "Balances over the whole plant: elements and anions, acid (minus the charge a stream holds), water, extractant.",
               (1, 2, 4), plant.child("balances").path)
    worst = []
    for group in plant.texts("unit_groups"):
        unit = plant.child(group)
        found = columns(unit.child("balances"), "closure_relative", "what")
        if found:
            value, what = max(found)
            worst.append([escape(unit.text("name")), escape(unit.text("kind")), str(len(found)), escape(what),
                          significant(value, 2)])
    page.table(["unit", "kind", "balances", "worst", "relative"], worst, "The worst balance of each unit.", (2, 4), plant.path)


def equipment(page, plant):
    table = plant.child("equipment")
    rows = columns(table, "unit", "bank", "stages", "aqueous_flow", "organic_flow", "mixer_volume", "settler_area",
                   "organic_hold_up", "rare_earth_hold_up")
    page.sub("Equipment and inventory")
    if rows:
        page.table(["unit", "bank", "stages", "aqueous / m3/h", "organic / m3/h", "mixer / m3", "settler / m2", "solvent / m3",
                    "rare earths / kg oxide"],
                   [[escape(u), escape(b), f"{s:.0f}"] + [significant(v) for v in rest] for u, b, s, *rest in rows],
                   "Mixer and settler of each stage; solvent and metal of the whole bank.", (2, 3, 4, 5, 6, 7, 8), table.path)
        solvent = ", ".join(f"{significant(v)} m3 in {escape(u)}" for u, v in
                            columns(table, "solvent_inventory_of", "solvent_inventory"))
        page.paragraph(f"Solvent: {solvent} (with what stands outside the stages). Metal in the plant: "
                       f"{significant(table.number('metal_in_plant_total'))} kg rare-earth oxides, "
                       f"{significant(table.number('metal_in_plant_days'))} days of the feed. Mixers draw "
                       f"{significant(table.number('power'))} kW.")
    page.table(["per kg rare-earth oxide fed", "amount", "unit"],
               [[w, significant(table.number(n)), u] for w, n, u in (
                   ("base", "base", "mol"), ("acid", "acid", "mol"), ("oxalic acid", "oxalate", "mol"), ("water", "water", "L"),
                   ("effluent", "effluent", "L"), ("salt and anions in the effluent", "salt", "kg"))],
               "What a kilogram uses up.", (1,), table.path)
    assumptions(page, table, "Assumptions behind the sizes.")


def assumptions(page, table, caption):
    found = columns(table.child("assumptions"), "name", "value", "unit", "evidence", "source")
    if found:
        page.table(["assumption", "value", "unit", "class", "source"],
                   [[escape(n), significant(v), escape(u), escape(e), escape(s)] for n, v, u, e, s in found], caption, (1,),
                   table.path)


def money(page, plant):
    cost = plant.child("cost")
    if not cost:
        return
    page.sub("Money")
    page.paragraph(f"Quotes nearest to {escape(cost.text('price_date'))}. Each sum stands in one market and one currency; a quote of "
                   "grade C is never used; what has no price is named and is not in the sum. Prices are not escalated.")
    for name, words in (("operating", "Operating cost"), ("revenue", "Revenue"), ("capital", "Capital"),
                        ("metal", "Metal in the plant")):
        table = cost.child(name)
        rows = columns(table, "group", "item", "quantity", "quantity_unit", "line_low", "line_high", "price_low", "price_high",
                       "price_per", "date", "source", "grade", "why_not", "note")
        if not rows:
            continue
        currency, market = table.text("currency"), table.text("market")
        millions = table.number("high") >= 2e6
        size, money_unit = (1e6, f"million {currency}") if millions else (1.0, currency)

        def money_text(low, high):
            a, b = significant(low / size), significant(high / size)
            return a if a == b else f"{a} to {b}"
        cells = []
        for group, item, quantity, unit, low, high, p_low, p_high, per, date, source, grade, why, note in rows:
            priced = math.isfinite(low)
            price = (f"{significant(p_low)}" + (f"\u2013{significant(p_high)}" if p_high > p_low else "") + f" {escape(per)}"
                     ) if priced and name != "capital" else ""
            cells.append([escape(item), significant(quantity), escape(unit), price,
                          money_text(low, high) if priced else "<b>no price</b>",
                          escape(date), escape(grade), escape(note if name == "capital" else source) if priced else escape(why)])
        total = "total" if table.integer("complete") else "total of what has a price"
        low, mid, high = table.number("low"), table.number("mid"), table.number("high")
        cells.append([total, "", "", "", money_text(low, high), "", "", ""])
        when = "" if name in ("capital", "metal") else " a year"
        extra = f" {escape(cost.text('capital_class'))}, money of {cost.integer('capital_year')}." if name == "capital" else ""
        page.table(["item", "quantity", "unit", "price", f"{escape(money_unit)}{when}", "date", "grade", "source"], cells,
                   f"{words} ({escape(market)}, {escape(currency)}{when}).{extra}", (1, 4), table.path, total_row=True)
        drawn = [(item, low_ / size, high_ / size) for _, item, _, _, low_, high_, *_ in rows if math.isfinite(low_)]
        if len(drawn) > 1 and name != "metal":
            page.figure(plant_figures.bars(drawn, words, f"{money_unit}{when}"),
                        f"{words}: what has a price, sum {significant(mid / size)} {escape(money_unit)}{when}.", table.path, f"cost_{name}",
                        ["item", f"low ({money_unit})", f"high ({money_unit})"], [[i, float(a), float(b)] for i, a, b in drawn])
    margin = cost.number("margin")
    page.paragraph(f"Margin: {significant(margin)} {escape(cost.child('revenue').text('currency'))} a year."
                   if math.isfinite(margin) else f"Margin: {escape(cost.text('margin_text'))}.")
    assumptions(page, cost, "Assumptions behind the money.")


def evidence(page, plant):
    """Grouped twice: elements of one unit with the same source, then units that say the same."""
    rows, units = {}, {}
    for line in plant.texts("evidence"):
        head, _, rest = line.partition(": ")
        grade, _, source = rest.partition(", ")
        unit, _, what = head.partition(", ")
        rows.setdefault((unit.replace("unit ", "", 1), grade, source), []).append(what)
    for (unit, grade, source), what in rows.items():
        units.setdefault((" ".join(dict.fromkeys(what)), grade, source), []).append(unit)
    if units:
        page.sub("What the numbers rest on")
        page.paragraph(f"Weakest class of the whole plant: <b>{escape(plant.text('worst_evidence'))}</b>. MEASURED: fitted to "
                       "measurements; DERIVED: calculated from such; ESTIMATED: interpolated or by analogy; MEMORY: a usual value "
                       "without a source, to be confirmed before a plant rests on it.")
        page.table(["units", "of", "class", "source"],
                   [[escape(", ".join(u)), escape(w), escape(g), escape(s)] for (w, g, s), u in units.items()],
                   "Yields and constants with their class of evidence.", path=plant.path)
