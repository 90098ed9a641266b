"""A cheaper FastHttpUser for any locustfile: ``from lean_http import LeanHttpUser``.

The same calls, events and results, without what a load test does not need (URL objects, header copies, an empty cookie
jar, a parser that calls Python for each header). What is out of the ordinary goes through FastHttpUser itself.
It is a folder of its own because it neither observes a run nor needs the exporter: each can be had without the other.
"""

from lean_http.session import LeanHttpSession
from lean_http.user import LeanHttpUser

__all__ = ["LeanHttpSession", "LeanHttpUser"]
