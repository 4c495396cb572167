"""Users, their API tokens, and their logins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dalsegno.errors import MoveRefused, NotAllowed, NotFound, NotKnown, Refusal, closest, did_you_mean
from dalsegno.model.access import NewToken, Role, Session, Token, User, lesser
from dalsegno.model.clock import Clock, Ids
from dalsegno.service.acting import actor, note
from dalsegno.service.passwords import TOKEN_PREFIX, digest_of, fits, hash_of, new_secret
from dalsegno.store.access_port import (
    AddToken,
    AddUser,
    BeginSession,
    ChangeUser,
    EndSession,
    RemoveToken,
    RemoveUser,
)
from dalsegno.store.port import Store, Write

#: how long a login holds, in seconds
SESSION = 12 * 3600.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")
_DAY = 86_400.0


class UserCases:
    """Users: added, changed, removed by admins."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, name: str, role: Role | str, password: str) -> User:
        """Add a user.

        Raises
        ------
        Refusal : there is one of this name, or name or password cannot be one.
        """
        if not _NAME.match(name):
            message = f"{name[:70]!r} is no name of a user: 1 to 64 letters, digits, `.`, `_`, `@` and `-`"
            raise Refusal(message, code="bad-user")
        role = read_role(role)
        note(user=name, role=role.value)
        user = User(name, role, self._clock.now())
        self._commit(AddUser(user, hash_of(password)), code="user-exists")
        return user

    def list(self) -> list[User]:
        """Give all users, by name."""
        return self._store.access.users()

    def set_role(self, name: str, role: Role | str) -> User:
        """Give a user another role; it holds from the next request on."""
        role = read_role(role)
        note(user=name, role=role.value)
        self._known(name)
        self._commit(ChangeUser(name, role=role), code="last-admin")
        return self._known(name)

    def set_password(self, name: str, password: str, *, old: str | None = None) -> User:
        """Give a user another password, which ends all sessions of that user.

        Parameters
        ----------
        old : the present one; who is no admin needs it, and changes his own alone.
        """
        who = actor()
        note(user=name)
        if who is not None and not who.role.covers(Role.ADMIN):
            if who.name != name:
                raise NotAllowed("a user changes his own password; that of another needs admin")
            if old is None or not fits(old, self._store.access.password(name)):
                raise Refusal("the present password (`old`) is missing, or is another one", code="wrong-password")
        self._known(name)
        self._commit(ChangeUser(name, password=hash_of(password)), code="unknown-user")
        return self._known(name)

    def remove(self, name: str) -> User:
        """Remove a user, with tokens and sessions. What was done under the name stays on record."""
        note(user=name)
        user = self._known(name)
        self._commit(RemoveUser(name), code="last-admin")
        return user

    def has_admin(self) -> bool:
        """Whether somebody could log in who may do all."""
        return any(user.role is Role.ADMIN for user in self._store.access.users())

    def _known(self, name: str) -> User:
        return known_user(self._store, name)

    def _commit(self, write: Write, *, code: str) -> None:
        try:
            self._store.commit(None, [write])
        except MoveRefused as error:
            raise Refusal(error.message, code=code) from error


def read_role(text: str) -> Role:
    """Give a role by its name."""
    try:
        return Role(text.lower())
    except ValueError:
        near = closest(text, list(Role))
        hint = did_you_mean(near) or f"; there are {', '.join(Role)}"
        raise Refusal(f"there is no role `{text}`{hint}", code="unknown-role", closest=near) from None


def known_user(store: Store, name: str) -> User:
    """Give a user. Raises `NotFound` with the closest names."""
    user = store.access.user(name)
    if user is None:
        near = closest(name, [each.name for each in store.access.users()])
        hint = did_you_mean(near) or "; `dalsegno user list` lists them"
        raise NotFound(f"there is no user `{name}`{hint}", code="unknown-user", closest=near)
    return user


class TokenCases:
    """API tokens: each user makes and revokes his own, an admin those of all."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def create(
        self, name: str, *, user: str | None = None, role: Role | str | None = None, days: float | None = None
    ) -> NewToken:
        """Make a token.

        Parameters
        ----------
        name : what it is for.
        user : whose it is; by default who asks.
        role : what it may do at the most; by default what its user may.
        days : after how many days it ends; by default never.
        """
        owner = known_user(self._store, self._owner(user))
        if not name.strip() or len(name) > 200:
            raise Refusal("a token has a name that says what it is for, of at most 200 characters", code="bad-token")
        if days is not None and not 0 < days <= 36_500:
            raise Refusal(f"a token ends after 1 to 36,500 days, not {days:g}", code="bad-token")
        most, who = owner.role, actor()
        if who is not None and who.name == owner.name:
            # a token that may do less makes none that may do more
            most = lesser(most, who.role)
        wanted = most if role is None else read_role(role)
        if not most.covers(wanted):
            message = f"a token of `{owner.name}` can be {most} at the most, not {wanted}"
            raise NotAllowed(message, code="role-too-high")
        now = self._clock.now()
        expires = None if days is None else now + days * _DAY
        secret = new_secret(TOKEN_PREFIX)
        token = Token(self._ids.new(), owner.name, name, wanted, now, expires)
        note(token=token.id, user=owner.name, role=token.role.value, name=name)
        self._store.commit(None, [AddToken(token, digest_of(secret))])
        return NewToken(token, secret)

    def list(self, user: str | None = None) -> list[Token]:
        """Give the tokens of a user; without one, for an admin those of all, for another his own."""
        who = actor()
        if who is not None and not who.role.covers(Role.ADMIN):
            user = self._owner(user)
        if user is not None:
            known_user(self._store, user)
        return self._store.access.tokens(user)

    def revoke(self, id: str) -> Token:
        """End a token, by its id or a unique prefix of it."""
        mine = self.list()
        found = [token for token in mine if token.id == id] or [
            token for token in mine if id and token.id.startswith(id)
        ]
        if len(found) != 1:
            why = "there is no token" if not found else "several tokens begin with"
            raise NotFound(f"{why} `{id}`; `dalsegno token list` lists them", code="unknown-token")
        note(token=found[0].id, user=found[0].user)
        self._store.commit(None, [RemoveToken(found[0].id)])
        return found[0]

    def _owner(self, user: str | None) -> str:
        """Give whose token is meant."""
        who = actor()
        asks = None if who is None else who.name
        if user is None and asks is None:
            raise Refusal("say whose token it is: nobody is logged in here", code="no-user")
        if user is not None and who is not None and user != asks and not who.role.covers(Role.ADMIN):
            raise NotAllowed("a user has tokens of his own; those of another need admin")
        return user or asks or ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A login that has succeeded. `secret` is what the browser shows from then on."""

    user: User
    session: Session
    secret: str


class LoginCases:
    """Who somebody is: by a password, a token, or a session."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, name: str, password: str) -> NewSession:
        """Log in. Raises `NotKnown` for a wrong password, and for a name that is not there in the same words and time."""
        user = self._store.access.user(name) if _NAME.match(name) else None
        if user is not None:
            # a name that is none may be a password that was typed into the wrong place
            note(user=name)
        if not fits(password, self._store.access.password(name) if user else None) or user is None:
            raise NotKnown("name or password is wrong", code="wrong-login")
        now = self._clock.now()
        session, secret = Session(user.name, now, now + SESSION), new_secret()
        self._store.commit(None, [BeginSession(session, digest_of(secret))])
        return NewSession(user, session, secret)

    def end(self, secret: str) -> None:
        """Log out."""
        self._store.commit(None, [EndSession(digest_of(secret))])

    def of_token(self, secret: str) -> tuple[str, Role] | None:
        """Give the user of a token, and what it may do."""
        found = self._store.access.token(digest_of(secret))
        if found is None or self._over(found[0].expires):
            return None
        token, user = found
        return user.name, lesser(token.role, user.role)

    def of_session(self, secret: str) -> tuple[str, Role] | None:
        """Give the user of a session, and what he may do."""
        found = self._store.access.session(digest_of(secret))
        if found is None or self._over(found[0].expires):
            return None
        return found[1].name, found[1].role

    def _over(self, expires: float | None) -> bool:
        return expires is not None and expires <= self._clock.now()
