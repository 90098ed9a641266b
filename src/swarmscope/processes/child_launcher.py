"""Becomes the command it is given, after tying its life to its parent's: run by ManagedProcess, never by people.

    python -I -S child_launcher.py SIGNAL PARENT_PID UID:GID -- COMMAND [ARGUMENT ...]

An exec'd launcher instead of ``preexec_fn``: Python code between fork and exec may deadlock in a program with threads.
Standard library only, and as little of it as possible: it runs before every child of the stack.
"""

import os
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
CANNOT_RUN = 127
KEEP_USER = "-"


def main(arguments: list[str]) -> int:
    """Replace this process; return an exit code only when that failed."""
    death_signal, parent_pid, user = int(arguments[0]), int(arguments[1]), arguments[2]
    command = arguments[4:]
    request_signal_at_parent_death = parent_death_request(death_signal)
    if user != KEEP_USER:
        drop_privileges(*(int(part) for part in user.split(":")))
    request_signal_at_parent_death()  # only now: changing the user id clears the request
    if os.getppid() != parent_pid:  # the parent died before the request was in force
        return CANNOT_RUN
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is the point
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
    return CANNOT_RUN


def drop_privileges(uid: int, gid: int) -> None:
    """Give up root for good: groups first, because only root may change them."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def parent_death_request(signal_number: int) -> Callable[[], object]:
    """Return a call that asks for a signal when the thread that started this process ends (prctl(2), Linux only).

    Made before privileges are dropped: the unprivileged user may be unable to read Python's own folder.
    """
    if sys.platform != "linux":
        return lambda: None
    import ctypes  # noqa: PLC0415 - not needed, nor always built, elsewhere

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
