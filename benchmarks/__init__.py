"""What the harness costs, and how exact it is: figures to read, never asserted by a test.

Each file with a `main` is a command: ``python -m benchmarks.NAME``; ``python -m benchmarks`` runs all of them and
rewrites the tables of PERFORMANCE_BASELINES.md.
"""
