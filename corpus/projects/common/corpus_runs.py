"""A pytest plugin: runs all tests ``CORPUS_RUNS`` times in one process, each time in another order.

Enters: ``CORPUS_SEED``, which the orders follow from, and ``CORPUS_RESULTS``, a file. Leaves, in it, a
line of JSON for each run: the tests that failed in it.
"""

import json
import os
import random
from pathlib import Path

RUNS = int(os.environ["CORPUS_RUNS"])


class _Runs:
    def __init__(self):
        self.failed = [set() for _ in range(RUNS)]
        self.run = 0

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            raise session.Failed("a module can't be imported")
        chance = random.Random(os.environ["CORPUS_SEED"])
        numbered = []
        for run in range(RUNS):
            items = chance.sample(session.items, len(session.items))
            if numbered and items[0] is numbered[-1][1]:
                items.append(items.pop(0))  # pytest would not set it up again
            numbered += [(run, item) for item in items]
        following = [*(item for _, item in numbered[1:]), None]
        for (self.run, item), next_item in zip(numbered, following, strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=next_item)
        lines = [f"{json.dumps(sorted(failed))}\n" for failed in self.failed]
        Path(os.environ["CORPUS_RESULTS"]).write_text("".join(lines), encoding="utf-8")
        return True

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed[self.run].add(report.nodeid)


def pytest_configure(config):
    config.pluginmanager.register(_Runs())
