"""The sample project is sound by itself, and every story has its recording."""

from pathlib import Path

import pytest

from samples.environments import ROOT, environment
from samples.record import SPANS
from samples.running import manage
from samples.stories import STORIES, select


@pytest.mark.parametrize("command", [("check",), ("makemigrations", "--check", "--dry-run")])
def test_django_has_nothing_to_say_against_the_project(command: tuple[str, ...]) -> None:
    done = manage(environment("sample"), *command, env={"TODO_DATABASE": ":memory:"})

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_story_is_recorded_and_nothing_else() -> None:
    assert {file.name for file in SPANS.glob("*.json")} == {f"{story.name}.json" for story in STORIES}


@pytest.mark.parametrize("file", sorted(SPANS.rglob("*.json")), ids=lambda file: file.stem)
def test_recordings_are_small_and_tell_nothing_of_the_machine(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert len(text) < 200_000
    assert f"{ROOT}/" not in text
    assert f"{Path.home()}/" not in text


def test_stories_are_found_by_name_in_their_own_order() -> None:
    names = [story.name for story in STORIES]

    assert [story.name for story in select([names[3], names[1]])] == [names[1], names[3]]
    assert select([]) == list(STORIES)
    with pytest.raises(LookupError, match="no such story: sing"):
        select(["sing"])
