"""How much load a target carries: which load to try next, and what the tries come to. Pure: no clock, no network."""
