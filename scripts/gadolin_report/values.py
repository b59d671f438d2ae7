"""How a value of each of the four states is printed."""
import math

from .result import ABOVE_RANGE, BELOW_LOD, MEASURED
from .words import significant, with_expanded

STATE_WORDS = ("measured", "below LOD", "above range", "not measured")


def quantity_cells(state, value, u, lod, limit):
    """(value, U) as printed, by state."""
    if state == MEASURED:
        return with_expanded(value, u)
    if state == BELOW_LOD:
        return (f"&lt;&nbsp;{significant(lod, 2)}" if math.isfinite(lod) else "&lt; LOD (not stated)",
                "\u2013")
    if state == ABOVE_RANGE:
        return (f"&gt;&nbsp;{significant(limit, 3)}" if math.isfinite(limit) else "above range",
                "\u2013")
    return "\u2013", "\u2013"


def assay_rows(sample):
    table = sample.child("assay")
    columns = [table.array(name) for name in ("content_state", "content", "content_errors",
                                              "content_lod", "content_limit")]
    return {element: tuple(values) for element, *values in zip(table.texts("element"), *columns)}
