"""Area C: a defect of the worker's own, wherever it strikes, is said and counted, and ends nothing for good."""

from __future__ import annotations

import gc
from typing import Any

import gevent
import pytest

from camunda_client import metrics
from camunda_client.c8.worker import health
from camunda_client.c8.worker._slots import _Server
from tests.faults.conftest import Events
from tests.parts.scene import Scene
from tests.parts.work import Tally, until, working

pytestmark = pytest.mark.slow


def greenlets_of_ours() -> dict[str, gevent.Greenlet[..., Any]]:
    """Return those that live and run code of the worker's, by what they run; not those that wait to run handlers."""
    found: dict[str, gevent.Greenlet[..., Any]] = {}
    for one in gc.get_objects():
        if isinstance(one, gevent.Greenlet) and not isinstance(one, _Server) and one.started and not one.ready():
            name = repr(getattr(one, "_run", None))
            if "camunda_client.c8.worker" in name or "Supervised" in name or "Poller." in name:
                found[name] = one
    return found


@pytest.mark.fault(215)
def test_a_defect_in_any_greenlet_of_ours_is_said_and_ends_nothing(scene: Scene, events: Events) -> None:
    """Only pollers were started again. Whatever else died took the keeping of leases, or the truth, with it."""
    tally = Tally(lambda job: gevent.sleep(2.5))
    others = greenlets_of_ours()
    with working(scene.camunda.base_url, {scene.job_type: tally}, timeout=1000, request_timeout=2000):
        until(lambda: health().alive, "it works")
        struck = {name: one for name, one in greenlets_of_ours().items() if name not in others}
        died = sum(metrics.greenlets_died.values())
        for one in struck.values():
            gevent.get_hub().loop.run_callback(one.throw, KeyError("a defect"))
        gevent.sleep(0)
        gevent.sleep(0)
        told = events.named("greenlet.died") + events.named("poller.restarted")
        # The open poll was struck, and its poller, which would have failed of that: one defect.
        assert len(told) == len(struck) - 1
        assert sum(metrics.greenlets_died.values()) - died == len(told)
        assert health().dead == ["cluster", "handlers", "leases", "poller", "watchdog"]
        assert not health().alive

        until(lambda: health().dead == [] and health().alive, "all are back")
        scene.start(2)
        scene.completed_once(2)

    assert set(tally.runs.values()) == {1}, "leases are kept again"
