"""Who stands behind a sample: the facts a laboratory has to state, and what makes a report a draft."""
import re

from .page import facts
from .words import escape

CASE_FACTS = (
    ("report_number", "Report number of the laboratory"), ("laboratory_name", "Laboratory"),
    ("laboratory_address", "Address"), ("place_of_work", "Place of work"), ("customer", "Customer"),
    ("case_id", "Case"), ("item_id", "Item"), ("item_description", "Description of the item"),
    ("item_condition", "Condition on receipt"), ("seal_id", "Seal"), ("declared_as", "Declared as"),
    ("mass_received_g", "Mass received / g"), ("date_sampled", "Date of sampling"),
    ("date_received", "Date of receipt"), ("date_tested", "Date of testing"),
    ("date_issued", "Date of issue"), ("sampling_plan", "Sampling plan"),
    ("method", "Method"), ("method_deviations", "Deviations from the method"),
    ("examiner", "Examiner"), ("authorised_by", "Authorised by"))
CALCULATED = ("process", "plant", "dynamics", "uncertainty", "optimisation")
NOT_SUPPLIED = '<span class="missing">NOT SUPPLIED</span>'


def is_calculation(sample):
    """Nothing was measured: a process engineer's study, not a laboratory's report."""
    return (not sample.child("case") and not sample.child("fit") and not sample.child("assay")
            and any(sample.child(name) for name in CALCULATED))


def is_draft(sample):
    if is_calculation(sample):
        return False
    case = sample.child("case")
    return any(not case.text(key) for key, _ in CASE_FACTS)


def administrative(page, sample):
    page.heading("Administrative information")
    case = sample.child("case")
    if is_calculation(sample):
        page.add(facts([("Subject", escape(sample.text("entry_identifier"))),
                        ("Kind", "Calculation. Nothing was measured for it and no laboratory or case stands behind it; its inputs, "
                                 "with their hashes, are listed in the annex.")]))
        return
    if not case:
        page.add(facts([("Sample in the result file", escape(sample.text("entry_identifier"))),
                        ("Laboratory, case, item, dates, method, authorisation",
                         NOT_SUPPLIED + " (measured without a case file)")]))
        return
    known = dict(CASE_FACTS)
    rows = [("Sample in the result file", escape(sample.text("entry_identifier")))]
    for key, words in CASE_FACTS:
        value = case.text(key)
        rows.append((words, escape(value) if value else NOT_SUPPLIED))
    skip = set(known) | {"questions", "blind_spots", "report_title", "warnings"}
    for key in (case.group or ()):
        if key not in skip:
            words = re.sub(r"^custody 0*(\d+)$", r"Custody \1", key.replace("_", " "))
            rows.append((words, escape(case.text(key))))
    page.add(facts(rows))
    questions = case.texts("questions")
    if questions:
        page.sub("Questions put")
        page.add("<ol>" + "".join(f"<li>{escape(q)}</li>" for q in questions) + "</ol>")
    page.paragraph("The results relate only to the items tested. This report is not to be reproduced "
                   "except in full. Names, dates and the authorisation are printed as the case file "
                   "states them; gadolin has checked none of them, and this page is not a signature.",
                   "quiet")
