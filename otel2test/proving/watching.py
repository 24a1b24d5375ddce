"""How the prover tells how far it is."""

from typing import Protocol


class Watch(Protocol):
    """Hears what is being done, how much of that is over, and how much there is."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show it, or don't."""

    def note(self, text: str) -> None:
        """Say something that a user should know, though nothing is wrong."""
