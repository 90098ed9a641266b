"""What a run needs, and how to fix what is missing: of this machine, and of a Prometheus of the user's own."""
