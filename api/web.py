"""What every route uses: orjson bodies, bearer authentication, fault injection, documented errors."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, cast

import orjson
from fastapi import Depends, HTTPException, Request, Response
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel, Field, StringConstraints

from api.security import Identity, InvalidTokenError
from api.services import Services

Responses = dict[int | str, dict[str, Any]]

NO_NUL = r"^[^\x00]*$"  # PostgreSQL's text cannot hold a NUL character
MAX_ID = 2**63 - 1

_JSON_HEADER = (b"content-type", b"application/json")


class ErrorBody(BaseModel):
    """Every error but a 422 has this body."""

    detail: str


_DESCRIPTIONS = {
    401: "The access token is missing, invalid or expired.",
    403: "The user's role does not allow it.",
    404: "There is no such object.",
    409: "It exists already.",
    413: "The body is larger than the limit.",
    429: "Too many requests; Retry-After says for how many seconds to wait.",
    503: "The database or the cache is away; it is worth a retry.",
}


def errors(*statuses: int) -> Responses:
    """OpenAPI's description of the errors a route can answer."""
    documented: Responses = {status: {"model": ErrorBody, "description": _DESCRIPTIONS[status]} for status in statuses}
    for status in {429, 503} & set(statuses):
        documented[status]["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        }
    return documented


class Json(Response):
    """A JSON answer from bytes that are ready to go out."""

    media_type = "application/json"

    def __init__(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        # Skips Response.__init__, which encodes each header again for every answer.
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", str(len(body)).encode()), _JSON_HEADER]
        for name, value in (headers or {}).items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))


def to_json(value: object, status: int = 200) -> Json:
    """Serialize plain data; datetimes become ISO 8601."""
    return Json(orjson.dumps(value), status)


class OrjsonRequest(Request):
    """A request whose body is parsed by orjson, which refuses NaN, lone surrogates and bad UTF-8."""

    async def json(self) -> Any:
        """Return the parsed body. Raises json.JSONDecodeError, which becomes a 422."""
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json


class PlainRoute(APIRoute):
    """A route without faults: admin, health, metrics."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, on a request that parses with orjson."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(OrjsonRequest(request.scope, request.receive))

        return handle if self.body_field is not None else handler


class FaultyRoute(PlainRoute):
    """A route on which the feature flags act."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the plain handler behind the faults that are on."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            parts = services(request)
            if parts.flags.active:
                parts.faults.before_request()
            return await handler(request)

        return handle


def services(request: Request) -> Services:
    """Return the parts of this process."""
    return cast(Services, request.scope["services"])


class Bearer(SecurityBase):
    """A dependency that answers who is asking, and 401 or 403 when that is not enough."""

    def __init__(self, *, role: str | None = None) -> None:
        self.model = HTTPBearerModel(bearerFormat="JWT", description="The access_token of POST /api/auth/login.")
        self.scheme_name = "bearer"
        self._role = role

    async def __call__(self, request: Request) -> Identity:
        """Return the user behind the access token. Raise HTTPException with 401 or 403."""
        failures = services(request).metrics.auth_failures
        header = _authorization(request)
        if not header:
            failures["missing_token"].inc()
            raise _unauthorized("an access token is needed: send the header Authorization: Bearer <access_token>")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            failures["invalid_token"].inc()
            raise _unauthorized("the Authorization header must be: Bearer <access_token>")
        try:
            identity = services(request).access_tokens.verify(token.strip())
        except InvalidTokenError as error:
            failures[error.reason].inc()
            raise _unauthorized(str(error)) from None
        if self._role is not None and identity.role != self._role:
            failures["forbidden"].inc()
            raise HTTPException(403, f"the role {self._role} is needed, yours is {identity.role}")
        return identity


def _authorization(request: Request) -> str | None:
    """Return the Authorization header, without building an object for all of them."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            return str(value, "latin-1")
    return None


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


AnyUser = Annotated[Identity, Depends(Bearer())]
Admin = Annotated[Identity, Depends(Bearer(role="admin"))]

Text = Annotated[str, StringConstraints(pattern=NO_NUL)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Limit = Annotated[int, Field(ge=1, le=100, description="How many items to return.")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="How many items to skip.")]
Email = Annotated[
    str,
    StringConstraints(
        min_length=3,
        max_length=254,
        pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,63}$",
    ),
]
