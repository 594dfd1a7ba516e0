"""Output that fails, stalls or belongs to the application: the job goes on, and what is lost is counted.

Each case is a program: descriptors 0 to 2 and the configuration of logging are a process's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from camunda_client import patching

pytestmark = pytest.mark.slow

#: gevent's own closes only when its hub runs next, which is too late for whoever reads to the end.
CLOSE = patching.original("os", "close")

#: A job of two hundred lines by three loggers, then a summary on descriptor 3, which nobody disturbs.
JOB = """
import logging, os, sys, types
from camunda_client import log
{before}
log.secure_standard_streams()
mode = log.configure_if_unconfigured()
from camunda_client import patching
patching.patch()
import gevent, structlog

ours, theirs, structured = log.get_logger("camunda_client.test"), logging.getLogger("vendor"), structlog.get_logger()
job = types.SimpleNamespace(
    job_key="2251799813685250", job_type="pay", process_instance_key="2251799813685248", process_definition_id="order",
    element_id="charge", worker="w1", tenant_id="<default>", retries=3,
)

def handler():
    token = log.bind_job(job, 1)
    for number in range(LINES):
        ours.info("job.completed", number=number, text=TEXT)
        theirs.warning("vendor line %d %s", number, TEXT)
        structured.info("structured", number=number, text=TEXT)
    log.unbind_job(token)
    return "done"

LINES, TEXT = {lines}, "x" * {width}
outcome = gevent.spawn(handler).get(timeout=20)
{after}
os.write(3, f"{{outcome}} {{log.lost_lines()}} {{mode.value}}".encode())
"""


def run(
    shell: str, *, before: str = "", after: str = "", lines: int = 200, width: int = 1
) -> tuple[str, subprocess.CompletedProcess[bytes]]:
    """Run the job's program by a shell command in which PROGRAM stands for it; return its summary and what it wrote."""
    program = JOB.format(before=before, after=after, lines=lines, width=width)
    reader, writer = os.pipe()
    # "{ PROGRAM 3>&WRITER; }": the shell hands the summary's pipe on, whatever it does to the others.
    command = shell.replace("PROGRAM", f'"$PYTHON" -c "$SOURCE" 3>&{writer}')
    try:
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            env={**os.environ, "PYTHON": sys.executable, "SOURCE": program},
            pass_fds=[writer],
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        CLOSE(writer)
    with os.fdopen(reader, "rb") as summary:
        return summary.read().decode(), done


def parsed(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_every_line_is_json_and_carries_the_job() -> None:
    summary, done = run("PROGRAM")

    lines = parsed(done.stderr)
    assert summary == "done 0 ours"
    assert len(lines) == 600
    assert {(line["job_key"], line["job_type"], line["attempt"]) for line in lines} == {("2251799813685250", "pay", 1)}
    assert [line["event"] for line in lines[:3]] == ["job.completed", "vendor line 0 x", "structured"]
    assert [line["level"] for line in lines[:3]] == ["info", "warning", "info"]


EXPORTER = """
class Exporter(logging.Handler):
    exported = []
    def emit(self, record):
        self.exported.append((record.getMessage(), record.job_key))
Exporter.__module__ = "opentelemetry.instrumentation.logging.handler"
logging.getLogger().addHandler(Exporter())
"""


def test_an_exporter_on_the_root_logger_leaves_the_console_as_it_is() -> None:
    """Under opentelemetry-instrument nothing was on the console, not even where it exports no logs."""
    after = """
theirs.warning("outside")
assert ("vendor line 199 x", job.job_key) in Exporter.exported
assert ("outside", "-") in Exporter.exported
outcome = sum(message.startswith("job.completed number=") for message, _ in Exporter.exported)
"""
    summary, done = run("PROGRAM", before=EXPORTER, after=after)

    *lines, outside = parsed(done.stderr)
    assert summary == "200 0 ours"
    assert len(lines) == 600
    assert {line["job_key"] for line in lines} == {"2251799813685250"}
    assert "job_key" not in outside


@pytest.mark.parametrize(
    ("shell", "lost"),
    [
        ("PROGRAM 2>/dev/full", 600),
        ("PROGRAM >/dev/full 2>&1", 600),
        # The reader goes after the first 100 bytes; a few lines more fit into the pipe before that is noticed.
        ("{ PROGRAM 2>&1 >/dev/null; } | head -c 100", None),
    ],
)
def test_output_that_fails_costs_lines_and_not_the_job(shell: str, lost: int | None) -> None:
    summary, _ = run(shell, width=500)

    outcome, count, _ = summary.split()
    assert outcome == "done"
    assert int(count) == lost if lost is not None else int(count) > 0


@pytest.mark.parametrize("shell", ["PROGRAM 2>&-", "PROGRAM >&- 2>&-", "PROGRAM <&- >&- 2>&-"])
def test_closed_streams_are_no_place_for_anything_else(shell: str) -> None:
    after = "assert all(os.readlink(f'/proc/self/fd/{fd}') == '/dev/null' for fd in (2,))"

    summary, _ = run(shell, after=after)

    assert summary == "done 0 ours"


def test_a_reader_that_stalls_neither_blocks_the_job_nor_garbles_what_it_reads_later() -> None:
    """Nothing is read until the job is done: the pipe is full after 64 KiB, what is kept after 4 MiB more."""
    after = "os.write(3, b'done'); sys.stdin.readline(); ours.info('reader.back')"
    source = JOB.format(before="", after=after, lines=200, width=16_000).replace("os.write(3, f", "str(f")
    reader, writer = os.pipe()
    with subprocess.Popen(
        ["/bin/bash", "-c", f'"$PYTHON" -c "$SOURCE" 3>&{writer}'],
        env={**os.environ, "PYTHON": sys.executable, "SOURCE": source},
        pass_fds=[writer],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        CLOSE(writer)
        job_is_done = os.read(reader, 100)
        _, output = process.communicate(b"go on\n", timeout=60)
    CLOSE(reader)

    lines = parsed(output)
    lost = [line["count"] for line in lines if line["event"] == "log.lines_lost"]
    assert job_is_done == b"done"
    assert lost
    assert sum(lost) + len(lines) - len(lost) == 601


def test_lines_of_several_pieces_arrive_whole() -> None:
    summary, done = run("{ PROGRAM 2>&1 >/dev/null; } | cat", lines=20, width=20_000)

    lost = int(summary.split()[1])
    lines = [line for line in parsed(done.stdout) if line["event"] != "log.lines_lost"]
    assert len(lines) + lost == 60
    assert all(len(line.get("text", line["event"])) >= 20_000 for line in lines)


def test_a_line_that_cannot_be_made_costs_itself_and_not_the_job() -> None:
    """structlog's own loggers raise for wrong placeholders, as did an event that cannot be shown."""
    after = """
class Broken:
    def __str__(self):
        raise ValueError("no")
structured.info("a %s %s", 1, kept=True)
structured.log(30, "b %d", "x")
structured.info(Broken())
structured.info()
structured.exception("c %s", "d")
theirs.warning("e %s %s", 1)
ours.warning("f %s %s", 1)
"""
    summary, done = run("PROGRAM", after=after, lines=0)

    events = [line["event"] for line in parsed(done.stderr)]
    note = "(its arguments do not fit the message)"
    assert summary == "done 1 ours"
    assert events[:2] == [f"a %s %s {note}", f"b %d {note}"]
    assert "Broken object" in events[2]
    assert events[4:] == ["c d", f"e %s %s {note}"]
    assert parsed(done.stderr)[0]["kept"] is True


def test_a_terminal_gets_lines_for_people() -> None:
    """A pseudo-terminal by script(1)'s own means: pty.spawn."""
    program = JOB.format(before="", after="", lines=1, width=1)
    source = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-c', sys.argv[1]]))"

    done = subprocess.run(
        ["/bin/bash", "-c", f'"{sys.executable}" -c "{source}" "$SOURCE" 3>/dev/null'],
        env={**os.environ, "SOURCE": program.replace("os.write(3,", "str(")},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert b"job.completed  pay  charge" in done.stdout
    assert b"2251799813685250 in 2251799813685248" in done.stdout
    assert b"vendor line 0 x" in done.stdout
    assert b"{" not in done.stdout


def test_the_applications_stdlib_configuration_is_used_and_its_records_know_the_job() -> None:
    before = """
line = "%(levelname)s|%(job_key)s|%(worker)s|%(name)s|%(message)s"
logging.basicConfig(stream=sys.stdout, format=line, level="INFO")
"""
    after = "theirs.warning('outside'); theirs.warning('extra', extra={'worker': 'mine'})"

    summary, done = run("PROGRAM", before=before, after=after, lines=1)

    lines = done.stdout.decode().splitlines()
    assert summary == "done 0 stdlib"
    assert lines[0].startswith(
        "INFO|2251799813685250|w1|camunda_client.test|job.completed number=0 text=x job_key=2251"
    )
    assert lines[1] == "WARNING|2251799813685250|w1|vendor|vendor line 0 x"
    assert "WARNING|-|-|vendor|outside" in lines
    assert "WARNING|-|mine|vendor|extra" in lines
    assert done.stderr == b""


def test_the_applications_structlog_configuration_is_used_and_its_events_know_the_job() -> None:
    before = """
import structlog
structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()])
cached = structlog.get_logger().bind(cached=True)
"""
    summary, done = run("PROGRAM", before=before, lines=1, after="log.bind_job(job); cached.info('theirs')")

    ours, structured, cached = done.stdout.decode().splitlines()
    assert summary == "done 0 structlog"
    assert "event='job.completed'" in ours
    assert "logger='camunda_client.test'" in ours
    assert all("job_key='2251799813685250'" in line and "job_type='pay'" in line for line in (ours, structured, cached))


def test_a_level_from_the_environment_holds_for_all_loggers() -> None:
    before = "os.environ.update(CAMUNDA_LOG_LEVEL='warning', LOGGER_LEVEL='DEBUG')"

    _, done = run("PROGRAM", before=before, lines=1)

    assert [line["event"] for line in parsed(done.stderr)] == ["vendor line 0 x"]


def test_an_unknown_level_is_told_once() -> None:
    before = "os.environ['LOGGER_LEVEL'] = 'LOUD'"

    _, done = run("PROGRAM", before=before, lines=1)

    assert parsed(done.stderr)[0]["event"] == "log.level_unknown"
    assert parsed(done.stderr)[0]["value"] == "LOUD"


def test_two_hundred_interleaved_jobs_keep_their_lines_apart() -> None:
    """Twice as many jobs as greenlets, each greenlet reused as the worker reuses them."""
    after = """
from gevent.queue import Queue
jobs = Queue()
def worker():
    while True:
        number = jobs.get()
        if number is None:
            ours.info("idle")
            return
        mine = types.SimpleNamespace(**{**vars(job), "job_key": str(number)})
        token = log.bind_job(mine)
        for _ in range(3):
            ours.info("by.us", says=str(number))
            gevent.sleep(0)
            theirs.warning("by stdlib", extra={"says": str(number)})
            gevent.sleep(0)
            structured.info("by.structlog", says=str(number))
        log.unbind_job(token)
greenlets = [gevent.spawn(worker) for _ in range(200)]
for number in range(400): jobs.put(number)
for _ in greenlets: jobs.put(None)
gevent.joinall(greenlets, raise_error=True)
"""
    summary, done = run("PROGRAM 2>&1", after=after, lines=0)

    lines = parsed(done.stdout)
    said = [line for line in lines if "says" in line]
    assert summary == "done 0 ours"
    assert len(said) == 400 * 9
    assert all(line["says"] == line["job_key"] for line in said)
    assert len({line["job_key"] for line in said}) == 400
    idle = [line for line in lines if line["event"] == "idle"]
    assert len(idle) == 200
    assert not any("job_key" in line for line in idle)


def test_native_threads_and_greenlets_log_without_wedging() -> None:
    """Through stdlib's or structlog's own handlers this stops for good within a second: they take patched locks."""
    after = """
from gevent.threadpool import ThreadPool
threads = ThreadPool(4)
def many(number):
    for _ in range(300):
        theirs.warning("from %d", number); ours.info("from", number=number)
all_of_them = [threads.spawn(many, n) for n in range(4)]
greenlets = [gevent.spawn(many, n) for n in range(4, 8)]
gevent.joinall(greenlets, timeout=20, raise_error=True)
outcome = [one.get(timeout=20) for one in all_of_them] == [None] * 4
"""
    summary, done = run("PROGRAM 2>&1", after=after, lines=0)

    lines = parsed(done.stdout)
    assert summary == "True 0 ours"
    assert len(lines) == 8 * 600


WRITER = """
import atexit, os, sys
from camunda_client import log
atexit.register(lambda: print(log.lost_lines()))  # after the sink's own; in a forked process as well
log.configure_if_unconfigured()
ours, number = log.get_logger("ours"), int(sys.argv[1])
for turn in range(150):
    size = (20, 3_000, 6_000, 25_000)[turn % 4]
    ours.info("line", number=number, turn=turn, **{f"v{part}": "x" * 1500 for part in range(size // 1500)})
if number == 0:
    for child in range(2):
        if not (pid := os.fork()):
            for turn in range(40):
                ours.info("line", number=10 + child, turn=turn, **{f"v{part}": "x" * 1500 for part in range(10)})
            sys.exit()
        ours.info("line", number=0, turn=150 + child, **{f"v{part}": "x" * 1500 for part in range(10)})
    for child in range(2):
        os.wait()
"""


#: Seconds: long enough for the writers to fill the pipe, and well below what their end waits for.
STALL_S = 0.3


def test_long_lines_of_several_processes_leave_in_one_piece() -> None:
    """Beyond 4,096 bytes they mixed: 163 of 1,217 were no JSON any more. Here the reader stalls now and then, too."""
    reader, writer = os.pipe()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(number)], stderr=writer, stdout=subprocess.PIPE, start_new_session=True
        )
        for number in range(4)
    ]
    CLOSE(writer)
    output, reads = b"", 0
    while piece := os.read(reader, 8192):
        output += piece
        reads += 1
        if reads % 200 == 0:
            time.sleep(STALL_S)  # no event tells a writer's wait: a pipe is full of pages, not of bytes
    CLOSE(reader)
    lost = [sum(map(int, process.communicate(timeout=30)[0].split())) for process in writers]

    lines = parsed(output)
    told = sum(line["count"] for line in lines if line["event"] == "log.lines_lost")
    whole = [(line["number"], line["turn"]) for line in lines if line["event"] == "line"]
    assert len(whole) == len(set(whole))
    assert told <= sum(lost)
    assert len(whole) + sum(lost) >= 4 * 150
    by_writer = [[turn for number, turn in whole if number == one] for one in range(4)]
    assert by_writer == [sorted(turns) for turns in by_writer]
