"""Which bundle virtual users trust: `tests/runs/test_targets.py` has real users and servers."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest

from swarmscope_exporter.certificates import CertificateSettingError, problem_with_bundle, use_bundle

BUNDLE = certifi.where()


def sessions() -> tuple[type[Any], type[Any]]:
    class Http:
        def __init__(self) -> None:
            self.verify: bool | str = True

    class Fast:
        def __init__(self, *arguments: Any, insecure: bool = True, **rest: Any) -> None:
            self.insecure, self.rest = ([*arguments, insecure][3:] or [insecure])[0], rest

    return Http, Fast


def test_a_bundle_that_is_named_is_trusted_by_both_clients() -> None:
    http, fast = sessions()
    environment = {"LOADTEST_CA_BUNDLE": BUNDLE, "SSL_CERT_FILE": "/elsewhere"}
    use_bundle(environment, http, fast)
    assert http().verify == BUNDLE
    contexts = [
        fast(insecure=True, ssl_context_factory=None).rest["ssl_context_factory"](cafile=None),
        *(fast().rest["ssl_context_factory"]() for _ in range(2)),
    ]
    assert contexts[0].verify_mode == ssl.CERT_REQUIRED
    assert len({id(context) for context in contexts}) == 1  # one in a process, however many users there are
    assert fast().insecure is False
    assert environment["WEBSOCKET_CLIENT_CA_BUNDLE"] == BUNDLE


def test_a_client_with_a_context_or_connections_of_its_own_stays_as_it_is() -> None:
    http, fast = sessions()
    use_bundle({"LOADTEST_CA_BUNDLE": BUNDLE}, http, fast)
    own = ssl.create_default_context
    assert fast(ssl_context_factory=own).rest == {"ssl_context_factory": own}
    pooled = fast(insecure=True, client_pool="a pool")
    assert (pooled.insecure, pooled.rest) == (True, {"client_pool": "a pool"})
    assert fast("http://api.test", None, None, True).insecure is True


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_for_all_programs_is_for_clients_that_verify_anyway(variable: str) -> None:
    http, fast = sessions()
    use_bundle({variable: BUNDLE}, http, fast)
    assert (http().verify, fast().insecure, fast().rest) == (BUNDLE, True, {})
    http, fast = sessions()
    use_bundle({variable: "/nowhere/ca.pem"}, http, fast)
    assert http().verify is True


def test_without_any_bundle_nothing_changes() -> None:
    http, fast = sessions()
    environment: dict[str, str] = {}
    use_bundle(environment, http, fast)
    assert (http().verify, fast().insecure, environment) == (True, True, {})


def test_a_named_bundle_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for path, problem in (
        (tmp_path / "gone.pem", "it does not exist"),
        (empty, "it holds no certificate in PEM form"),
    ):
        with pytest.raises(CertificateSettingError) as error:
            use_bundle({"LOADTEST_CA_BUNDLE": str(path)}, *sessions())
        assert str(error.value) == f"LOADTEST_CA_BUNDLE: {path} cannot be used: {problem}"
    assert problem_with_bundle(str(tmp_path)) == ""  # a folder of certificates is looked into with each connection
