"""The HTTP client that all users are built on, named in one place so that it can be exchanged in one place.

A FastHttpUser costs about a fifth of HttpUser's CPU time a request, this one less than half of that: that much more
load from the same machine. ``python -m benchmarks.lean`` measures it.
"""

from lean_http import LeanHttpUser as HttpBase

__all__ = ["HttpBase"]
