"""What can be said on the command line, and which exit code comes back.

``worker`` and ``demo`` patch as their first act, so nothing may be imported here that pydantic comes with.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camunda_client import __version__, log, patching
from camunda_client.cli import _by_hand_options, _demo, _engine, _handlers, _help, _map, _stdout, _target, _worker
from camunda_client.error import ConfigurationError, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _flushed(int(options.run(options)))
    except BrokenPipeError:
        _stdout.discard()
        return 128 + signal.SIGPIPE  # as of a program that `| head` has ended
    except patching.PatchedTooLate as error:
        print(f"camunda-client: {error}", file=sys.stderr)
        return error.exit_code
    except (_target.TargetError, ConfigurationError, patching.PatchError) as error:
        print(f"camunda-client: {error}", file=sys.stderr)
        return 2
    except ServiceException as error:
        print(f"camunda-client: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _flushed(code: int) -> int:
    with suppress(AttributeError, ValueError):  # there is no stdout, or it is closed
        sys.stdout.flush()
    return code


def _client(name: str) -> Callable[[argparse.Namespace], int]:
    """Return a command of :mod:`._client`, which is imported when it runs."""

    def run(options: argparse.Namespace) -> int:
        from camunda_client.cli import _client as commands

        return int(getattr(commands, name)(options))

    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="camunda-client",
        usage="camunda-client [-h] [--version] COMMAND ...",
        description="Work Camunda 8 jobs with plain blocking handlers, and talk to the cluster.",
        epilog=_help.EPILOG,
        formatter_class=_help.Formatter,
    )
    parser.add_argument("--version", action="version", version=f"c8-client {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND ...", required=True, prog="camunda-client")
    _add_worker(commands)
    _add_deploy(commands)
    _add_start(commands)
    topology = commands.add_parser("topology", help="show brokers, partitions and versions")
    topology.add_argument("--json", action="store_true", help="print JSON")
    topology.set_defaults(run=_client("topology"))
    _add_config(commands)
    demo = commands.add_parser("demo", help="work 500 instances at once, and show what that saves")
    demo.add_argument("--instances", type=_count, default=500, metavar="N", help="default: 500")
    demo.add_argument(
        "--stay", action="store_true", help="go on until Ctrl+C, so that the live page has something to show"
    )
    demo.set_defaults(run=_demo.run)
    _add_engine(commands)
    doctor = commands.add_parser(
        "doctor",
        help="look at all that a worker needs, and say what is wrong",
        description="Looks at Python, packages, handlers, configuration, token and cluster, and prints one line for "
        "each thing: ok, note, wrong or skipped. Exit code 1 if anything is wrong. Sends requests that change nothing: "
        "for a token, the topology, jobs of a type that no process has, and to extend a job that does not exist.",
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.add_argument(
        "--long-poll",
        type=_seconds,
        metavar="SECONDS",
        help="how long to have a poll held, to see what cuts it; 0: not at all; default: api.job.requestTimeout, or 10",
    )
    _handlers.add_options(doctor)
    doctor.add_argument(
        "--bpmn",
        nargs="+",
        default=[],
        metavar="FILES",
        help="models to compare the handlers with, such as '**/*.bpmn': names job types without handler, and handlers "
        "without task",
    )
    doctor.add_argument(
        "--deployed",
        action="store_true",
        help="compare the handlers with the latest version of every process at Camunda as well; 8.8 or later",
    )
    doctor.add_argument(
        "--import-timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="time for the import of your handlers, after which it is said where it hangs; default: 30",
    )
    doctor.set_defaults(run=_run_doctor)
    _by_hand_options.add(commands, _count, _seconds)
    _map.add_command(commands)
    _help.finish(commands)
    return parser


def _run_config(options: argparse.Namespace) -> int:
    from camunda_client.cli import _config

    return _config.run(options)


def _add_config(commands: Any) -> None:
    settings = commands.add_parser(
        "config",
        help="show every setting, its value and where it came from",
        description="Shows the settings as a worker would have them here: from code (with --target), the environment, "
        "./.env, or by default. Secrets are masked. Exit code 2 if something is wrong with them.",
    )
    settings.add_argument("option", metavar="OPTION", nargs="?", help="one option, or a variable's name; default: all")
    settings.add_argument("--target", metavar="TARGET", help="import this first, as worker does; default: nothing")
    settings.add_argument("--json", action="store_true", help="print JSON")
    settings.set_defaults(run=_run_config)


def _run_doctor(options: argparse.Namespace) -> int:
    from camunda_client.cli import _doctor

    return _doctor.run(options)


def _add_worker(commands: Any) -> None:
    worker = commands.add_parser(
        "worker",
        help="work jobs for the handlers of files, modules or maps",
        description="Makes blocking I/O cooperative, imports every TARGET, and works jobs for all @camunda_worker "
        "functions there until SIGTERM or Ctrl+C. Configuration comes from a TARGET (initialize_config) or from the "
        "environment and ./.env.",
    )
    _handlers.add_options(worker)
    _handlers.add_worker_options(worker)
    worker.add_argument(
        "--drain-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="time for handlers to finish after the first signal; default: worker.drainTimeout, or 30",
    )
    worker.add_argument(
        "--exit-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="time for threads and exit hooks of libraries after that; default: worker.exitTimeout, or 10",
    )
    worker.add_argument(
        "--processes",
        type=_count,
        default=1,
        metavar="N",
        help="one for each core that handlers fill; default: 1",
    )
    worker.add_argument(
        "--status-port",
        type=partial(_port, least=1),
        metavar="PORT",
        help="serve a live page on /, /metrics, /livez, /readyz, /types and /jobs (docs/worker.md); default: none; "
        "needs c8-client[metrics]",
    )
    worker.add_argument("--status-host", default="127.0.0.1", metavar="ADDRESS", help="default: 127.0.0.1")
    worker.add_argument(
        "--admin-token-file",
        type=Path,
        metavar="FILE",
        help="let POST /types on the status port pause, resume and drain job types and change their caps, for those on "
        "this machine that show the token in this file; default: nothing can be changed",
    )
    worker.add_argument("--admin-remote", action="store_true", help="with --admin-token-file: for other machines, too")
    worker.add_argument(
        "--show-variables", action="store_true", help="show jobs' variables on the status port, to all that may ask"
    )
    speed = "let requests.get() and its like in handlers share TLS contexts (docs/fast-requests.md)"
    worker.add_argument("--fast-requests", action="store_const", const="shared", help=speed)
    # A name of its own: with an optional value, `--fast-requests app.py` would take app.py for it.
    worker.add_argument(
        "--fast-requests=pooled",
        dest="fast_requests",
        action="store_const",
        const="pooled",
        help="the same, and keep the connections of GET, HEAD and OPTIONS for a minute",
    )
    worker.add_argument(
        "--no-mend",
        action="append",
        default=[],
        metavar="MODULE",
        help="leave what this module or package holds of the unpatched standard library as it is (docs/patching.md)",
    )
    worker.add_argument(
        "--patch",
        action="append",
        default=[],
        choices=sorted(patching.DRIVERS),
        help="make this driver wait cooperatively, too",
    )
    worker.add_argument(
        "--integrations",
        metavar="NAMES",
        help="hooks for libraries, separated by commas: auto, none, or names (docs/hooks.md); default: auto",
    )
    worker.add_argument(
        "--summary",
        type=_interval,
        metavar="SECONDS",
        help="log a line about all jobs in each interval: 10s",
    )
    worker.add_argument(
        "--log-jobs",
        type=_jobs,
        metavar="WHICH",
        help="which jobs get a line: all, failed, or 1/100 of those that go well; default: all",
    )
    worker.add_argument("-v", "--verbose", action="store_true", help="show every field of every line on a terminal")
    worker.add_argument("--status-fd", type=int, help=argparse.SUPPRESS)
    worker.add_argument("--jobs-fd", type=int, help=argparse.SUPPRESS)
    worker.add_argument("--caps", type=int, nargs=3, help=argparse.SUPPRESS)
    worker.set_defaults(run=_run_worker)


def _run_worker(options: argparse.Namespace) -> int:
    """Work in this process, unless there are to be several, or a status port.

    Process 1 of a container is always a parent: all that handlers leave behind become its children, and those that it
    did not start itself can only be such.
    """
    if options.integrations is not None:
        os.environ["CAMUNDA_CLIENT_INTEGRATIONS"] = options.integrations
    if options.log_jobs is not None:
        os.environ[log.JOBS_VARIABLE] = options.log_jobs
    if options.verbose:
        os.environ[log.VERBOSE_VARIABLE] = "1"
    if options.no_mend:
        # By the environment, so that the processes of --processes have it, too.
        known = os.environ.get(patching.NO_MEND_VARIABLE)
        os.environ[patching.NO_MEND_VARIABLE] = ",".join([*([known] if known else []), *options.no_mend])
    _check_together(options)
    if options.check:
        return _worker.run(options)
    if options.reload:
        from camunda_client.cli import _reload

        return _reload.run(options)
    alone = options.processes == 1 and options.status_port is None and os.getpid() != 1
    if options.status_fd is not None or alone:
        return _worker.run(options)
    from camunda_client.cli import _processes

    return _processes.run(options)


def _check_together(options: argparse.Namespace) -> None:
    """Refuse options that would be without effect.

    Raises:
        ConfigurationError: One needs another that is not there.
    """
    given = {
        "--admin-token-file": options.admin_token_file is not None,
        "--show-variables": options.show_variables,
        "--admin-remote": options.admin_remote,
    }
    lonely = [name for name, is_given in given.items() if is_given and options.status_port is None]
    if lonely:
        raise ConfigurationError(f"{', '.join(lonely)} needs --status-port PORT, which it is about")
    if options.admin_remote and options.admin_token_file is None:
        raise ConfigurationError("--admin-remote needs --admin-token-file FILE: nothing can be changed without it")


def _add_deploy(commands: Any) -> None:
    deploy = commands.add_parser("deploy", help="deploy BPMN, DMN and form files together")
    deploy.add_argument("files", metavar="FILES", nargs="+", help="all of them are deployed, or none")
    deploy.add_argument("--tenant", metavar="ID", help="tenant to deploy for; default: the default tenant")
    deploy.add_argument("--json", action="store_true", help="print JSON")
    deploy.set_defaults(run=_client("deploy"))


def _add_start(commands: Any) -> None:
    start = commands.add_parser("start", help="start instances of a process, and print their keys")
    start.add_argument("process_id", metavar="PROCESS_ID", help="the id of the <process> element")
    start.add_argument(
        "--variables", type=_json_object, default={}, metavar="JSON", help="such as '{\"amount\": 5}'; default: none"
    )
    start.add_argument("--version", type=int, metavar="N", help="version of the process; default: the latest")
    start.add_argument("--tenant", metavar="ID", help="tenant of the process; default: the default tenant")
    start.add_argument("--count", type=_count, default=1, metavar="N", help="how many instances; default: 1")
    start.set_defaults(run=_client("start"))


def _add_engine(commands: Any) -> None:
    engine = commands.add_parser(
        "engine",
        help="run an embedded Camunda for development, without Java",
        description="Serves Camunda's REST API from memory on 127.0.0.1 until SIGTERM or Ctrl+C. "
        "Needs the extra: pip install 'c8-client[embedded]'.",
    )
    engine.add_argument(
        "--port", type=_port, default=_engine.DEFAULT_PORT, metavar="N", help="default: 8080; 0 takes a free one"
    )
    engine.add_argument(
        "--deploy", nargs="+", default=[], metavar="FILES", help="BPMN, DMN and form files to begin with"
    )
    engine.add_argument(
        "--dialect", choices=_engine.DIALECTS, default="8.10", help="the version it speaks; default: 8.10"
    )
    engine.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep what happens in this directory and go on from there; default: memory only",
    )
    engine.add_argument("--fsync", action="store_true", help="with --data: wait for the disk at every command")
    engine.add_argument(
        "--until", type=int, metavar="N", help="with --data: say what its commands up to number N did, and end"
    )
    engine.add_argument(
        "--oidc",
        metavar="ISSUER",
        help="check every request's token of this OpenID Connect issuer; needs the extra c8-client[oidc]",
    )
    engine.add_argument("--audience", metavar="AUD", help="what the tokens' aud must be or contain; default: anything")
    engine.set_defaults(run=_engine.run)


def _port(text: str, least: int = 0) -> int:
    if not text.isdecimal() or not least <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port from {least} to 65535 is needed, not {text!r}")
    return int(text)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'a JSON object is needed, such as {{"amount": 5}}, not {text!r}')
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a number of seconds is needed, not {text!r}") from error
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"seconds from 0 up are needed, not {text!r}")
    return value


def _interval(text: str) -> float:
    seconds = _seconds(text.removesuffix("s"))
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"an interval of at least a second is needed, not {text!r}")
    return seconds


def _jobs(text: str) -> str:
    if log.part_of(text.lower()) is None:
        raise argparse.ArgumentTypeError(f"all, failed or a part such as 1/100 is needed, not {text!r}")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 up is needed, not {text!r}")
    return int(text)
