"""Runs of the past: found in their folders, and shown as a table, as JSON and as a page."""
