"""``camunda-client worker``: patch, import the user's handlers, work until a signal stops it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from camunda_client import log, patching
from camunda_client._process import cap_table, job_table
from camunda_client.cli import _ending, _handlers, _import_watch, _loops, _printed, _target
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    import argparse

    from camunda_client.c8.worker import CamundaWorkerManager
    from camunda_client.camunda7 import Script


#: Seconds for a file for Camunda 7 to clean up when its subscriptions end.
_SCRIPT_END_S = 0.5


def run(options: argparse.Namespace) -> int:
    """Run the command; return 0 after a clean stop, 1 after a forced one."""
    # Before gevent opens its own descriptors: with closed standard streams it would get their numbers.
    log.secure_standard_streams()
    patching.patch()
    if options.fast_requests:
        patching.speed_up_requests(pool_connections=options.fast_requests == "pooled")
    for driver in options.patch:
        patching.DRIVERS[driver]()
    from camunda_client.c8 import worker

    worker.CamundaWorkerManager.be_command(has_parent=options.status_fd is not None, loader=_handlers.loader(options))
    if options.jobs_fd is not None:
        job_table.open_current(options.jobs_fd)
    if options.caps is not None:
        cap_table.open_current(*options.caps)
    if options.capture_print:
        _printed.capture()
    watch = _import_watch.for_worker(_handlers.names(options), _blocked_limit_s())
    watch.start()
    scripts: list[Script] = []
    failed = False
    try:
        scripts = _handlers.load(options, look=options.check)
    except _target.UserCodeFailed:
        failed = True
    finally:
        watch.stop()
    if failed:
        return _ending.end(1, _ending.EXIT_S if options.exit_timeout is None else options.exit_timeout)
    if options.check:
        print("\n".join(_handlers.describe()))
        return _ending.end(0, _ending.EXIT_S)
    _handlers.configure()
    manager = worker.CamundaWorkerManager()
    return _work(manager, options, scripts) if manager.workers else _loops.work(scripts, options)


def _blocked_limit_s() -> float:
    """Return how long an import may stand still, as far as it is known before the configuration is."""
    from camunda_client import config

    with suppress(ConfigurationError, ValueError):
        return int(config.said_in_environment("worker.blockedLimit")) / 1000
    return config.WorkerConfig().blocked_limit / 1000


def _summarize(every_s: float) -> None:
    """Log a summary in each interval, for ever."""
    import gevent

    from camunda_client import metrics
    from camunda_client.cli._summary import Summary

    summary = Summary(every_s, lambda: metrics.current)
    while True:
        summary.look()
        gevent.sleep(min(every_s, 1.0))


def _work(manager: CamundaWorkerManager, options: argparse.Namespace, scripts: list[Script]) -> int:
    import gevent
    from gevent.event import Event

    from camunda_client import config
    from camunda_client.cli import _status

    drain_timeout_s, exit_timeout_s = options.drain_timeout, options.exit_timeout
    if exit_timeout_s is None:
        exit_timeout_s = config.get_config().worker.exit_timeout / 1000
    told_to_stop = Event()
    loop = gevent.get_hub().loop
    # A signal may come while the hub itself runs, so the handler only schedules.
    manager.start_workers(
        on_signal=lambda _number: loop.run_callback(told_to_stop.set), drain_timeout_s=drain_timeout_s
    )
    if options.status_fd is not None:
        gevent.spawn(_status.talk_to_parent, options.status_fd, told_to_stop.set)
    elif options.summary is not None:
        gevent.spawn(_summarize, options.summary)
    with suppress(KeyboardInterrupt, SystemExit):
        # They come up here where TARGET started the workers itself, without a loop of its own.
        told_to_stop.wait()
    report = manager.stop_workers(drain_timeout_s)
    for script in scripts:
        script.stop()
        script.let_end(_SCRIPT_END_S)
    if options.status_fd is not None:
        _status.say_ending(options.status_fd, exit_timeout_s)
    return _ending.end(0 if report.clean else 1, exit_timeout_s, manager.run_signal_handlers)
