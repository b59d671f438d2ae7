"""The HTML page: style for screen and paper, figures with their data beside them, tables."""
import base64
import csv
import io
import math

from .words import escape

STYLE = """
:root { --ink:#1b1b1b; --quiet:#5a5a5a; --rule:#c9c9c9; --accent:#0b4f7d; }
* { box-sizing:border-box; }
body { font:15px/1.5 Arial, "Liberation Sans", Helvetica, sans-serif; color:var(--ink);
  background:#eceeef; margin:0; }
main { max-width:1000px; margin:24px auto; background:#fff; padding:44px 56px 36px;
  box-shadow:0 1px 6px rgba(0,0,0,.18); }
h1 { font-size:26px; line-height:1.25; margin:0 0 4px; }
h2 { font-size:19px; margin:38px 0 10px; padding-bottom:4px; border-bottom:2px solid var(--accent);
  color:var(--accent); }
h3 { font-size:16px; margin:24px 0 8px; }
p { margin:8px 0; } .quiet { color:var(--quiet); font-size:13px; }
.lead { font-size:16px; }
.draft { border:2px solid #b3261e; color:#b3261e; font-weight:bold; letter-spacing:.06em;
  text-align:center; padding:7px; margin:0 0 22px; }
table { border-collapse:collapse; width:100%; margin:10px 0 6px; font-size:13.5px; }
caption { text-align:left; font-size:13px; color:var(--quiet); padding-bottom:4px; caption-side:top; }
th { text-align:left; border-bottom:1.5px solid var(--ink); padding:4px 8px; vertical-align:bottom; }
td:first-child { white-space:nowrap; }
td { border-bottom:1px solid var(--rule); padding:3.5px 8px; vertical-align:top; }
td.n, th.n { text-align:right; font-variant-numeric:tabular-nums; } td.n { white-space:nowrap; }
tr.total td { border-top:1.5px solid var(--ink); font-weight:bold; }
table.facts td { white-space:normal; }
table.facts th { width:32%; border-bottom:1px solid var(--rule); font-weight:normal;
  color:var(--quiet); vertical-align:top; }
.missing { color:#b3261e; font-weight:bold; font-size:12.5px; letter-spacing:.03em; }
figure { margin:16px 0 10px; break-inside:avoid; }
figure svg { width:100%; height:auto; display:block; }
figcaption { font-size:13px; color:var(--quiet); margin-top:4px; }
code, .path { font-family:"Liberation Mono", "DejaVu Sans Mono", monospace; font-size:12px;
  overflow-wrap:anywhere; }
pre { font:12px/1.4 "Liberation Mono", "DejaVu Sans Mono", monospace; background:#f5f6f7;
  border:1px solid var(--rule); padding:10px; white-space:pre-wrap; overflow-wrap:anywhere; }
details { font-size:13px; margin:4px 0 12px; } summary { cursor:pointer; color:var(--accent); }
.box { border:2px solid var(--ink); padding:8px 18px 12px; margin:14px 0; break-inside:avoid; }
.box h3 { margin-top:6px; }
.opinion { border-left:5px solid #D55E00; padding-left:18px; }
.tag { font-size:12px; letter-spacing:.05em; color:#8a3a00; font-weight:bold; }
.end { text-align:center; margin:40px 0 0; padding-top:12px; border-top:2px solid var(--ink);
  letter-spacing:.08em; font-size:13px; }
.conflict { border:2px solid #b3261e; padding:8px 16px; }
nav ol { columns:2; font-size:14px; margin:6px 0; padding-left:22px; } nav a { color:var(--accent); }
@media print {
  body { background:#fff; font-size:10.5pt; } main { box-shadow:none; margin:0; padding:0; max-width:none; }
  h2, h3, caption { break-after:avoid; } tr, .box { break-inside:avoid; } thead { display:table-header-group; }
  details.data, nav { display:none; } ul.lead { break-inside:avoid; } h1 { font-size:19pt; } h2 { font-size:14pt; margin-top:22px; }
  table { font-size:9.5pt; } section.sample { break-before:page; } section.first { break-before:auto; }
}
"""


def print_margins(report_id, draft):
    """Id and page x of y on every printed page."""
    mark = '@top-center { content:"DRAFT - NOT AUTHORISED"; color:#b3261e; font-weight:bold; }' if draft else ""
    return ("@page { size:A4; margin:20mm 16mm 20mm 18mm; font:9pt Arial, sans-serif; "
            f'@bottom-left {{ content:"Report {report_id}"; }} '
            '@bottom-right { content:"page " counter(page) " of " counter(pages); } '
            f'@top-right {{ content:"{report_id}"; color:#5a5a5a; }} {mark} }}')


def csv_text(header, rows, note=""):
    stream = io.StringIO()
    if note:
        stream.write("# " + note.replace("\n", " ") + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        # No number is an empty cell, never the text NaN.
        writer.writerow(["" if isinstance(v, float) and not math.isfinite(v) else
                         f"{v:.10g}" if isinstance(v, float) else v for v in row])
    return stream.getvalue()


def table(header, rows, caption="", numeric=(), css="", total_row=False):
    """Cells are HTML already. numeric: indices of right-aligned columns."""
    def cell(tag, i, text):
        mark = ' class="n"' if i in numeric else ""
        return f"<{tag}{mark}>{text}</{tag}>"
    lines = [f'<table class="{css}">' if css else "<table>"]
    if caption:
        lines.append(f"<caption>{caption}</caption>")
    if header:
        lines.append("<thead><tr>" + "".join(cell("th", i, h) for i, h in enumerate(header)) +
                     "</tr></thead>")
    lines.append("<tbody>")
    for k, row in enumerate(rows):
        last = ' class="total"' if total_row and k == len(rows) - 1 else ""
        lines.append(f"<tr{last}>" + "".join(cell("td", i, c) for i, c in enumerate(row)) + "</tr>")
    return "\n".join(lines) + "</tbody></table>"


def facts(rows):
    return ('<table class="facts"><tbody>' +
            "".join(f"<tr><th>{escape(k)}</th><td>{v}</td></tr>" for k, v in rows) +
            "</tbody></table>")


class Page:
    """Collects the body; numbers figures and tables."""

    def __init__(self, report_id):
        self.report_id = report_id
        self.body, self.contents = [], []
        self.part = ""  # of a report on several things: what the headings that follow belong to
        self.figures = self.tables = self.headings = 0

    def add(self, text):
        self.body.append(text)

    def heading(self, words):
        self.headings += 1
        anchor = f"s{self.headings}"
        self.contents.append((anchor, f"{self.part}: {words}" if self.part else words))
        self.add(f'<h2 id="{anchor}">{self.headings}. {escape(words)}</h2>')

    def sub(self, words):
        self.add(f"<h3>{escape(words)}</h3>")

    def paragraph(self, text, css=""):
        self.add(f'<p class="{css}">{text}</p>' if css else f"<p>{text}</p>")

    def table(self, header, rows, caption, numeric=(), path="", total_row=False):
        self.tables += 1
        where = f' <span class="path">{escape(path)}</span>' if path else ""
        self.add(table(header, rows, f"<b>Table {self.tables}.</b> {caption}{where}", numeric,
                       total_row=total_row))

    def figure(self, svg, caption, path, name, header, rows):
        """A figure, its data as a CSV to save and, where short, as a table to unfold."""
        self.figures += 1
        text = csv_text(header, rows, f"{self.report_id} figure {self.figures}; HDF5 path {path}")
        packed = base64.b64encode(text.encode("utf-8")).decode("ascii")
        link = (f'<a download="{escape(name)}.csv" href="data:text/csv;charset=utf-8;base64,{packed}">'
                f"{escape(name)}.csv</a>")
        shown = ""
        if len(rows) <= 80:
            cells = [["" if isinstance(v, float) and not math.isfinite(v) else
                      f"{v:.6g}" if isinstance(v, float) else escape(v) for v in row] for row in rows]
            shown = table([escape(h) for h in header], cells)
        self.add(f"<figure>{svg}<figcaption><b>Figure {self.figures}.</b> {caption} "
                 f'<span class="path">{escape(path)}</span></figcaption></figure>'
                 f'<details class="data"><summary>Data of figure {self.figures}</summary>{link}{shown}'
                 "</details>")

    def html(self, title, draft):
        mark = '<div class="draft">DRAFT - NOT AUTHORISED</div>' if draft else ""
        contents = "".join(f'<li><a href="#{a}">{escape(w)}</a></li>' for a, w in self.contents)
        body = "\n".join(self.body).replace("<!--contents-->", f"<nav><ol>{contents}</ol></nav>")
        return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width, initial-scale=1">'
                f"<title>{escape(title)} - {self.report_id}</title>"
                f"<style>{STYLE}{print_margins(self.report_id, draft)}</style></head>\n"
                f"<body><main>{mark}\n{body}\n"
                f'<p class="end">END OF REPORT {self.report_id}</p></main></body></html>\n')
