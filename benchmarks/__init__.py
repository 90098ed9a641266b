"""What the harness costs: figures to read, never asserted by a test. Each is a command: ``python -m benchmarks.X``."""
