"""``camunda-client demo``: 500 process instances with blocking handlers, worked at once, and what that saved.

The two handlers are what the library is for: plain functions that wait, in ``requests.get`` and in ``time.sleep``.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camunda_client import patching
from camunda_client.cli import _engine, _tables
from camunda_client.cli._target import TargetError
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    import gevent

    from camunda_client.c8.models import ActivatedJob

#: Seconds that the price server takes, and that packing takes.
PRICE_S, PACK_S = 0.3, 0.2
#: Columns of the bar that shows how far it is, at most.
_BAR = 30
#: Seconds after which the demo says that something is wrong rather than going on.
_PATIENCE_S = 120.0
#: Seconds for the embedded engine to start on a busy machine, and to end.
_START_S, _STOP_S = 60.0, 10.0


def run(options: argparse.Namespace) -> int:
    """Run the demo; return 0 when every instance went through both handlers."""
    patching.patch()
    from camunda_client import config

    # Its own logging, so that a thousand job lines don't bury the progress.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    with ExitStack() as stack:
        prices = stack.enter_context(_slow_server())
        base_url = stack.enter_context(_embedded())
        config.initialize_config({"api": {"baseUrl": base_url}, "auth": {"none": True}})
        return _run(prices, options.instances, stay=options.stay)


class _DemoHandlers:
    """The two handlers, and what they did."""

    def __init__(self, prices: str) -> None:
        import requests

        self._get = requests.get
        self._prices = prices
        self.done = {"demo-ask-price": 0, "demo-pack": 0}
        self.running = 0
        self.peak = 0

    def ask_price(self, _job: ActivatedJob | None = None) -> dict[str, Any]:
        """Wait for a server that this command did not start."""
        return {"price": self._get(self._prices, timeout=30).json()["price"]}

    def pack(self, _job: ActivatedJob | None = None) -> dict[str, Any]:
        """Wait for something slow."""
        time.sleep(PACK_S)
        return {"packed": True}

    def counted(self, job_type: str, handler: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """Return the handler, with counting."""

        def call(job: ActivatedJob) -> dict[str, Any]:
            self.running += 1
            self.peak = max(self.peak, self.running)
            try:
                result = handler(job)
                self.done[job_type] += 1
                return result
            finally:
                self.running -= 1

        call.__module__, call.__qualname__ = __name__, handler.__qualname__
        return call


def _run(prices: str, instances: int, *, stay: bool) -> int:
    import gevent

    from camunda_client.c8 import api
    from camunda_client.c8.worker import add_job_worker, start_camunda_workers, stop_camunda_workers

    work = _DemoHandlers(prices)
    alone_s = _alone_s(work)
    for job_type, handler in (("demo-ask-price", work.ask_price), ("demo-pack", work.pack)):
        add_job_worker(job_type, work.counted(job_type, handler), max_jobs_active=500)
    api.deploy_resources(Path(__file__).with_name("demo.bpmn"))
    _say(f"working {instances} instances of a process with two blocking handlers …")
    started_s = time.monotonic()
    start_camunda_workers()
    _say(f"see them work on {_live_page()}")
    creation = gevent.spawn(_create, instances)
    try:
        complete = _watch(work, instances, started_s, creation)
        took_s = time.monotonic() - started_s
        if complete:
            _summary(work, instances, took_s, alone_s)
        else:
            _say(f"gave up after {took_s:.0f} s: {work.done}")
        if stay:
            _stay()
    finally:
        creation.kill()
        stop_camunda_workers()
    return 0 if complete else 1


def _live_page() -> str:
    """Serve the live page of the workers of this process; return its address."""
    import gevent

    from camunda_client.cli import _status

    board = _status.StatusBoard(1)
    server = _status.serve(board, "127.0.0.1", 0, metrics=False)
    gevent.spawn(_status.fill, board)
    return f"http://127.0.0.1:{server.server_address[1]}/"


def _stay() -> None:
    """Keep the page, and start an instance now and then so that there is something to see, until Ctrl+C."""
    _say("the page stays until Ctrl+C, and an instance starts every 50 ms")
    with suppress(KeyboardInterrupt, SystemExit):
        while True:
            _create(1)
            time.sleep(0.05)


def _alone_s(work: _DemoHandlers) -> float:
    """Return the seconds that both handlers take for one instance when nothing else runs, the median of three."""
    took = []
    for _ in range(3):
        started_s = time.perf_counter()
        work.ask_price()
        work.pack()
        took.append(time.perf_counter() - started_s)
    return sorted(took)[1]


def _create(instances: int) -> ServiceException | None:
    """Start the instances, eight at a time, beside the workers; return why that failed, if it did."""
    from gevent.pool import Pool

    from camunda_client.c8 import api
    from camunda_client.c8.models import CreateProcessInstanceRequest

    def create(number: int) -> ServiceException | None:
        request = CreateProcessInstanceRequest(
            processDefinitionId="c8-client-demo", variables={"order": number}, tenantId=None
        )
        try:
            api.create_process_instance(request)
        except ServiceException as error:
            return error  # raised, gevent would print it as well
        return None

    pool = Pool(8)
    try:
        return next(filter(None, pool.imap_unordered(create, range(instances))), None)
    finally:
        pool.kill()


def _watch(
    work: _DemoHandlers, instances: int, started_s: float, creation: gevent.Greenlet[..., ServiceException | None]
) -> bool:
    """Show progress until all is done; return whether it was.

    Raises:
        ServiceException: Camunda did not start the instances.
    """
    live = sys.stdout.isatty()
    last_s = 0.0
    while min(work.done.values()) < instances:
        now = time.monotonic()
        if now - started_s > _PATIENCE_S:
            return False
        if creation.ready() and (failure := creation.get()) is not None:
            raise failure
        if now - last_s >= (0.1 if live else 1.0):
            last_s = now
            _progress(work, instances, now - started_s, live=live)
        time.sleep(0.02)
    _progress(work, instances, time.monotonic() - started_s, live=live)
    if live:
        _say("")
    return True


def _progress(work: _DemoHandlers, instances: int, seconds: float, *, live: bool) -> None:
    asked, packed = work.done.values()
    facts = f"{packed:4d}/{instances} done, {asked:4d} priced, {work.running:3d} in flight, {seconds:5.1f} s"
    # A line that is as long as the terminal is wide would stay when the next one is to replace it.
    room = shutil.get_terminal_size().columns - len(facts) - 2 if live else _BAR
    line = f"{_tables.bar(packed / instances, min(room, _BAR))} {facts}"
    sys.stdout.write(f"\r{line}" if live else f"{line}\n")
    sys.stdout.flush()


def _summary(work: _DemoHandlers, instances: int, took_s: float, alone_s: float) -> None:
    in_turn_s = alone_s * instances
    _say("")
    _say(f"{instances} instances, {2 * instances} jobs, all completed")
    _say(f"  time taken                    {took_s:8.1f} s")
    _say(f"  the same handlers one by one  {in_turn_s:8.1f} s   ({instances} × {alone_s:.3f} s, measured alone)")
    _say(_tables.strong(f"  times faster                  {in_turn_s / took_s:8.1f}"))
    _say(f"  handlers at once, at most     {work.peak:8d}     in one process and one thread")


@contextmanager
def _slow_server() -> Iterator[str]:
    server = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "camunda_client.cli._slow_server", str(PRICE_S)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl+C is for us; it ends with its stdin
    )
    assert server.stdin is not None  # noqa: S101 - for the type checker
    assert server.stdout is not None  # noqa: S101
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/price"
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


@contextmanager
def _embedded() -> Iterator[str]:
    """Run ``camunda-client engine`` in a process of its own, as any Camunda is."""
    from camunda_client.cli._server_process import PartFailedError, ServerProcess

    _engine.need_extra()
    _say("starting the embedded Camunda …")
    with tempfile.TemporaryDirectory(prefix="c8-client-demo-") as folder:
        log = Path(folder) / "engine.log"
        command = [sys.executable, "-m", "camunda_client", "engine", "--port", "0"]
        server = ServerProcess("the embedded engine", command, os.environ, log)
        try:
            server.wait_until(lambda: _address(log) is not None, _START_S)
            yield _address(log) or ""
            server.stop(_STOP_S)
        except PartFailedError as error:
            raise TargetError(str(error)) from error
        finally:
            server.kill()


def _address(log: Path) -> str | None:
    found = re.search(r"^embedded Camunda \S+ on (http://\S+)$", log.read_text(), re.MULTILINE)
    return found[1] if found else None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
