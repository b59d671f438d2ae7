"""What the methods of a sample cannot see, and every warning in full."""
from .administration import is_calculation
from .assay import RARE_EARTHS
from .values import assay_rows
from .words import escape


def blind_spots(page, sample):
    """Always there: what the methods of this sample cannot see."""
    page.heading("What these methods cannot see")
    lines = list(sample.child("case").texts("blind_spots"))
    if is_calculation(sample):
        lines = ["Equilibrium and balances only: emulsions, crud, third phases, scale and corrosion are not predicted; loading, O/A and "
                 "acid outside the data are flagged, not forbidden.",
                 "Constants hold for the medium, diluent and concentrations they were measured in; stages outside are named among the "
                 "warnings.",
                 "Elements the feed does not state are nowhere in the balances; losses are those the configuration gives."]
        page.add('<div class="box"><ul>' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul></div>")
        return
    if sample.child("fit"):
        lines += ["Diffraction does not see amorphous matter, nor phases below their LOD, nor phases "
                  "that were not in the list; fractions are of the named crystalline phases.",
                  "Diffraction of one mount speaks of the layer the X-rays reach; coatings, coarse "
                  "grains and texture bias it."]
    values = assay_rows(sample)
    if sample.child("assay"):
        missing = [e for e in RARE_EARTHS if values.get(e, (3,))[0] == 3]
        lines.append("Elements outside the assay were not looked for. Rare earths not measured: " +
                     (", ".join(missing) if missing else "none") + ".")
    else:
        lines.append("No chemical assay was supplied: elemental contents are unknown.")
    if not sample.child("fit"):
        lines.append("No diffraction pattern was supplied: the minerals are unknown.")
    if sample.child("provenance"):
        lines.append("Origin is compared with published sources only; a source absent from the library "
                     "can only show as \u201cnone of these\u201d.")
    lines.append("How many increments were taken, and how the bulk was sampled, is outside the "
                 "instruments; it is stated only if the case file states it.")
    page.add('<div class="box"><ul>' + "".join(f"<li>{escape(line)}</li>" for line in lines) +
             "</ul></div>")


def warnings(page, sample):
    page.heading("Warnings in full")
    places = [("fit", sample.child("fit")), ("assay", sample.child("assay")),
              ("origin", sample.child("provenance")), ("recovery", sample.child("recovery")),
              ("reconciliation", sample.child("recovery").child("reconciliation")),
              ("separation", sample.child("process")), ("plant", sample.child("plant"))]
    process = sample.child("process")
    places += [(process.child(name).text("name"), process.child(name))
               for name in process.texts("bank_groups")]
    first = {}  # a warning that a part repeats stands once
    for words, table in places:
        for code, text in table.warnings():
            first.setdefault((code, text), words)
    rows = [[escape(words), f'<code style="white-space:nowrap">{escape(code)}</code>', escape(text)]
            for (code, text), words in first.items()]
    if rows:
        page.table(["part", "code", "warning"], rows, f"{len(rows)} warning{'' if len(rows) == 1 else 's'}.", path=sample.path)
    else:
        page.paragraph("None.")
