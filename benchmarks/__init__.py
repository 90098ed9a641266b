"""What the harness costs: figures to read, never asserted by a test. One command each: ``python -m benchmarks.NAME``."""
