"""Child processes, their ports, and signals."""
