"""Which handlers a command is to have: those of files, modules, packages, maps and Camunda 7 files; all, or some types.

Used by ``worker``, which works their jobs, and by ``doctor``, which looks at them.
"""

from __future__ import annotations

import argparse
import difflib
import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from camunda_client.cli import _target

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker import JobWorker
    from camunda_client.camunda7 import Script


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what names handlers."""
    parser.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help="your handlers: app.py, package.module or a package (with all its modules); app.py:configure calls a "
        "function after the import",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FILE",
        help="YAML that makes handlers of plain functions (docs/map.md); may be given again",
    )
    parser.add_argument(
        "--camunda7",
        action="append",
        default=[],
        metavar="FILE",
        help="a file for Camunda 7's external tasks, written for camunda-external-task-client-python3 or pycamunda; it "
        "is run as it is (docs/camunda7.md); may be given again",
    )
    parser.add_argument(
        "--camunda7-jobs",
        type=int,
        metavar="N",
        help="jobs of each topic of such files at once; default: one for each subscription, as Camunda 7's clients do",
    )
    parser.add_argument(
        "--camunda7-json",
        type=_patterns,
        default=[],
        metavar="NAMES",
        help="variables that such files expect as JSON text, separated by commas; '*' for all objects and lists",
    )
    parser.add_argument(
        "--types",
        metavar="PATTERNS",
        type=_patterns,
        default=[],
        help="only handlers of these job types: 'billing-*,ship'; default: all",
    )
    parser.add_argument(
        "--exclude", metavar="PATTERNS", type=_patterns, default=[], help="all handlers but those of these job types"
    )


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Add how handlers are run, beside how many processes there are and what they serve."""
    parser.add_argument("--check", action="store_true", help="check the settings, list the handlers, and end")
    parser.add_argument(
        "--capture-print",
        action="store_true",
        help="log what handlers print to standard output, with the job's fields (job.printed)",
    )
    parser.add_argument("--reload", action="store_true", help="start again when a .py, .yaml or .env file changes")


def _patterns(text: str) -> list[str]:
    return [pattern.strip() for pattern in text.split(",") if pattern.strip()]


def said(options: argparse.Namespace) -> list[str]:
    """Return these options as arguments again, for a process of its own."""
    again = [*options.targets]
    for path in options.map:
        again += ["--map", path]
    for path in options.camunda7:
        again += ["--camunda7", path]
    again += ["--capture-print"] if getattr(options, "capture_print", False) else []
    again += [] if options.camunda7_jobs is None else ["--camunda7-jobs", str(options.camunda7_jobs)]
    for name in ("types", "exclude", "camunda7_json"):
        patterns = getattr(options, name)
        again += [f"--{name.replace('_', '-')}", ",".join(patterns)] if patterns else []
    return again


def loader(options: argparse.Namespace) -> tuple[str, str, str]:
    """Return how a child process of the worker loads the same: a module, a function in it, and its argument."""
    return __name__, load_again.__name__, json.dumps(said(options))


def load_again(text: str) -> None:
    """Import and register what :func:`loader` has named, but for files for Camunda 7, which are run once."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    add_worker_options(parser)
    options = parser.parse_args(json.loads(text))
    options.camunda7 = []
    load(options)


def names(options: argparse.Namespace) -> str:
    """Return what is loaded, for messages; empty for nothing."""
    return ", ".join([*options.targets, *options.map, *options.camunda7])


def load(options: argparse.Namespace, *, look: bool = False) -> list[Script]:
    """Import and register all that the options name.

    Args:
        options: What :func:`add_options` has added.
        look: Whether nothing is to be worked: then files for Camunda 7 fetch no tasks by themselves.

    Returns:
        The files for Camunda 7, which may still run.

    Raises:
        TargetError: There is no such file or module, nothing in it, or no handler for one of the job types.
        ConfigurationError: A map or a module's configuration is wrong.
        UserCodeFailed: What was imported raised; the traceback is on stderr.
    """
    from camunda_client.c8 import worker

    if not (options.targets or options.map or options.camunda7):
        raise _target.TargetError("nothing to work: name your app.py or package.module, or --map workers.yaml")
    for target in dict.fromkeys(options.targets):
        _target.load(target)
    worker.register_workers()
    for path in options.map:
        _target.guarded(lambda path=path: _load_map(path))  # type: ignore[misc]
    scripts = _run_scripts(options, look=look) if options.camunda7 else []
    manager = worker.CamundaWorkerManager()
    loops = any(script.fetches for script in scripts)
    if not manager.workers and not loops:
        what = "subscribes to no topic" if options.camunda7 else "has no function decorated with @camunda_worker"
        raise _target.NoHandlers(f"{names(options)} {what}")
    _check_patterns(manager.workers, [*options.types, *options.exclude])
    manager.keep_workers(_chosen(options.types, options.exclude))
    if not manager.workers and not loops:
        raise _target.NoHandlers("--types and --exclude leave no handler")
    return scripts


def _run_scripts(options: argparse.Namespace, *, look: bool) -> list[Script]:
    """Run files for Camunda 7, and make workers of their subscriptions; return those with a loop of their own."""
    from camunda_client import camunda7

    if not look:
        configure()  # they may talk to Camunda at once
    camunda7.give_json_as_text(options.camunda7_json)
    scripts: list[Script] = []
    for name in options.camunda7:
        _target.guarded(lambda name=name: scripts.append(camunda7.run(name, fetch=not look)))  # type: ignore[misc]
    camunda7.register(options.camunda7_jobs)
    return scripts


def configure() -> None:
    """Take the configuration from the environment, unless the user's module has set one."""
    from camunda_client import config

    try:
        config.get_config()
    except RuntimeError:
        config.initialize_config()


def _load_map(path: str) -> None:
    from camunda_client import mapping

    mapping.load_map(Path(path)).register()


def _chosen(types: list[str], exclude: list[str]) -> Callable[[JobWorker], bool]:
    def keep(worker: JobWorker) -> bool:
        wanted = not types or any(fnmatchcase(worker.job_type, pattern) for pattern in types)
        return wanted and not any(fnmatchcase(worker.job_type, pattern) for pattern in exclude)

    return keep


def _check_patterns(workers: list[JobWorker], patterns: list[str]) -> None:
    """Refuse a pattern that is none of the job types: a worker without it would be silent for ever."""
    known = sorted({worker.job_type for worker in workers})
    for pattern in patterns:
        if not any(fnmatchcase(job_type, pattern) for job_type in known):
            near = difflib.get_close_matches(pattern, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known[:20])}"
            raise _target.NoHandlers(f"no handler is for the job type {pattern!r}; {hint}")


def describe() -> list[str]:
    """Return a line for each registered handler, after a check of its settings.

    Raises:
        ConfigurationError: Two handlers for one job type, or an invalid setting.
    """
    from camunda_client.c8 import worker

    workers = worker.registered_workers()
    worker.check_unique(workers)
    return [_line(one, worker.worker_settings(one).fetch_variables) for one in sorted(workers, key=_by_type)]


def _by_type(worker: JobWorker) -> str:
    return worker.job_type


def _line(worker: JobWorker, fetched: tuple[str, ...] | None) -> str:
    return f"ok       {worker.job_type}: {worker.place()}, fetches {', '.join(fetched) if fetched else 'all variables'}"
