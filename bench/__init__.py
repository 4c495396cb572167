"""Measurements, never tests: one command, `make bench` (or `python -m bench [NAME ...]`), prints a table.

Each figure stands beside a floor that is measured in the same run, so that a slow machine does not look like slow code.
Bytecode is compiled first; each figure is the median of several tries.
"""
