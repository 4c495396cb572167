"""What the Client does about users, tokens and the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.client.transport import AuditCalls, TokenCalls, Transport, UserCalls


class AccessClient:
    """Who may do what, and who did."""

    _service: Transport

    @property
    def users(self) -> UserCalls:
        """Users of servers on this data: `add`, `list`, `set_role`, `set_password`, `remove`."""
        return self._service.users

    @property
    def tokens(self) -> TokenCalls:
        """API tokens: `create`, `list`, `revoke`. One is shown when it is made, and never again."""
        return self._service.tokens

    @property
    def audit(self) -> AuditCalls:
        """The audit log: `list` gives who did what over servers, the newest first."""
        return self._service.audit
