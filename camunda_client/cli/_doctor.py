"""``camunda-client doctor``: look at everything a worker needs, and say what is wrong and how to fix it."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from camunda_client import log, patching
from camunda_client.cli import _compatibility, _ending, _handlers, _import_watch, _machine, _models, _tables, _target
from camunda_client.error import ConfigurationError, ServiceException

if TYPE_CHECKING:
    import argparse

    from camunda_client.c8.worker import JobWorker, WorkerSettings
    from camunda_client.config import C8Config

#: Minor versions of Python 3 that are tested.
_TESTED = range(10, 16)
_DISTRIBUTION = "c8-client"
#: Milliseconds for which a poll is held unless the configuration says otherwise.
_POLL_MS = 10_000
#: For Camunda 7, by others; it has a top-level package of our name, and the one installed last wins.
_NAMESAKE = "camunda-client"
#: How SIGALRM is asked for, and who may have that in its text without limiting handlers.
_ALARM = re.compile(r"\bITIMER_REAL\b|\bsignal\.alarm\(")
_NO_ALARM_USERS = sys.stdlib_module_names | {"camunda_client", "gevent"}


class Finding(NamedTuple):
    """One thing looked at. ``verdict`` is ok, note (works, but know it), wrong, or skipped."""

    verdict: str
    message: str


def run(options: argparse.Namespace) -> int:
    """Print the findings; return 1 if something is wrong."""
    wrong = False
    say = _Report(as_json=options.json)
    # What TARGET prints at its import would break the JSON.
    with redirect_stdout(sys.stderr) if options.json else nullcontext():
        for finding in _findings(options):
            wrong = say(finding) or wrong
    say.end()
    log.flush()
    code = 1 if wrong else 0
    # What TARGET has started would keep this command as it keeps a worker.
    return _ending.end(code, _ending.EXIT_S) if _handlers.names(options) else code


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    """Yield all findings, each as soon as it is there."""
    patched = _patch()
    yield from (*_interpreter(), *_packages(), *_namesake(), *map(_found, _machine.twice_installed()), *patched)
    yield from _target_findings(options)
    yield from _cluster(options.long_poll)
    if options.deployed:
        yield from _deployed()


class _Report:
    """Prints findings: each as it comes, or all at the end as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json, self._all = as_json, list[Finding]()

    def __call__(self, finding: Finding) -> bool:
        """Take a finding; return whether it says that something is wrong."""
        self._all.append(finding)
        if not self._as_json:
            _tables.verdict(finding.verdict, finding.message)
        return finding.verdict == "wrong"

    def end(self) -> None:
        """Print what was not printed."""
        if self._as_json:
            print(json.dumps([finding._asdict() for finding in self._all], indent=2), flush=True)


def _found(found: tuple[str, str]) -> Finding:
    return Finding(*found)


# -- this machine ---------------------------------------------------------------------------------------------------
def _interpreter() -> Iterator[Finding]:
    message = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    right = platform.python_implementation() == "CPython" and sys.version_info[1] in _TESTED
    remedy = f"; tested are CPython 3.{_TESTED.start} to 3.{_TESTED.stop - 1}"
    yield Finding("ok", message) if right else Finding("note", message + remedy)


def _packages() -> Iterator[Finding]:
    try:
        required = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield Finding("note", f"{_DISTRIBUTION} itself is not installed, only found on the path: pip install it")
        return
    for line in required:
        name, operator, floor = re.match(r"([\w.-]+)\s*(>=)?\s*([\d.]*)", line).groups()  # type: ignore[union-attr]
        if "extra ==" not in line:
            yield _package(name, floor if operator else "")


def _package(name: str, floor: str) -> Finding:
    remedy = f"pip install '{name}{'>=' if floor else ''}{floor}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding("wrong", f"{name} is not installed: {remedy}")
    if _numbers(version) < _numbers(floor):
        return Finding("wrong", f"{name} {version} is older than {floor}, below which it has a defect: {remedy}")
    return Finding("ok", f"{name} {version}")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _namesake() -> Iterator[Finding]:
    try:
        version = metadata.version(_NAMESAKE)
    except metadata.PackageNotFoundError:
        return
    yield Finding(
        "wrong",
        f"the distribution {_NAMESAKE} {version} (for Camunda 7) is installed beside {_DISTRIBUTION}, and both have a "
        f"package camunda_client: pip uninstall {_NAMESAKE}, then install {_DISTRIBUTION} again, from where you had it",
    )


# -- patching and handlers ------------------------------------------------------------------------------------------
def _patch() -> list[Finding]:
    try:
        report = patching.patch()
    except patching.PatchError as error:
        return [Finding("wrong", str(error))]
    if not report.applied:
        message = "blocking calls are not cooperative: CAMUNDA_CLIENT_PATCH=0; unset it, or patch first of all yourself"
        return [Finding("note", message)]
    return [
        Finding("ok", "blocking calls are cooperative"),
        *(Finding("note", f"{one.module}.{one.name} is not: {one.remedy}") for one in report.unmended),
    ]


def _target_findings(options: argparse.Namespace) -> Iterator[Finding]:
    """Import the user's handlers as ``worker`` would."""
    target = _handlers.names(options)
    if not target:
        models = ", and compared with --bpmn" if options.bpmn else ""
        yield Finding("skipped", f"handlers: name your app.py or package.module to have them looked at{models}")
        return
    from camunda_client.c8 import worker

    watch = _import_watch.for_doctor(target, options.import_timeout)
    watch.start()
    failed = False
    try:
        _handlers.load(options, look=True)
    except _target.UserCodeFailed:
        failed = True
    except (_target.NoHandlers, ConfigurationError) as error:
        yield from (Finding("wrong", line) for line in str(error).splitlines())
        return
    finally:
        watch.stop()
    if failed:
        yield Finding("wrong", f"{target} can't be imported; its traceback is above")
        return
    workers = worker.CamundaWorkerManager().workers
    for name in options.targets:
        yield from map(_found, _machine.import_order(name))
    types = ", ".join(sorted({one.job_type for one in workers}))
    yield from _guarded(lambda: worker.check_unique(workers), f"{target} handles {types}")
    if options.bpmn:
        handled = {one.job_type for one in workers}
        yield from (Finding(*found) for found in _models.findings(options.bpmn, handled))
    for module in _alarm_users():
        yield Finding("note", f"{module} uses SIGALRM to limit calls: {patching.ALARM_REMEDY}")
    yield from _blocking_findings(target, workers)
    yield from _children_findings(options, workers)


def _blocking_findings(target: str, workers: list[JobWorker]) -> Iterator[Finding]:
    """Name the handlers of each driver that blocks."""
    from camunda_client.c8 import worker

    for found in worker.blocking_modules(_with_settings(workers)):
        users = f" (handlers: {', '.join(found.handlers[:5])})" if found.handlers else ""
        yield Finding(
            "note", f"{target} imports {found.module}, which blocks every job while it waits{users}: {found.remedy}"
        )


def _children_findings(options: argparse.Namespace, workers: list[JobWorker]) -> Iterator[Finding]:
    """Have a child process import the handlers that are to run in some, as a worker would."""
    from camunda_client.c8 import worker

    chosen = [one for one in _with_settings(workers) if one[1].run_in == "process"]
    if not chosen:
        return
    loader, limit_s = _handlers.loader(options), options.import_timeout
    names = ", ".join(sorted(settings.job_type for _, settings in chosen))
    yield from _guarded(lambda: worker.try_children(chosen, loader, limit_s), f"a child process finds {names}")


def _with_settings(workers: list[JobWorker]) -> list[tuple[JobWorker, WorkerSettings]]:
    """Return the handlers with how each would run; without those whose settings are wrong."""
    from camunda_client.c8 import worker

    found = []
    for one in workers:
        with suppress(ServiceException):
            found.append((one, worker.worker_settings(one)))
    return found


def _alarm_users() -> Iterator[str]:
    """Return the modules imported so far, the standard library's aside, whose text sets an alarm."""
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in _NO_ALARM_USERS or not str(file).endswith(".py"):
            continue
        with suppress(OSError, ValueError):
            if _ALARM.search(Path(str(file)).read_text(encoding="utf-8", errors="replace")):
                yield name


# -- configuration and cluster --------------------------------------------------------------------------------------
def _cluster(poll_s: float | None) -> Iterator[Finding]:
    from camunda_client import config
    from camunda_client.c8 import api, auth

    yield from map(_found, _machine.misspelt_variables(os.environ))

    try:
        settings = config.get_config()
    except RuntimeError:
        configured = list(_guarded(config.initialize_config, ""))
        if configured[0].verdict == "wrong":
            yield configured[0]
            yield Finding("skipped", "token and topology, which need a configuration")
            return
        settings = config.get_config()
    how = settings.auth
    kind = "no authentication" if how is None or how.none else "user and password" if how.basic else "a token"
    yield Finding("ok", f"configuration: {settings.api.base_url} with {kind}")
    for note in _compatibility.notes_on_address(settings.api.base_url):
        yield Finding("note", note)
    yield _found(_machine.origins())
    yield from map(_found, _room(settings))
    if how is not None and how.oauth is not None:
        yield from _guarded(auth.get_token, "token", lambda got: f"for {got[1]} s")
    reached = False
    for finding in _topology(api.get_cluster_topology):
        reached = reached or finding.message.startswith("Camunda ")
        yield finding
    if reached:
        from camunda_client.cli import _probes

        asked_s = settings.api.job.request_timeout or _POLL_MS
        yield from map(_found, _probes.findings(settings, asked_s / 1000 if poll_s is None else poll_s))


def _room(settings: C8Config) -> Iterator[tuple[str, str]]:
    """Look whether the handlers that were imported fit into this process."""
    from camunda_client.c8 import worker

    # Of those that are left out, it has been said what is wrong.
    workers = _with_settings(worker.CamundaWorkerManager().workers)
    return _machine.room([how for _, how in workers], settings.worker.pool)


def _deployed() -> Iterator[Finding]:
    """Compare the handlers with what is deployed."""
    from camunda_client.c8 import worker

    handled = {one.job_type for one in worker.registered_workers()}
    try:
        yield from (Finding(*found) for found in _models.deployed(handled))
    except (ServiceException, RuntimeError) as error:  # it refused, or there is no configuration
        yield Finding("skipped", f"deployed models: {error}")


def _topology(ask: Callable[[], Any]) -> Iterator[Finding]:
    try:
        found = ask()
    except ServiceException as error:
        yield Finding("wrong", str(error))
        return
    leads = sum(part.is_leader for broker in found.brokers for part in broker.partitions)
    message = f"Camunda {found.gateway_version}, {leads} of {found.partitions_count} partitions have a leader"
    if leads < (found.partitions_count or 1):
        yield Finding("wrong", f"{message}: jobs of the others are not handed out; look at the brokers")
        return
    yield Finding("ok", message)
    for note in _compatibility.notes_on_version(found):
        yield Finding("note", note)


def _guarded(call: Callable[[], Any], message: str, more: Callable[[Any], str] | None = None) -> Iterator[Finding]:
    """Call; tell that it went well, or what was refused."""
    try:
        result = call()
    except ServiceException as error:
        yield Finding("wrong", str(error))
    else:
        yield Finding("ok", f"{message} {more(result)}" if more is not None else message)
