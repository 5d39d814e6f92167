"""Headline figures, each side by side with its floor: the same rows, the same database, the same run.

`python -m benchmarks [name …]` runs them and prints ratios and peak memory. Figures are ratios, because machines differ; they are
never tests, because machines are noisy.
"""
