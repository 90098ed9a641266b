"""The test data of the API."""

ITEM_IDS = range(100, 140)
