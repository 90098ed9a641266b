"""A search for the capacity of a target: one load after the other, each a run of its own that is judged."""
