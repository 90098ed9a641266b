"""Passwords, access tokens and refresh tokens."""

import asyncio
import hashlib
import math
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import argon2
import jwt

from api.store import Store

ALGORITHM = "HS256"
_REMEMBERED_TOKENS = 5_000


class InvalidTokenError(Exception):
    """The access token is not ours, was altered, or has expired; `reason` is a label of api_auth_failures_total."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request comes from, as its access token says."""

    user_id: int
    email: str
    role: str
    expires_at: int


class Passwords:
    """Argon2id hashes, computed in threads: the event loop goes on while one is under way."""

    def __init__(self, *, time_cost: int, memory_kib: int, parallelism: int) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """Return a salted hash with its parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored_hash: str | None, password: str) -> bool:
        """Return whether the password fits. None stands for an unknown account, and takes as long as a known one."""
        known = stored_hash is not None
        fits = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, stored_hash or self._nobody, password
        )
        return known and fits

    def hash_with_salt(self, password: str, salt: bytes) -> str:
        """Return a hash that is the same each time: test users are compared, not rewritten, at each start."""
        return self._hasher.hash(password, salt=salt)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


class AccessTokens:
    """Short-lived JWTs. A token that was verified once is remembered until it expires."""

    def __init__(self, secret: str, *, lifetime_seconds: int) -> None:
        self._secret = secret
        self.lifetime_seconds = lifetime_seconds
        self._remembered: dict[str, Identity] = {}

    def issue(self, user_id: int, email: str, role: str) -> str:
        """Return a signed token for a user, good for all of its lifetime: `exp` is in whole seconds, rounded up."""
        now = time.time()
        expires_at = math.ceil(now) + self.lifetime_seconds
        claims = {"sub": str(user_id), "email": email, "role": role, "iat": int(now), "exp": expires_at}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str) -> Identity:
        """Whose token it is. Raise InvalidTokenError."""
        identity = self._remembered.get(token)
        if identity is None:
            identity = self._decode(token)
            self._remember(token, identity)
        if identity.expires_at <= time.time():
            self._remembered.pop(token, None)
            raise InvalidTokenError("expired_token", "the access token has expired, refresh it or log in again")
        return identity

    def _decode(self, token: str) -> Identity:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options={"require": ["sub", "exp", "email", "role"], "verify_exp": False},
            )
            return Identity(int(claims["sub"]), str(claims["email"]), str(claims["role"]), int(claims["exp"]))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise InvalidTokenError("invalid_token", "the access token is not valid, log in again") from error

    def _remember(self, token: str, identity: Identity) -> None:
        while len(self._remembered) >= _REMEMBERED_TOKENS:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = identity


class RefreshTokens:
    """Random tokens in Redis, each good for one refresh. Redis holds their digests only."""

    def __init__(self, store: Store, *, lifetime_seconds: int) -> None:
        self._store = store
        self._lifetime_seconds = lifetime_seconds

    async def issue(self, user_id: int) -> str:
        """Return a new token for a user."""
        token = secrets.token_urlsafe(32)
        await self._store.run(("SET", _refresh_key(token), user_id, "EX", self._lifetime_seconds))
        return token

    async def owner(self, token: str) -> int | None:
        """Return the user's id, or None when the token is unknown, spent, revoked or expired."""
        value = await self._store.run(("GET", _refresh_key(token)))
        return None if value is None else int(value)

    async def spend(self, token: str) -> bool:
        """Revoke a token. False when another request has spent it first."""
        return bool(await self._store.run(("DEL", _refresh_key(token))))


def _refresh_key(token: str) -> str:
    return "refresh:" + hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
