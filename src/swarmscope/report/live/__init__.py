"""The report of a run that is under way, served on loopback: only what a browser shows is asked for."""
