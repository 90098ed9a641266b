"""A search for the capacity as people and programs read it."""
