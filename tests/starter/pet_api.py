"""An API made with FastAPI, of all kinds of parameters and bodies; GET /seen says what was answered.

python -m tests.starter.pet_api PORT
"""

from __future__ import annotations

import sys
from collections import Counter
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field


class Kind(Enum):
    CAT, DOG = "cat", "dog"


class Owner(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$")
    phone: str | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=2, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str = Field(min_length=6)


class Pet(BaseModel):
    animal: Cat | Dog = Field(discriminator="kind")
    owner: Owner
    friends: list[Pet]
    weight: float = Field(gt=0, lt=0.5)
    size: tuple[int, str]
    born: Annotated[str | None, Field(json_schema_extra={"format": "date"})]
    labels: dict[str, int] = {}


app = FastAPI(title="Pets")
seen: Counter[str] = Counter()
_Token = Annotated[Any, Depends(HTTPBearer())]
_FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "note": {"const": "n"}}}


@app.middleware("http")
async def count(request: Request, go_on: Any) -> Response:
    response: Response = await go_on(request)
    route = request.scope.get("route")
    if request.url.path != "/seen":
        seen[f"{request.method} {getattr(route, 'path', request.url.path)} {response.status_code}"] += 1
    return response


@app.get("/seen", include_in_schema=False)
async def read_seen() -> dict[str, int]:
    return seen


@app.get("/pets", tags=["pets"])
async def pets(
    kind: Kind, limit: Annotated[int, Query(ge=10, multiple_of=5)], tag: Annotated[list[str], Query()]
) -> Any:
    return [kind, limit, tag]


@app.post("/pets", status_code=201, tags=["pets"])
async def create(pet: Pet, token: _Token) -> Any:
    if token.credentials != "secret":
        raise HTTPException(403)
    return pet


@app.get("/pets/{pet_id}", tags=["pets"])
async def read(pet_id: Annotated[int, Path(ge=1, le=1)], x_trace: Annotated[UUID, Header()]) -> Any:
    return [pet_id, x_trace]


@app.put("/pets/{pet_id}/{name}")
async def replace(pet_id: UUID, name: Annotated[str, Path(max_length=3)], body: list[Owner]) -> Any:
    return [pet_id, name, body]


@app.patch("/pets/{pet_id}")
async def change(pet_id: int, body: dict[str, Any], session: Annotated[str, Cookie()]) -> Any:
    return [pet_id, body, session]


@app.delete("/pets/{pet_id}", status_code=204)
async def delete(pet_id: int, key: Annotated[str, Depends(APIKeyHeader(name="X-Key"))]) -> None:
    pass


@app.post(
    "/upload", openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}}
)
async def upload(request: Request) -> Any:
    body = await request.body()
    if not request.headers["content-type"].startswith("multipart/form-data; boundary=") or b'filename="' not in body:
        raise HTTPException(422)
    return len(body)


@app.head("/health")
@app.options("/health")
async def health() -> None:
    pass


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
