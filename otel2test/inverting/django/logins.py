"""Sessions and logins: not rows, but ``force_login`` and what the client's session says."""

from otel2test.inverting.django.models import Models
from otel2test.inverting.django.rows import Arrangement, Row
from otel2test.inverting.plan import Arrange, Assert, AssertLoggedIn, AssertLoggedOut, LogIn
from otel2test.reading.exchanges import Exchange, Model


class Login:
    """Who is logged in before the request, and whether the request changes that."""

    def __init__(self, exchange: Exchange, models: Models) -> None:
        self.models = models
        session = exchange.session
        before = session.before if session else {}
        after = session.after if session else {}
        user = exchange.user
        self.was_in = "_auth_user_id" in before or (
            session is None and user is not None and user.authenticated
        )
        self.logs_in = session is not None and not self.was_in and "_auth_user_id" in after
        self.logs_out = session is not None and self.was_in and "_auth_user_id" not in after
        self.user = self._user(exchange, before.get("_auth_user_id") or after.get("_auth_user_id"))
        self.passwords = tuple(
            value for key, value in exchange.request.body.fields if "password" in key.lower()
        )

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
        if self.user is None:
            return None
        model, pk = self.user
        key = self.models.primary_key(model)
        for row in arrangement.rows:
            if row.model is model and key is not None and row.value(key.attname) == pk:
                return row
        return None

    def prepare(self, arrangement: Arrangement) -> None:
        """Name the user; give it the password that the request logs in with."""
        row = self._row(arrangement)
        if row is None:
            return
        arrangement.name(row)
        if self.logs_in and self.passwords:
            row.password = self.passwords[0]
        row.made_up.pop("password", None)

    def steps(self, arrangement: Arrangement) -> tuple[Arrange, ...]:
        row = self._row(arrangement)
        return (LogIn(arrangement.name(row)),) if self.was_in and row is not None else ()

    def asserts(self, arrangement: Arrangement) -> tuple[Assert, ...]:
        row = self._row(arrangement)
        if self.logs_in and row is not None:
            return (AssertLoggedIn(arrangement.name(row)),)
        return (AssertLoggedOut(),) if self.logs_out else ()
