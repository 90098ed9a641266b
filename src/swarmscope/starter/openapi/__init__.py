"""A locustfile from an OpenAPI document."""
