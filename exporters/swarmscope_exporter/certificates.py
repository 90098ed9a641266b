"""Which certificate authorities virtual users trust: those of a CA bundle, where one is given.

Left alone, HttpUser trusts the authorities of certifi and ignores the environment (Locust sets ``trust_env`` to False),
and FastHttpUser verifies nothing at all. A bundle that is given by name makes both verify by it; one that the
environment has for all programs is for the clients that verify anyway.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

VARIABLE = "LOADTEST_CA_BUNDLE"
#: Of other programs, the first one that is set.
_OF_THE_ENVIRONMENT = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_WEBSOCKET_VARIABLE = "WEBSOCKET_CLIENT_CA_BUNDLE"  # that of websocket-client

#: Behind these of FastHttpSession, whether it verifies: base_url, request_event, user.
_ARGUMENTS_BEFORE_INSECURE = 3


class CertificateSettingError(ValueError):
    """The bundle cannot be used; the message is one line that says why."""


def problem_with_bundle(bundle: str) -> str:
    """Return why a file (PEM), or a folder as `openssl rehash` leaves it, cannot be used; empty when it can."""
    path = Path(bundle)
    if not path.exists():
        return "it does not exist"
    try:
        context = ssl.create_default_context(**_place(bundle))
    except (ssl.SSLError, OSError) as error:
        return "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else str(error.strerror)
    return "" if path.is_dir() or context.get_ca_certs() else "it holds no certificate of an authority"


def environment_bundle(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable that names a bundle for all programs, and the bundle; both empty where none does."""
    return next(((name, environment[name]) for name in _OF_THE_ENVIRONMENT if environment.get(name)), ("", ""))


def verifies_nothing(user_class: Any, *, with_bundle: bool) -> bool:
    """Return whether a FastHttpUser's client takes any certificate; ``with_bundle``: also when one is given by name.

    A class with an ``ssl_context_factory`` of its own decides for itself.
    """
    pool = user_class.client_pool
    if pool is not None:  # made before anything could be changed in it
        options: Mapping[str, Any] = getattr(pool, "client_args", {})
        return bool(options.get("insecure")) and not options.get("ssl_context_factory")
    return not with_bundle and bool(user_class.insecure) and user_class.ssl_context_factory is None


def use_bundle(environment: MutableMapping[str, str], http_session: type[Any], fast_http_session: type[Any]) -> None:
    """Make the sessions of this process verify by the bundle that is in force; raise CertificateSettingError."""
    given, (_, general) = environment.get(VARIABLE, ""), environment_bundle(environment)
    bundle = given or general
    if not bundle:
        return
    if problem := problem_with_bundle(bundle):
        if given:
            raise CertificateSettingError(f"{VARIABLE}: {bundle} cannot be used: {problem}")
        return  # plain Locust does not read it either
    environment.setdefault(_WEBSOCKET_VARIABLE, bundle)
    _trust(http_session, bundle)
    if given:
        _verify_by_default(fast_http_session, bundle)


def _trust(session_class: type[Any], bundle: str) -> None:
    """Give each session the bundle; a user that sets ``client.verify`` later is left alone."""
    init = session_class.__init__

    def trusting_init(session: Any, *args: Any, **kwargs: Any) -> None:
        init(session, *args, **kwargs)
        session.verify = bundle

    session_class.__init__ = trusting_init


def _verify_by_default(session_class: type[Any], bundle: str) -> None:
    """Give each session a context of the bundle, unless it is made with a context or with connections of its own."""
    init = session_class.__init__

    def verifying_init(session: Any, *args: Any, **kwargs: Any) -> None:
        has_own = kwargs.get("ssl_context_factory") or kwargs.get("client_pool") is not None
        if not has_own and len(args) <= _ARGUMENTS_BEFORE_INSECURE:
            kwargs |= {"insecure": False, "ssl_context_factory": lambda **_: _context(bundle)}
        init(session, *args, **kwargs)

    session_class.__init__ = verifying_init


@cache
def _context(bundle: str) -> ssl.SSLContext:
    """Return one for all sessions: each costs memory, and they do not differ. Where Locust runs it is gevent's."""
    return ssl.create_default_context(**_place(bundle))


def _place(bundle: str) -> dict[str, Any]:
    return {"capath": bundle} if Path(bundle).is_dir() else {"cafile": bundle}
