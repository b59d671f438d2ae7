"""Pieces of scripts/report.py: result.py reads, words.py rounds and phrases, figures.py draws,
the others lay out a section each, in the order report.py
calls them; values.py prints the four states. Standard library, numpy and h5py only; no network, no fonts, no clock."""
