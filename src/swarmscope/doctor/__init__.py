"""What has to be in place for a run, item by item, each with how to fix it."""
