"""Measuring search and answers: rows of questions, metrics, statistics, reports. Nothing here does I/O but `rows` and `runs`."""
