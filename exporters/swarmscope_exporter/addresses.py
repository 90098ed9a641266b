"""Addresses without the password in them: what is shown and stored of a host, which may be `https://user:pw@host`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

HIDDEN = "***"
#: What is before a password, and the password: up to the last @, since one that is not escaped may hold any character.
#: A port (digits up to the path, or the end) is not a password.
_PASSWORD = re.compile(r"((?:^|(?<=\s)|//)[^\s/?#:@]*):(?!//)(?!\d+(?:[/?#]|$))\S*@")


def masked(address: str) -> str:
    """Return the address, or several in one text with blanks between them, as they may be shown."""
    return _PASSWORD.sub(rf"\1:{HIDDEN}@", address)


def passwords_in(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return ``user:password`` of each address that has them, as they are written there."""
    found = (_userinfo(address) for address in addresses)
    return tuple(dict.fromkeys(each for each in found if each))


def _userinfo(address: str) -> str:
    try:
        userinfo = urlsplit(address).netloc.rpartition("@")[0]
    except ValueError:
        return ""
    return userinfo if userinfo.partition(":")[2] else ""


def without_passwords(text: str, addresses: Iterable[str]) -> str:
    """Return a text in which the passwords of these addresses are hidden, wherever they stand."""
    for userinfo in passwords_in(addresses):
        shown = f"{userinfo.partition(':')[0]}:{HIDDEN}"
        for written in (userinfo, userinfo.replace("&", "&amp;"), userinfo.replace("&", "\\u0026")):
            text = text.replace(f"{written}@", f"{shown}@")
    return text
