"""The report of a run that is under way, served on loopback: only what somebody looks at is asked for."""
