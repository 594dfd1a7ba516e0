"""What is wrong with a machine, its packages and its variables before the first request."""

from __future__ import annotations

import ast
import resource
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from camunda_client import config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from camunda_client.c8.worker import WorkerSettings

    #: ``ok``, ``note``, ``wrong`` or ``skipped``, and what was found.
    Found = tuple[str, str]

#: Packages that the library imports, by the distribution that should bring each.
_BROUGHT_BY: Final = {
    "camunda_client": "c8-client",
    "dotenv": "python-dotenv",
    "gevent": "gevent",
    "httptools": "httptools",
    "pydantic": "pydantic",
    "requests": "requests",
    "structlog": "structlog",
    "urllib3": "urllib3",
}
#: Descriptors beside those of handlers: connections to Camunda, the log, the interpreter's own.
_OWN_DESCRIPTORS: Final = 128
#: How alike a variable's name must be to one of ours to be taken for it.
_ALIKE: Final = 0.88
_OUR_PREFIXES: Final = ("CAMUNDA_", "ZEEBE_")
#: Modules that hold names of the standard library which the patch exchanges.
_COPYING: Final = frozenset({"requests", "urllib3", "httpx", "boto3", "botocore", "redis", "psycopg", "pymongo"})


def twice_installed() -> Iterator[Found]:
    """Yield packages that two distributions have brought: the one installed last has overwritten the other's files."""
    found = metadata.packages_distributions()
    for package, right in _BROUGHT_BY.items():
        names = sorted({name.lower().replace("_", "-") for name in found.get(package, ())})
        others = [name for name in names if name != right]
        if others and right in names:
            yield (
                "wrong",
                f"the package {package} is brought by {right} and by {', '.join(others)}, whose files are mixed now: "
                f"pip uninstall {' '.join(others)}, then pip install --force-reinstall {right}",
            )


def misspelt_variables(environ: Mapping[str, str]) -> Iterator[Found]:
    """Yield variables that no option reads, but nearly."""
    known = {name for setting in config.settings() for name in setting.option.env}
    for name in sorted(environ):
        if name in known or not name.startswith(_OUR_PREFIXES):
            continue
        near = get_close_matches(name, known, 1, _ALIKE)
        if near and near[0] not in environ:
            yield "note", f"{name} is set, and nothing reads it: did you mean {near[0]}?"


def origins() -> Found:
    """Return which settings are not the defaults, and where they came from."""
    said = [f"{one.option.path} = {one.value} ({one.origin})" for one in config.settings() if one.origin != "default"]
    return "ok", f"settings: {', '.join(said) or 'all by default'}"


def room(workers: list[WorkerSettings], pool: int) -> Iterator[Found]:
    """Yield where types may have more jobs in flight than the process has room, or descriptors, for."""
    wide = [f"{one.job_type} ({one.cap})" for one in workers if one.cap > pool]
    if wide:
        yield (
            "note",
            f"max_jobs_active of {', '.join(wide)} is above worker.pool ({pool}), which caps all types: raise it",
        )
    at_once = min(sum(one.cap for one in workers), pool)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = at_once + _OWN_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        yield (
            "wrong",
            f"this process may open {soft} files, and {at_once} jobs at once with a connection each need {needed}: "
            f"ulimit -n {_rounded_up(needed)}, LimitNOFILE= in systemd, or fewer jobs by max_jobs_active",
        )


def _rounded_up(count: int) -> int:
    return 1 << (count - 1).bit_length()


def import_order(target: str) -> Iterator[Found]:
    """Yield what a program that starts its workers itself imports before it patches; ``worker`` patches first."""
    file = Path(target.partition(":")[0])
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    if "start_camunda_workers" not in text:
        return
    early: list[tuple[str, int]] = []
    for name, line in _imports(ast.parse(text)):
        if name.startswith(("camunda_client.c8.worker", "gevent.monkey", "camunda_client.patching")):
            break
        if name.partition(".")[0] in _COPYING:
            early.append((name.partition(".")[0], line))
    if early:
        names = ", ".join(f"{name} (line {line})" for name, line in early)
        yield (
            "note",
            f"{file} starts workers itself and imports {names} before camunda_client.c8.worker: import that first of "
            f"all, or run it by camunda-client worker {file} (docs/patching.md)",
        )


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
