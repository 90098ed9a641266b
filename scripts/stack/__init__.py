"""The embedded stack: real PostgreSQL, Redis, API and Prometheus as children of one process, without Docker."""

from scripts.stack.errors import ProcessFailedError, StackError
from scripts.stack.options import RunningStack, StackOptions
from scripts.stack.process import ManagedProcess
from scripts.stack.stack import EmbeddedStack

__all__ = ["EmbeddedStack", "ManagedProcess", "ProcessFailedError", "RunningStack", "StackError", "StackOptions"]
