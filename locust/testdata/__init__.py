"""What virtual users are called, ask, upload and type in: deterministic, written for this project, free of Locust."""
