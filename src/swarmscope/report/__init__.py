"""Writers of a verdict: each turns the same decision into one format."""
