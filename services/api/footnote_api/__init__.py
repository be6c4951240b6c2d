"""Footnote's HTTP service: search, cited answers and the ChatKit protocol."""
