"""A mutant and the tests that ran its line → which of them notice it.

What is known of a mutant is remembered as soon as it is known of all its tests.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Protocol

from otel2test.proving.jobs import Job, Patch, Status
from otel2test.proving.mutating import Mutant
from otel2test.proving.progress import Settled
from otel2test.proving.replaying import Claim

_PATIENCE: Final = 5.0
"""On a mutant a test may take so many times as long as without; then it loops, which is noticed, too."""
_LEAST_PATIENCE: Final = 5.0
"""Seconds that it is given on top."""


class Memory(Protocol):
    """What outlives an interruption; see :class:`otel2test.proving.progress.Progress`."""

    def settled(self, name: str) -> Settled | None:
        """Return what is known of a mutant from before."""

    def settle(self, name: str, settled: Settled) -> None:
        """Remember what is known of a mutant."""


class Trial:
    """One mutant, before its tests."""

    def __init__(
        self,
        mutant: Mutant,
        covers: Sequence[Claim[Any]],
        texts: Mapping[Path, str],
        memory: Memory,
        *,
        until_killed: bool,
    ) -> None:
        """``covers`` are the tests that ran its line, those of a module side by side.

        ``texts`` are digests of all modules of tests.
        """
        self.mutant = mutant
        self.covers = [claim.key for claim in covers]
        self.tried: set[str] = set()
        """Keys of the tests that it was shown to."""
        self.killed: set[str] = set()
        """Keys of those that noticed it."""
        self._claims = covers
        self._until_killed = until_killed
        self._memory = memory
        modules = dict.fromkeys(claim.module for claim in covers)
        self._left = len(modules)
        # The project's code is known to be as it was, that of installed packages isn't.
        name = (mutant.path, mutant.id, mutant.original, str(until_killed), *self.covers)
        self._name = _digest(*name, *(texts[module] for module in modules))
        known = memory.settled(self._name)
        if known is not None:
            self.tried, self.killed, self._left = {*known.tried}, {*known.killed}, 0

    @property
    def over(self) -> bool:
        """Whether all its tests have been shown it that are to be."""
        return not self._left

    def jobs(self, key: str, seconds: Mapping[str, float]) -> Iterator[Job]:
        """Yield a job for each module, with the key ``<key> <module>``.

        ``seconds`` is what each test takes without it. Where it is shown to no further test once one has
        noticed it, jobs that come later are left out.
        """
        patch = Patch(self.mutant.path, self.mutant.source, self.mutant.line)
        for module, items in groupby(self._claims, key=lambda claim: claim.module):
            tests = [*items]
            if self._until_killed and self.killed:
                self._one_less()
                continue
            yield Job(
                f"{key} {module}",
                str(module),
                tuple(claim.name for claim in tests),
                patch=patch,
                stop_at_failure=self._until_killed,
                time_limit=_LEAST_PATIENCE + _PATIENCE * max(seconds[claim.key] for claim in tests),
            )

    def ended(self, results: Collection[tuple[str, Status]]) -> None:
        """Take how the tests of one job ended, each by its key; none where it couldn't be put in place."""
        self.tried |= {key for key, _ in results}
        self.killed |= {key for key, status in results if status not in {"passed", "skipped"}}
        self._one_less()

    def _one_less(self) -> None:
        self._left -= 1
        if self.over:
            self._memory.settle(self._name, Settled(tuple(sorted(self.tried)), tuple(sorted(self.killed))))


def digest_of(module: Path) -> str:
    """Return what is another one when a module of tests has changed."""
    try:
        return _digest(module.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
