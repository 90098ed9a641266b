"""Accounts: registering, logging in and out, fresh tokens."""

from typing import Annotated, Literal

import asyncpg
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, StringConstraints

from api.database import Row
from api.security import Identity
from api.web import AnyUser, Email, FaultyRoute, Json, ShortText, Text, errors, services, to_json

router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=FaultyRoute)

_PROFILE = "id, email, full_name, role"
_SELECT_BY_ID = f"SELECT {_PROFILE} FROM users WHERE id = $1"  # noqa: S608 - constants only
_SELECT_BY_EMAIL = f"SELECT {_PROFILE}, password_hash FROM users WHERE email = $1"  # noqa: S608 - constants only
_INSERT = f"INSERT INTO users (email, full_name, password_hash) VALUES ($1, $2, $3) RETURNING {_PROFILE}"  # noqa: S608

NewPassword = Annotated[str, StringConstraints(min_length=8, max_length=128)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=128)]
RefreshToken = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Registration(BaseModel):
    """Register an account; it starts as a regular user."""

    email: Email
    password: NewPassword
    full_name: Annotated[Text, StringConstraints(max_length=200)] = ""


class Login(BaseModel):
    """An account's credentials."""

    email: ShortText
    password: Password


class Refresh(BaseModel):
    """A refresh token, good for one use."""

    refresh_token: RefreshToken


class Profile(BaseModel):
    """Who a user is."""

    id: int
    email: str
    full_name: str
    role: Literal["regular", "power", "admin"]


class Tokens(BaseModel):
    """What a login or a refresh gives."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


@router.post("/register", response_model=Profile, status_code=201, responses=errors(409, 413, 429, 503))
async def register(request: Request, account: Registration) -> Json:
    """Open an account. 409 when the address has one already."""
    parts = services(request)
    address = request.client.host if request.client else "unknown"
    await parts.limiter.check("register", address, parts.settings.register_rate_per_minute)
    password_hash = await parts.passwords.hash(account.password)
    email = account.email.lower()
    try:
        row = await parts.database.fetchone(_INSERT, email, account.full_name, password_hash)
    except asyncpg.UniqueViolationError:
        raise HTTPException(409, f"there is an account for {email} already, log in instead") from None
    return to_json(_profile(row), 201)


@router.post("/login", response_model=Tokens, responses=errors(401, 413, 429, 503))
async def login(request: Request, credentials: Login) -> Json:
    """Give tokens for an account's password."""
    parts = services(request)
    email = credentials.email.lower()
    await parts.limiter.check("login", email, parts.settings.login_rate_per_minute)
    row = await parts.database.fetchrow(_SELECT_BY_EMAIL, email)
    if not await parts.passwords.verify(row["password_hash"] if row else None, credentials.password) or row is None:
        parts.metrics.auth_failures["bad_credentials"].inc()
        raise HTTPException(401, "the e-mail address or the password is wrong")
    return await _tokens(request, row)


@router.post("/refresh", response_model=Tokens, responses=errors(401, 413, 503))
async def refresh(request: Request, body: Refresh) -> Json:
    """Exchanges a refresh token for fresh tokens; the old one is spent."""
    parts = services(request)
    user_id = await parts.refresh_tokens.owner(body.refresh_token)
    row = None if user_id is None else await parts.database.fetchrow(_SELECT_BY_ID, user_id)
    if row is None or not await parts.refresh_tokens.spend(body.refresh_token):
        parts.metrics.auth_failures["invalid_refresh_token"].inc()
        raise HTTPException(401, "the refresh token is unknown, used, revoked or expired, log in again")
    return await _tokens(request, row)


@router.post("/logout", status_code=204, response_class=Response, responses=errors(401, 413, 503))
async def logout(request: Request, user: AnyUser, body: Refresh) -> Response:
    """Revoke a refresh token of one's own. The access token lapses by itself."""
    tokens = services(request).refresh_tokens
    if await tokens.owner(body.refresh_token) == user.user_id:
        await tokens.spend(body.refresh_token)
    return Response(status_code=204)


@router.get("/me", response_model=Profile, responses=errors(401, 503))
async def me(request: Request, user: AnyUser) -> Json:
    """Return the user behind the access token."""
    row = await _account(request, user)
    return to_json(_profile(row))


async def _account(request: Request, user: Identity) -> Row:
    row = await services(request).database.fetchrow(_SELECT_BY_ID, user.user_id)
    if row is None:
        services(request).metrics.auth_failures["invalid_token"].inc()
        raise HTTPException(401, "the account no longer exists", headers={"WWW-Authenticate": "Bearer"})
    return row


def _profile(row: Row) -> dict[str, object]:
    return {name: row[name] for name in ("id", "email", "full_name", "role")}


async def _tokens(request: Request, row: Row) -> Json:
    parts = services(request)
    return to_json(
        {
            "access_token": parts.access_tokens.issue(row["id"], row["email"], row["role"]),
            "refresh_token": await parts.refresh_tokens.issue(row["id"]),
            "token_type": "bearer",
            "expires_in": parts.access_tokens.lifetime_seconds,
        }
    )
