"""The files that a project begins with."""
