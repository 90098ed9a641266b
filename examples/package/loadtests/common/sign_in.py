"""How a customer signs in."""

from locust.clients import HttpSession


def token_for(client: HttpSession, tenant: str) -> str:
    """Return a token of the tenant; without one a user cannot do anything, and stops with an error."""
    answer = client.post(f"/{tenant}/token", name="/{tenant}/token")
    answer.raise_for_status()
    token: str = answer.json()["token"]
    return token
