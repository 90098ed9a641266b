"""Proves each alert alive: its cause is brought about for real, and it must fire, and nothing else."""
