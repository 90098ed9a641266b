"""The virtual users."""
