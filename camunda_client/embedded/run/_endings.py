"""Ending instances before they are done. User tasks have the last word: their canceling listeners are heard first.

Until all are heard, nothing begins or completes any more in what is ended, and the rest of it has ended already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from camunda_client.embedded.run._instances import ElementInstance


class Terminating(Protocol):
    """What ends instances at once."""

    def terminate(self, instance: ElementInstance) -> None:
        """End an instance and all inside it. The caller takes its token from the scope."""


class Heard(Protocol):
    """What has a word to say before it ends, and stops waiting for anything else."""

    def has_last_words(self, instance: ElementInstance) -> bool:
        """Whether something is to be heard before an instance ends."""

    def hear(self, instance: ElementInstance, then: Callable[[], None]) -> None:
        """Let that be said, and call ``then``."""

    def close(self, instance: ElementInstance) -> None:
        """Stop waiting for events."""


@dataclass(slots=True, eq=False)
class Ending:
    """Instances that end, and how many are still to be heard."""

    instances: list[ElementInstance]
    left: int
    then: Callable[[], None]


class Endings:
    """Ends instances, each when all in it were heard."""

    def __init__(self, lifecycle: Terminating, heard: Heard) -> None:
        self._lifecycle = lifecycle
        self._heard = heard

    def end(self, instances: Iterable[ElementInstance], then: Callable[[], None]) -> None:
        """End instances with all inside them, and go on with ``then``; the tokens of their scope are up to that."""
        found = list(instances)
        speakers = [speaker for instance in found for speaker in self._speakers(instance)]
        if not speakers:
            self._end(found, then)
            return
        ending = Ending(found, len(speakers), then)
        for instance in found:
            self._silence(instance)
        for speaker in speakers:
            self._heard.hear(speaker, partial(self.said, ending, speaker))

    def ends_at_once(self, instance: ElementInstance) -> bool:
        """Whether nothing is to be heard before an instance ends."""
        return next(self._speakers(instance), None) is None

    def _speakers(self, instance: ElementInstance) -> Iterator[ElementInstance]:
        for child in _inside(instance):
            yield from self._speakers(child)
        if instance.alive and self._heard.has_last_words(instance):
            yield instance

    def _silence(self, instance: ElementInstance) -> None:
        """End all in an instance but those that are still to be heard, and what they are in."""
        if self.ends_at_once(instance):
            self._lifecycle.terminate(instance)
            return
        instance.state = "TERMINATING"
        self._heard.close(instance)
        for child in _inside(instance):
            self._silence(child)

    def said(self, ending: Ending, speaker: ElementInstance) -> None:
        """End one that was heard; after the last, all."""
        self._lifecycle.terminate(speaker)
        ending.left -= 1
        if not ending.left:
            self._end(ending.instances, ending.then)

    def _end(self, instances: list[ElementInstance], then: Callable[[], None]) -> None:
        for instance in instances:
            if instance.alive:
                self._lifecycle.terminate(instance)
        then()


def _inside(instance: ElementInstance) -> list[ElementInstance]:
    called = [] if instance.called is None else [instance.called.root]
    return [*instance.children.values(), *called]
