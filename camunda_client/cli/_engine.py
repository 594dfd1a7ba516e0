"""``camunda-client engine``: the embedded Camunda as a server for development, on loopback, until a signal."""

from __future__ import annotations

import json
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from camunda_client import patching
from camunda_client.cli._target import TargetError

if TYPE_CHECKING:
    import argparse

    from camunda_client.embedded import Engine, Oidc

#: Which dialects the gateway speaks, by the version whose shape of keys it has.
DIALECTS = ("8.6.0", "8.6", "8.7", "8.8", "8.9", "8.10")
#: Where a Camunda listens by default.
DEFAULT_PORT = 8080
#: Packages of the extra; one of them missing means that it was not installed.
_EXTRA = ("SpiffWorkflow", "werkzeug", "lxml")
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options: argparse.Namespace) -> int:
    """Serve until a signal; return 0, or 1 if a file was refused."""
    patching.patch()
    need_extra()
    missing = [name for name in options.deploy if not Path(name).is_file()]
    if missing:
        raise TargetError(f"there is no file {', '.join(missing)}")
    if options.data is None and (options.until is not None or options.fsync):
        raise TargetError("--fsync and --until are about the log of an engine that keeps its data: add --data DIR")
    from camunda_client.embedded import EngineError, Rejection

    oidc = _oidc(options.oidc, options.audience)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    engine = _begin(options)
    if options.until is not None:
        _tell_until(engine)
        return 0
    try:
        _deploy(engine, options.deploy)
        _serve(engine, options.port, options.dialect, oidc)
    except Rejection as refused:
        print(f"camunda-client: {refused}", file=sys.stderr)
        return 1
    except EngineError as error:
        raise TargetError(str(error)) from error
    finally:
        engine.close()
    return 0


def _begin(options: argparse.Namespace) -> Engine:
    """Return the engine, with what its data held."""
    from camunda_client.embedded import DataError, Engine

    try:
        engine = Engine(dialect=options.dialect, data=options.data, fsync=options.fsync, until=options.until)
    except DataError as error:
        raise TargetError(str(error)) from error
    found = engine.recovery
    if found is not None and options.until is None:
        active = sum(history.state == "ACTIVE" for history in engine.instances)
        print(
            f"{options.data}: command {found.last}, {active} active instances, back in {found.took_s:.2f} s", flush=True
        )
    return engine


def _tell_until(engine: Engine) -> None:
    """Say what the last command that was carried out did, and how things stood then."""
    from camunda_client.embedded import Rejection

    found = engine.recovery
    if found is None or found.record is None:
        print("nothing had happened yet")
        return
    record, outcome = found.record, found.outcome
    print(f"command {record.number}, {engine.now().isoformat()}: {record.name} {json.dumps(record.arguments)}")
    if isinstance(outcome, Rejection):
        print(f"  refused: {outcome}")
    elif isinstance(outcome, Exception):
        print(f"  failed: {outcome!r}")
    for history in engine.instances:
        if history.state == "ACTIVE":
            print(history.describe())
    for job in engine.jobs():
        print(
            f"  job {job.key} {job.type!r} of {job.element_id}: {job.state}, retries={job.retries}, "
            f"worker={job.worker!r}"
        )


def need_extra() -> None:
    """Say what to install if the embedded engine can't be imported.

    Raises:
        TargetError: Something of the extra is missing.
    """
    try:
        from camunda_client.embedded import Gateway  # noqa: F401 - its server needs a package of its own
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _EXTRA:
            raise TargetError(
                f"the embedded engine needs {package}, which is not installed: pip install 'c8-client[embedded]'"
            ) from error
        raise


def _oidc(issuer: str | None, audience: str | None) -> Oidc | None:
    """Return whose tokens to check, if any.

    Raises:
        TargetError: The issuer is wrong or missing, or PyJWT is.
    """
    from camunda_client.embedded import Oidc

    if issuer is None:
        if audience is not None:
            raise TargetError("--audience says what tokens are for; say with --oidc whose tokens")
        return None
    try:
        import jwt  # noqa: F401
    except ModuleNotFoundError as error:
        raise TargetError("--oidc needs PyJWT, which is not installed: pip install 'c8-client[oidc]'") from error
    try:
        return Oidc(issuer, audience)
    except ValueError as error:
        raise TargetError(f"--oidc: {error}") from error


def _deploy(engine: Engine, files: list[str]) -> None:
    """Deploy the files together, and say what came of them."""
    if not files:
        return
    deployed = engine.deploy(*files)
    for process in deployed.processes:
        print(f"deployed process {process.process_id} of {process.resource_name}")
    for decision in deployed.decisions:
        print(f"deployed decision {decision.decision_id}")
    for form in deployed.forms:
        print(f"deployed form {form.form_id}")


def _serve(engine: Engine, port: int, dialect: str, oidc: Oidc | None) -> None:
    import gevent
    from gevent.event import Event

    from camunda_client.embedded import Gateway, IssuerError

    ended = Event()
    # What is ignored stays so: nohup does that to SIGHUP, and a shell to SIGINT of what it runs in the background.
    heeded = [number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN]
    handlers = [gevent.signal_handler(number, ended.set) for number in heeded]
    gateway = Gateway(engine, port=port, dialect=dialect, oidc=oidc)
    try:
        gateway.start()
    except OSError as error:
        raise TargetError(f"{error.strerror}; --port 0 takes a free one") from error
    except IssuerError as error:
        raise TargetError(f"--oidc: {error}") from error
    try:
        print(f"embedded Camunda {dialect} on {gateway.base_url}", flush=True)
        kept = "It keeps everything in memory" if engine.recovery is None else "It keeps its data"
        print(f"{kept}; Ctrl+C or SIGTERM ends it. For your workers and commands:", flush=True)
        print(f"  export CAMUNDA_REST_ADDRESS={gateway.base_url}", flush=True)
        if oidc is not None:
            meant = "" if oidc.audience is None else f" for {oidc.audience}"
            print(f"Every request needs a token of {oidc.issuer}{meant}.", flush=True)
        ended.wait()
    finally:
        gateway.stop()
        for handler in handlers:
            handler.cancel()
