"""The HTTP client that all users are built on, named in one place so that it can be exchanged in one place.

FastHttpUser costs about a fifth of HttpUser's CPU time a request: that much more load from the same machine.
"""

from locust import FastHttpUser as HttpBase

__all__ = ["HttpBase"]
