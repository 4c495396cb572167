"""Users of a data directory, one of each role, with a password and a token each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dalsegno.client.client import Client
from dalsegno.model.access import Role

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class People:
    """Who there is: the tokens by role. The users are called as their roles."""

    tokens: dict[Role, str]

    def headers(self, role: Role | str) -> dict[str, str]:
        """Give what somebody of a role sends along."""
        return {"Authorization": f"Bearer {self.tokens[Role(role)]}"}


def settle(home: Path) -> People:
    """Add the users."""
    with Client(home) as client:
        for role in Role:
            client.users.add(role.value, role, PASSWORD)
        return People({role: client.tokens.create("tests", user=role.value).secret for role in Role})
