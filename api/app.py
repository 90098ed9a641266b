"""The ASGI application: routes, error answers, accounting."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from api.errors import ConversationNotFoundError, RateLimitedError, ServiceUnavailableError
from api.faults import InjectedError
from api.middleware import Accounting
from api.routes import ROUTERS
from api.services import Services
from api.web import Json, services, to_json


def build_app(parts: Services) -> ASGIApp:
    """Return the application around its opened parts."""
    app = FastAPI(
        title="Reference API",
        summary="The system under test: a voice assistant's knowledge base and a sales CRM.",
        version="0.1.0",
        redirect_slashes=False,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    for router in ROUTERS:
        # Not include_router: it matches each request twice, once for the router and once for its routes.
        app.router.routes.extend(router.routes)
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.state.methods = _methods_by_path(app)
    _expect_routes(app, parts)
    if parts.tracing is not None:
        parts.tracing.instrument(app)
    return Accounting(app, parts)


def _methods_by_path(app: FastAPI) -> dict[str, str]:
    """Return what to put into Allow: a path's methods are spread over its routes, a 405 comes from the first."""
    methods: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, APIRoute):
            methods.setdefault(route.path, set()).update(route.methods or ())
    return {path: ", ".join(sorted(names)) for path, names in methods.items()}


def _expect_routes(app: FastAPI, parts: Services) -> None:
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path not in ("/metrics", "/health/live"):
            for method in route.methods or ():
                parts.metrics.expect_route(method, route.path, route.status_code or 200)


async def _unavailable(_request: Request, error: Exception) -> Response:
    return _error(503, str(error), {"Retry-After": "1"})


async def _rate_limited(request: Request, error: Exception) -> Response:
    services(request).metrics.rate_limited.labels(request.scope["route"].path).inc()
    seconds = error.retry_after_seconds if isinstance(error, RateLimitedError) else 1
    return _error(429, str(error), {"Retry-After": str(seconds)})


async def _not_found(_request: Request, error: Exception) -> Response:
    return _error(404, str(error))


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    route = request.scope.get("route")
    if error.status_code == 405 and route is not None:
        headers["Allow"] = request.app.state.methods[route.path]
    return _error(error.status_code, error.detail, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    """Say where and why; not what was sent, which may be a password or may not be text at all."""
    if not isinstance(error, RequestValidationError):
        raise error
    reasons = [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in error.errors()]
    return to_json({"detail": reasons}, 422)


async def _injected(_request: Request, _cause: Exception) -> Response:
    return _error(500, "injected by the feature flag error-rate")


async def _bug(_request: Request, _cause: Exception) -> Response:
    return _error(500, "internal server error")


def _error(status: int, detail: str, headers: dict[str, str] | None = None) -> Json:
    answer = to_json({"detail": detail}, status)
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


_HANDLERS = {
    ServiceUnavailableError: _unavailable,
    RateLimitedError: _rate_limited,
    ConversationNotFoundError: _not_found,
    InjectedError: _injected,
    HTTPException: _http_error,
    RequestValidationError: _invalid,
    Exception: _bug,
}
