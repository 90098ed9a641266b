"""What belongs to the folder of the caller: paths, settings, files."""
