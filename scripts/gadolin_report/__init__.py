"""Pieces of scripts/report.py: result.py reads, words.py rounds and phrases, figures.py draws,
sections.py and recovery.py lay out, values.py prints the four states. Standard library, numpy and h5py only; no network, no fonts, no clock."""
