"""One solvent-extraction circuit: products, balances, profiles."""
from . import circuit as banks
from .result import STATUS_WORDS
from .words import escape, significant

TRACE = 1e-6  # of the feed; less than this of a species is no statement about a plant


def percent(fraction):
    return "&gt;&nbsp;99.99" if fraction > 0.9999 else significant(100 * fraction)


def separation(page, sample, planned=False):
    """A circuit; its profiles are left to the plant where the file holds one (`planned`)."""
    process = sample.child("process")
    if not process:
        return
    page.heading("Separation")
    status = STATUS_WORDS[process.integer("status")]
    if status != "ok":
        page.add(f'<div class="conflict"><b>Status: {escape(status)}.</b> '
                 f"{escape(process.text('status_text').rstrip('.'))}. The profiles below are the last iterate, "
                 "not a result.</div>")
    page.paragraph(f"Circuit <b>{escape(process.text('name'))}</b>; extractant "
                   f"{escape(process.text('extractant') or 'not stated')}; weakest evidence class "
                   f"{escape(process.text('worst_evidence'))}.")
    closures = []
    for name in process.texts("bank_groups"):
        bank = process.child(name)
        if not planned:
            banks.profiles(page, bank, "", name)
            banks.conditions(page, bank)
        closure = bank.child("closure")
        for balance, value in zip(closure.texts("balance"), closure.array("closure_relative")):
            closures.append((bank.text("name"), balance, float(value)))
    products = process.child("products")
    species = products.texts("species")
    if species:
        rows = []
        recovered, purity = products.array("recovery_fraction"), products.array("purity_fraction")
        flows = products.array("molar_flow")
        for k, name in enumerate(products.texts("name")):
            # What is less than a millionth of its feed is a number of the solver, not of a plant.
            kept = [j for j in range(len(species)) if recovered[k][j] >= TRACE
                    or not recovered[:, j].any() and flows[k][j] > TRACE * flows.max()]
            for place, j in enumerate(kept):
                fed = recovered[:, j].any()
                rows.append([escape(name) if place == 0 else "",
                             escape(products.texts("phase")[k]) if place == 0 else "",
                             escape(species[j]), significant(float(flows[k][j])),
                             percent(float(recovered[k][j])) if fed else "not fed",
                             percent(float(purity[k][j])) if fed else "\u2013"])
            if len(kept) < len(species):
                rows.append(["" if kept else escape(name),
                             "" if kept else escape(products.texts("phase")[k]),
                             "the others" if kept else "all", "traces", "&lt; 0.0001", "\u2013"])
        page.table(["product", "phase", "species", "flow / mol/h", "recovery / %",
                    "share among rare earths / %"], rows, "Products of the circuit (moles).", (3, 4, 5),
                   products.path)
    balances = {}
    for element, value in zip(process.texts("species"), process.array("closure_relative")):
        closures.append(("whole circuit", element, float(value)))
    recovered = sample.child("recovery").child("elements")
    for element, value in zip(recovered.texts("element"), recovered.array("closure_relative")):
        closures.append(("recovery chain", element, float(value)))
    for over, element, value in closures:
        balances.setdefault(over, []).append((value, element))
    page.table(["balance over", "balances", "worst of", "in \u2212 out, relative"],
               [[escape(over), str(len(found)), escape(max(found)[1]), significant(max(found)[0], 2)]
                for over, found in balances.items()],
               "Closure: what goes in less what comes out, over what goes in; the worst of each, all are "
               "in the file.", (1, 3), process.path)
