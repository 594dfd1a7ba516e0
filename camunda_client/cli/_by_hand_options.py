"""The arguments of the commands for work by hand; the commands themselves are imported when they run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def add(commands: Any, count: Callable[[str], int], seconds: Callable[[str], float]) -> None:
    """Add ``job``, ``jobs`` and ``incidents``; ``count`` and ``seconds`` read numbers."""
    _add_job(commands, seconds)
    jobs = _group(commands, "jobs", "list jobs of any state; Camunda 8.8 and later")
    listed = jobs.add_parser("list", help="print jobs, the newest first")
    listed.add_argument("--type", metavar="T", help="only jobs of this type; default: all")
    listed.add_argument("--state", metavar="STATE", help="such as CREATED, FAILED or COMPLETED; default: all")
    _narrow(listed, count)
    listed.set_defaults(run=_command("list_jobs"))
    incidents = _group(commands, "incidents", "list incidents and resolve them; Camunda 8.8 and later")
    listed = incidents.add_parser("list", help="print incidents that are open, the newest first")
    listed.add_argument("--job", metavar="KEY", help="only that of this job; default: all")
    listed.add_argument("--all", action="store_true", help="resolved ones, too")
    _narrow(listed, count)
    listed.set_defaults(run=_command("list_incidents"))
    resolve = incidents.add_parser("resolve", help="give the jobs of incidents retries, and resolve the incidents")
    resolve.add_argument("keys", metavar="KEYS", nargs="+", help="keys of incidents, as incidents list prints them")
    resolve.add_argument("--retries", type=count, default=1, metavar="N", help="tries of each job; default: 1")
    resolve.set_defaults(run=_command("resolve_incidents"))


def _add_job(commands: Any, seconds: Callable[[str], float]) -> None:
    job = _group(commands, "job", "work one job in the foreground")
    run = job.add_parser(
        "run",
        help="work one job in the foreground, and print what is reported",
        description="Activates one job, runs its handler and reports the outcome. By a KEY it activates jobs of the "
        "same type until that one comes, and hands back the others at once. Exit code 1 if the handler failed or there "
        "was no such job.",
    )
    run.add_argument("key", metavar="KEY", nargs="?", help="the job's key; needs Camunda 8.8 unless there is --type")
    run.add_argument("--type", metavar="T", help="the job's type; default: that of KEY, or the only one of the file")
    run.add_argument("--file", metavar="TARGET", required=True, help="your handlers, as worker takes them")
    run.add_argument("--dry", action="store_true", help="report nothing: print what would be, and hand the job back")
    run.add_argument(
        "--pdb", action="store_true", help="stop at the handler's first line, and where it raises; q hands back the job"
    )
    run.add_argument(
        "--lease",
        type=seconds,
        metavar="SECONDS",
        help="how long the job is this command's; default: 600, with --pdb 3600",
    )
    run.set_defaults(run=_command("run_job"))


def _group(commands: Any, name: str, text: str) -> Any:
    group = commands.add_parser(name, help=text)
    return group.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=argparse.ArgumentParser
    )


def _narrow(parser: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    parser.add_argument("--process", metavar="ID", help="only those of this process; default: all")
    parser.add_argument("--instance", metavar="KEY", help="only those of this process instance; default: all")
    parser.add_argument("--limit", type=count, default=50, metavar="N", help="how many at most; default: 50")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from camunda_client.cli import _by_hand

        return int(getattr(_by_hand, name)(options))

    return run
