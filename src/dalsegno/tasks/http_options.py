"""How a request is made: the maps among the properties of the HTTP types."""

from __future__ import annotations

import codecs
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator, model_validator

from dalsegno.tasks.base import Text
from dalsegno.tasks.durations import Duration

if TYPE_CHECKING:
    import httpx

_CONFIG = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Timeouts(BaseModel):
    """How long to wait."""

    model_config = _CONFIG

    connect_timeout: Duration | None = Field(
        default=None,
        alias="connectTimeout",
        description="The longest wait for the connection; before `options.connectTimeout`.",
    )
    read_idle_timeout: Duration | None = Field(
        default=None,
        alias="readIdleTimeout",
        description="The longest wait for the next bytes; before `options.readTimeout`.",
    )


class Auth(BaseModel):
    """How to log in."""

    model_config = _CONFIG

    type: Literal["BASIC", "BEARER"] = Field(description="With a user and a password, or with a token.")
    username: Text | None = Field(default=None, description="`BASIC`: the user.")
    password: Text = Field(default="", description="`BASIC`: the password.")
    token: Text | None = Field(default=None, description="`BEARER`: the token.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = "username" if self.type == "BASIC" else "token"
        if getattr(self, needed) is None:
            raise ValueError(f"`type: {self.type}` needs `{needed}`")
        return self


class SslOptions(BaseModel):
    """How far the server is trusted."""

    model_config = _CONFIG

    insecure_trust_all_certificates: bool = Field(
        default=False, alias="insecureTrustAllCertificates", description="Whether to take any certificate."
    )


class Options(BaseModel):
    """How the request is made."""

    model_config = _CONFIG

    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), alias="connectTimeout", description="The longest wait for the connection."
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=30), alias="readTimeout", description="The longest wait for the next bytes."
    )
    read_idle_timeout: Duration | None = Field(
        default=None, alias="readIdleTimeout", description="The same as `readTimeout`, which it overrides."
    )
    timeout: Timeouts = Field(default=Timeouts(), description="The same times, as newer flows of Kestra write them.")
    follow_redirects: bool = Field(
        default=True, alias="followRedirects", description="Whether to go where the answer points."
    )
    allow_failed: bool = Field(
        default=False, alias="allowFailed", description="Whether to take an answer of status 400 and above."
    )
    allowed_response_codes: list[int] = Field(
        default=[], alias="allowedResponseCodes", description="Statuses of 400 and above that are taken."
    )
    default_charset: Text = Field(
        default="UTF-8", alias="defaultCharset", description="The charset of texts that say no other."
    )
    max_content_length: ByteSize | None = Field(
        default=None,
        alias="maxContentLength",
        description="The largest answer taken, such as `500 MB`; without it `Download` has no limit, `Request` takes 10 MB.",
    )
    auth: Auth | None = Field(default=None, description="How to log in.")
    basic_auth_user: Text | None = Field(default=None, alias="basicAuthUser", description="A user name for the server.")
    basic_auth_password: Text = Field(default="", alias="basicAuthPassword", description="The password of that user.")
    ssl: SslOptions = Field(default=SslOptions(), description="How far the server's certificate is checked.")

    @field_validator("default_charset")
    @classmethod
    def _known_charset(cls, value: str) -> str:
        try:
            return codecs.lookup(value.strip()).name
        except LookupError:
            raise ValueError(f"there is no charset `{value}`") from None

    @property
    def connecting(self) -> float:
        """Seconds after which to give up where no connection is made."""
        return (self.timeout.connect_timeout or self.connect_timeout).total_seconds()

    @property
    def idle(self) -> float:
        """Seconds without a byte after which to give up."""
        return (self.timeout.read_idle_timeout or self.read_idle_timeout or self.read_timeout).total_seconds()

    def takes(self, status: int) -> bool:
        """Whether an answer of this status is taken."""
        return status < 400 or self.allow_failed or status in self.allowed_response_codes

    def login(self) -> tuple[httpx.Auth | None, str | None]:
        """Give how to log in: by httpx, or by the value of a header."""
        import httpx

        if self.auth is not None and self.auth.type == "BEARER":
            return None, f"Bearer {self.auth.token}"
        if self.auth is not None:
            return httpx.BasicAuth(self.auth.username or "", self.auth.password), None
        user = self.basic_auth_user
        return (httpx.BasicAuth(user, self.basic_auth_password) if user is not None else None), None
