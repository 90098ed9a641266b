"""What is added inside Locust's processes."""
