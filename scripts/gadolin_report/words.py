"""Numbers and names as a report prints them."""
import html
import math
import re

COVERAGE_K = 2.0


def escape(text):
    return html.escape(str(text), quote=True)


def decimals_for(uncertainty):
    """Decimals that leave the uncertainty two significant figures; None if it is no use."""
    if not (uncertainty and math.isfinite(uncertainty) and uncertainty > 0):
        return None
    digits = 1 - math.floor(math.log10(uncertainty))
    if round(uncertainty, digits) >= 10 ** (2 - digits):  # 0.0996 -> 0.10, not 0.100
        digits -= 1
    return digits


def grouped(value, decimals):
    """1234.5 -> '1 234.5' with narrow no-break spaces; a negative number of decimals rounds before the point."""
    rounded = round(value, decimals)
    if rounded == 0:
        rounded = 0.0
    return f"{rounded:,.{max(decimals, 0)}f}".replace(",", "\u202f").replace("-", "\u2212")


def significant(value, figures=3):
    if value is None or not math.isfinite(value):
        return "\u2013"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -4 or exponent > 6:
        mantissa = value / 10 ** exponent
        power = str(exponent).replace("-", "\u2212")
        return f"{mantissa:.{figures - 1}f}\u00d710<sup>{power}</sup>".replace("-", "\u2212")
    return grouped(value, figures - 1 - exponent)


def with_expanded(value, standard_uncertainty, k=COVERAGE_K):
    """('61.7', '1.2'): value rounded to match its expanded uncertainty of two figures."""
    if value is None or not math.isfinite(value):
        return "\u2013", "\u2013"
    expanded = k * standard_uncertainty if standard_uncertainty is not None else float("nan")
    decimals = decimals_for(expanded)
    if decimals is None:
        return significant(value), "not stated"
    return grouped(value, decimals), grouped(expanded, decimals)


def interval_text(p05, p50, p95, unit=""):
    """'30.2 (26.6 to 32.3)', rounded to two figures of the half width."""
    decimals = decimals_for((p95 - p05) / 2) if math.isfinite(p05) and math.isfinite(p95) else None
    if decimals is None:
        return significant(p50) + unit
    return (f"{grouped(p50, decimals)}{unit} ({grouped(p05, decimals)} to "
            f"{grouped(p95, decimals)}{unit})")


def probability(value):
    if not math.isfinite(value):
        return "\u2013"
    if value > 0.999:
        return "> 0.999"
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}"


def listed(words):
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def formula(text):
    """'La2O3' with its subscripts."""
    return re.sub(r"(?<=[A-Za-z)])(\d+)", r"<sub>\1</sub>", escape(text))
