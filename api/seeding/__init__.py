"""Deterministic test data. Each seeded row has a seed key, so that seeding again adds nothing."""
