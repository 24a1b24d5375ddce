"""Sessions and logins: not rows, but ``force_login``, passwords, and what the client's session says."""

from typing import Final

from otel2test.inverting.arrangements import Arrange, LogIn
from otel2test.inverting.assertions import Assert, AssertLoggedIn, AssertLoggedOut
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.models import Models
from otel2test.inverting.django.passwords import Passwords, passwords_of
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange, Model

_MADE_UP: Final = ("secret", "another secret")
_REFUSED: Final = frozenset({400, 401, 403, 422})


class Login:
    """Who is logged in before the request, and whether the request changes that."""

    def __init__(self, exchange: Exchange, models: Models, state: State) -> None:
        self.models = models
        self.exchange = exchange
        session = exchange.session
        before = session.before if session else {}
        after = session.after if session else {}
        user = exchange.user
        self.was_in = "_auth_user_id" in before or (
            session is None and user is not None and user.authenticated and not self._by_header()
        )
        self.logs_in = session is not None and not self.was_in and "_auth_user_id" in after
        self.logs_out = session is not None and self.was_in and "_auth_user_id" not in after
        self.user = self._user(exchange, before.get("_auth_user_id") or after.get("_auth_user_id"))
        self.made_here = self._made_here(state)
        self.passwords: Passwords = passwords_of(exchange.request)

    def _by_header(self) -> bool:
        return any(name.lower() == "authorization" for name, _ in self.exchange.request.headers)

    @property
    def arranged(self) -> tuple[Model, object] | None:
        """(model, key) of the user who has to be there before the request."""
        return None if self.made_here else self.user

    def _made_here(self, state: State) -> bool:
        """Say whether the request itself created the user who is logged in after it."""
        if self.user is None or not self.logs_in:
            return False
        model, pk = self.user
        key = self.models.primary_key(model)
        entity = state.find(model.table, key.column, pk) if key else None
        return entity is not None and entity.created

    def _user(self, exchange: Exchange, session_key: object) -> tuple[Model, object] | None:
        if not (self.was_in or self.logs_in):
            return None
        recorded = exchange.user
        model = self.models.by_label.get(recorded.model or "") if recorded else None
        model = model or self.models.user
        if model is None:
            return None
        if recorded is not None and recorded.authenticated and recorded.pk is not None:
            return model, recorded.pk
        if session_key is None:
            return None
        key = self.models.primary_key(model)
        if isinstance(session_key, str) and session_key.isdecimal() and key and "Auto" in key.type:
            return model, int(session_key)
        return model, session_key

    def _row(self, arrangement: Arrangement) -> Row | None:
        if self.arranged is None:
            return None
        model, pk = self.arranged
        key = self.models.primary_key(model)
        for row in arrangement.rows:
            if row.model is model and key is not None and row.value(key.attname) == pk:
                return row
        return None

    # --- passwords

    def prepare(self, arrangement: Arrangement) -> None:
        """Name the user; give passwords to those whose passwords the request could tell."""
        row = self._row(arrangement)
        if row is not None:
            arrangement.name(row)
        for user in arrangement.rows:
            if user.model.user:
                user.made_up.pop("password", None)
                user.password = self._password(user, asks=user is row)

    def _password(self, user: Row, *, asks: bool) -> str | None:
        """Return a user's password: as sent if it was right, made up if a usable one was recorded."""
        named = self.passwords.names & {str(value) for value in user.recorded().values()}
        if not (asks or named):
            return None
        if self.passwords.proof is not None and not self._refused():
            return self.passwords.proof
        column = user.value("password")
        if not isinstance(column, str) or column.startswith("!"):
            return None
        return next(text for text in _MADE_UP if text != self.passwords.proof)

    def _refused(self) -> bool:
        response = self.exchange.response
        if response is None or self.logs_in:
            return False
        shown_again = self.exchange.request.body.kind in {"form", "multipart"} and response.status == 200
        return shown_again or response.status in _REFUSED

    # --- steps

    def steps(self, arrangement: Arrangement) -> tuple[Arrange, ...]:
        row = self._row(arrangement)
        return (LogIn(arrangement.name(row)),) if self.was_in and row is not None else ()

    def asserts(self, arrangement: Arrangement, effects: Effects) -> tuple[Assert, ...]:
        if self.logs_in and (variable := self._variable(arrangement, effects)):
            return (AssertLoggedIn(variable),)
        return (AssertLoggedOut(),) if self.logs_out else ()

    def _variable(self, arrangement: Arrangement, effects: Effects) -> str | None:
        row = self._row(arrangement)
        if row is not None:
            return arrangement.name(row)
        created = self._created(effects)
        return effects.variable(created) if created is not None else None

    def _created(self, effects: Effects) -> Created | None:
        if self.user is None or not self.made_here:
            return None
        model, pk = self.user
        return next((item for item in effects.created if item.model is model and item.key() == pk), None)
