"""A certificate authority of a test's own, and the certificates that it signs: made with openssl, nothing is kept."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """``bundle`` is its own certificate, which clients have to trust."""

    folder: Path

    @property
    def bundle(self) -> Path:
        return self.folder / "authority.pem"

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Return the context of a server whose certificate is for these names, such as ``IP:127.0.0.1``."""
        key, request, certificate = (self.folder / f"server.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self.folder / "server.ext"
        extensions.write_text(f"subjectAltName={','.join(names)}\n")
        _openssl("req", "-new", *_KEY, "-keyout", str(key), "-out", str(request), "-subj", "/CN=target.test")
        signer = ("-CA", str(self.bundle), "-CAkey", str(self.folder / "authority.key"), "-CAcreateserial")
        _openssl(
            *("x509", "-req", "-in", str(request), *signer, "-days", "2"),
            *("-extfile", str(extensions), "-out", str(certificate)),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


def new_authority(folder: Path) -> Authority:
    """Make one in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    _openssl(
        *("req", "-x509", *_KEY, "-keyout", str(folder / "authority.key"), "-out", str(authority.bundle)),
        *("-days", "2", "-subj", "/CN=Authority of a test"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"),
    )
    return authority


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
