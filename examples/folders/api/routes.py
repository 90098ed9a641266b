"""Paths of the API, for itself and for its clients."""

ITEM = "/items/{id}"
EXPORT = "/export"
