"""One module for each dashboard; each declares ``board()``."""
