"""Load testing with a verdict that can be trusted."""

from swarmscope_exporter import Endpoint, ValidationFailure, observe

__all__ = ["Endpoint", "ValidationFailure", "observe"]
__version__ = "0.1.0"
