"""``camunda-client doctor``: look at everything a worker needs, and say what is wrong and how to fix it."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from camunda_client import log, patching
from camunda_client.cli import _ending, _handlers, _import_watch, _models, _target
from camunda_client.error import ConfigurationError, ServiceException

if TYPE_CHECKING:
    import argparse

#: Minor versions of Python 3 that are tested.
_TESTED = range(10, 16)
_DISTRIBUTION = "c8-client"
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
    patched = _patch()
    wrong = False
    for finding in [*_interpreter(), *_packages(), *_namesake(), *patched]:
        wrong = _print(finding) or wrong
    for finding in _target_findings(options):
        wrong = _print(finding) or wrong
    for finding in _cluster():
        wrong = _print(finding) or wrong
    log.flush()
    code = 1 if wrong else 0
    # What TARGET has started would keep this command as it keeps a worker.
    return _ending.end(code, _ending.EXIT_S) if _handlers.names(options) else code


def _print(finding: Finding) -> bool:
    print(f"{finding.verdict:<8} {finding.message}", flush=True)
    return finding.verdict == "wrong"


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
    types = ", ".join(sorted({one.job_type for one in workers}))
    yield from _guarded(lambda: worker.check_unique(workers), f"{target} handles {types}")
    if options.bpmn:
        handled = {one.job_type for one in workers}
        yield from (Finding(*found) for found in _models.findings(options.bpmn, handled))
    for module in _alarm_users():
        yield Finding("note", f"{module} uses SIGALRM to limit calls: {patching.ALARM_REMEDY}")
    for module, remedy in patching.find_blocking_modules():
        yield Finding("note", f"{target} imports {module}, which blocks every job while it waits: {remedy}")


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
def _cluster() -> Iterator[Finding]:
    from camunda_client import config
    from camunda_client.c8 import api, auth

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
    if how is not None and how.oauth is not None:
        yield from _guarded(auth.get_token, "token", lambda got: f"for {got[1]} s")
    yield from _topology(api.get_cluster_topology)


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


def _guarded(call: Callable[[], Any], message: str, more: Callable[[Any], str] | None = None) -> Iterator[Finding]:
    """Call; tell that it went well, or what was refused."""
    try:
        result = call()
    except ServiceException as error:
        yield Finding("wrong", str(error))
    else:
        yield Finding("ok", f"{message} {more(result)}" if more is not None else message)
