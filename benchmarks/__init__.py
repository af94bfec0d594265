"""Measurements: `python -m benchmarks [ROW...]` prints a table and writes it as JSON to benchmarks/out/latest.json."""
