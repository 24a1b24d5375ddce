"""What a user can meet when something is wrong: where it is, what it is, how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in the input that was stepped over; everything beside it was used.

    Printed as ``where: what; remedy``, for instance
    ``orders.jsonl:14: span has no traceId; record it anew or delete the line``.
    """

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class Otel2testError(Exception):
    """Nothing can be done as asked; carries the :class:`Problem`."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(where, what, remedy)
        self.problem = Problem(where, what, remedy)

    def __str__(self) -> str:
        return str(self.problem)


class UsageError(Otel2testError):
    """The command line or the settings ask for something that isn't there; exit code 2."""


class ProjectError(Otel2testError):
    """The user's project can't be started; exit code 3."""
