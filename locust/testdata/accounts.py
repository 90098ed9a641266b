"""The seeded test accounts, and which virtual user works with which of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["regular", "power", "admin"]
_REGULAR: tuple[Role, ...] = ("regular",) * 7
_ROLES: tuple[Role, ...] = (*_REGULAR, "power", "power", "admin")
#: With so many accounts there is one for each role.
MIN_ACCOUNTS = len(_ROLES)


@dataclass(frozen=True)
class Account:
    """A test account; all of them have the same password."""

    number: int

    @property
    def email(self) -> str:
        return f"user{self.number:05d}@example.test"

    @property
    def role(self) -> Role:
        """Of ten accounts in turn seven are regular, two power users, one an administrator."""
        return _ROLES[(self.number - 1) % len(_ROLES)]


class NoAccountError(LookupError):
    """There is no test account with a role that a user needs."""


class AccountPool:
    """Hands accounts to the users of one worker process, far from those of other workers, the least used first.

    Workers start at different points of the accounts: the first at the end, the next one half-way down, then a quarter
    and three quarters (van der Corput's sequence), so no worker has to know how many there are. Each works
    downwards: the first login of a run tries the highest number, and shows at once when fewer accounts were seeded.
    """

    def __init__(self, account_count: int, worker_index: int) -> None:
        self._numbers = range(account_count, 0, -1)
        self._start_share = van_der_corput(max(0, worker_index))
        self._uses = [0] * (account_count + 1)
        self._orders: dict[tuple[Role, ...], list[int]] = {}

    def acquire(self, *roles: Role) -> Account:
        """Return an account with one of ``roles``; raise `NoAccountError` when none has."""
        order = self._orders.get(roles) or self._order(roles)
        number = min(order, key=self._uses.__getitem__)
        self._uses[number] += 1
        return Account(number)

    def release(self, account: Account) -> None:
        """Take an account back, for the next user who comes."""
        self._uses[account.number] -= 1

    def _order(self, roles: tuple[Role, ...]) -> list[int]:
        numbers = [number for number in self._numbers if Account(number).role in roles]
        if not numbers:
            raise NoAccountError(
                f"None of the {len(self._numbers)} test accounts is {' or '.join(roles)}: "
                "seed at least 10, and say how many there are in LOADTEST_TEST_USERS"
            )
        start = int(self._start_share * len(numbers))
        return self._orders.setdefault(roles, numbers[start:] + numbers[:start])


def van_der_corput(index: int) -> float:
    """Return the ``index``-th number (from 0) of the sequence 0, 1/2, 1/4, 3/4, 1/8 …: always far from those before."""
    share, step = 0.0, 0.5
    while index:
        share += step * (index & 1)
        index, step = index >> 1, step / 2
    return share
