"""The reference system under test: a small product API on PostgreSQL and Redis, with faults that can be switched on."""
