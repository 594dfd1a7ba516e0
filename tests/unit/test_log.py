"""Rendering, redaction, the sink and the job's context, without a process of their own."""

from __future__ import annotations

import io
import json
import linecache
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from types import FrameType, SimpleNamespace
from typing import Any

import pytest
import structlog
from pydantic import BaseModel

from camunda_client import log, patching
from camunda_client.log import _clean, _logger
from camunda_client.log._console import console_renderer
from camunda_client.log._plain import DEPTH, ITEMS
from camunda_client.log._render import LONGEST, key_values, render_json
from camunda_client.log._sink import KEPT, Sink
from camunda_client.log._stdlib import SinkHandler

#: Ends the line, clears the screen, writes backwards, ends the line by another name, hides.
NASTY = "a\nb\rc\x1b[2Jd\u202ee\u2028f\x7fg\x9bh\u200b"


def job(key: str = "1") -> SimpleNamespace:
    return SimpleNamespace(
        job_key=key,
        job_type="pay",
        process_instance_key="2",
        process_definition_id="order",
        element_id="charge",
        worker="w1",
        tenant_id="<default>",
        retries=3,
    )


def test_a_processor_adds_the_job_in_flight_and_leaves_other_keys_alone() -> None:
    token = log.bind_job(job("7"), attempt=2)

    event = log.add_job_context(None, "info", {"event": "x", "worker": "mine"})
    log.unbind_job(token)
    after = log.add_job_context(None, "info", {"event": "x"})

    assert event["job_key"] == "7"
    assert event["attempt"] == 2
    assert event["worker"] == "mine"
    assert after == {"event": "x"}


def test_a_job_without_an_attempt_says_none() -> None:
    token = log.bind_job(job())

    event = log.add_job_context(None, "info", {})
    log.unbind_job(token)

    assert "attempt" not in event
    assert event["retries"] == 3


@pytest.mark.parametrize("render", [render_json, console_renderer(colours=True), console_renderer(colours=False)])
def test_nothing_in_an_event_or_a_value_can_act_on_the_terminal(render: _logger.Renderer) -> None:
    line = render(NASTY, "info", "camunda_client", {"value": NASTY, NASTY: 1, "list": [NASTY]}).decode()
    line = line.replace("\x1b[32minfo    \x1b[0m", "info")  # the level's own colour

    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert not any(unsafe in line[:-1] for unsafe in "\n\r\x1b\u202e\u2028\x7f\x9b\u200b")
    assert "a\\" in line


def test_a_traceback_for_people_cannot_pass_for_an_event() -> None:
    line = console_renderer(colours=False)(
        "x", "error", "n", {"exception": "Traceback\n  12:00:00 info forged"}
    ).decode()

    assert [one[:11] for one in line.splitlines()[1:]] == ["         | ", "         | "]


def test_json_keeps_what_any_value_says() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    fields = {
        "a": float("nan"),
        "b": b"\xff",
        "c": "\ud800",
        "d": {1, 2},
        "e": object(),
        "f": Broken(),
        "level": "mine",
        "g": 3,
    }

    line = json.loads(render_json("event", "info", "name", fields))

    assert line["g"] == 3
    assert line["level"] == "info"
    assert line["level_"] == "mine"
    assert line["c"] == "\\ud800"
    assert "repr() raised RuntimeError" in line["f"]


def test_a_huge_line_is_cut_and_still_json() -> None:
    text = render_json("event", "info", "name", {f"v{n}": "x" * 10_000 for n in range(10)})

    assert len(text) < LONGEST
    assert json.loads(text)["v9"].endswith("(10000 characters)")


class Order(BaseModel):
    rows: Any
    db_password: str = "s3cr3t-c4n4ry"


@dataclass
class Page:
    rows: Any
    next_token: str = "s3cr3t-c4n4ry"


@pytest.mark.parametrize(
    "wrap",
    [lambda rows: rows, lambda rows: {"a": [rows]}, lambda rows: (rows,), lambda rows: Order(rows=rows), Page],
)
@pytest.mark.parametrize("render", [render_json, console_renderer(colours=False)])
def test_an_iterator_is_shown_and_not_read(render: _logger.Renderer, wrap: Any) -> None:
    """A logged generator came out empty; one without an end filled the memory until Rust aborted the process."""
    endless, rows = count(), (row for row in (1, 2))

    lines = [render("event", "info", "name", {"value": wrap(one)}) for one in (endless, rows)]

    assert b"count(0)" in lines[0]
    assert b"generator object" in lines[1]
    assert (next(endless), list(rows)) == (0, [1, 2])
    assert SECRET.encode() not in b"".join(lines)


def test_a_value_says_as_much_of_itself_as_anybody_reads() -> None:
    deep: list[object] = []
    wide = {str(number): number for number in range(3 * ITEMS)}
    for _ in range(DEPTH + 1):
        deep = [deep]
    # As many lists as items, each of them as long: a million, were each level bounded by itself.
    square = [[0] * ITEMS] * ITEMS

    line = json.loads(
        render_json("event", "info", "name", {"wide": wide, "set": set(range(2 * ITEMS)), "deep": deep, "n": 1})
    )
    size = len(render_json("event", "info", "name", {"square": square}))

    assert len(line["wide"]) == ITEMS + 1
    assert line["wide"]["..."] == f"{3 * ITEMS} items"
    assert line["set"][-1] == f"... {2 * ITEMS} items"
    assert "[...]" in json.dumps(line["deep"])
    assert size < 3 * ITEMS


def test_values_that_json_has_a_word_for_keep_it() -> None:
    values = {"a": [None, True, 1, 2.5, "x"], "b": {"c": (1, 2)}, "d": Order(rows=1, db_password=""), "e": Page(1)}

    line = json.loads(render_json("event", "info", "name", values))

    assert line["a"] == [None, True, 1, 2.5, "x"]
    assert line["b"] == {"c": [1, 2]}
    assert line["d"]["rows"] == line["e"]["rows"] == 1


SECRET = "s3cr3t-c4n4ry"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": SECRET},
        {"Authorization": SECRET},
        {"headers": {"authorization": f"Bearer {SECRET}", "Cookie": SECRET}},
        {"deep": [{"a": {"client_secret": SECRET}}]},
        {"text": f"Authorization: Bearer {SECRET}"},
        {"text": f"{{'Authorization': 'Bearer {SECRET}'}}"},
        {"text": f"Authorization: Basic {SECRET}"},
        {"text": f"sent bearer {SECRET} to it"},
        {"text": f"POST /token?grant_type=x&client_secret={SECRET}&a=b"},
        {"text": f"GET /x?token={SECRET}"},
        {"text": f"https://user:{SECRET}@host/path"},
        {"text": json.dumps({"access_token": SECRET})},
        {"text": json.dumps(json.dumps({"client_secret": f'a "{SECRET}'}))},
        {"text": f"password='a {SECRET}'"},
        {"text": f'CAMUNDA_CLIENT_SECRET="{SECRET}"'},
        {"text": f"Cookie: a=b; session={SECRET}; c=d"},
        {"text": f'Set-Cookie: a="b c"; session="{SECRET}"; Path=/'},
        {"text": f"https://user:p@{SECRET}@host/path"},
        {"user_secret": {"a": SECRET}},
        {"payload": {"csrf_token": ["a", SECRET]}},
        {"text": str({"user_secret": {"a": [1, {"b": SECRET}]}})},
        {"a": "secret=", "token": SECRET, "b": '"'},
        {"text": f"password='{SECRET}\" more'"},
        {"text": f"{'x' * 1000} password='" + SECRET * 3000},
        {"text": f"Driver=ODBC;Server=db;UID=sa;PWD={SECRET};Database=x"},
        {"text": f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={SECRET}==;EndpointSuffix=y"},
        {"text": f"Endpoint=sb://x/;SharedAccessKeyName=y;SharedAccessKey={SECRET}="},
        {"text": f"https://{SECRET}{SECRET}@github.com/x.git"},
        {"text": f"https://x.blob.core.windows.net/c/b?sv=1&sig={SECRET}&se=2"},
        {"text": f"https://s3/x?X-Amz-Signature={SECRET}&X-Amz-Credential={SECRET}"},
        {"text": f"mysql --host db --password {SECRET} --port 3"},
        {"text": f"tool --client-secret '{SECRET} b' --api-key {SECRET}"},
        {"text": f"aws_secret_access_key = {SECRET}"},
        {"text": f"AWS_SECRET_ACCESS_KEY={SECRET}"},
        {"text": f"password: {SECRET}\nuser: me"},
        {"text": f"passphrase={SECRET}"},
        {"text": json.dumps({"privateKey": SECRET, "secretKey": SECRET})},
        {"text": json.dumps({"pwd": SECRET})},
        {"text": f'Authorization: Digest username="me", response="{SECRET}", uri="/"'},
        {"text": f"Authorization: AWS4-HMAC-SHA256 Credential=AK/2026, Signature={SECRET}"},
        {"text": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n{SECRET}\n-----END RSA PRIVATE KEY-----"},
        {"text": json.dumps({"key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"})},
        {"text": f"-----BEGIN EC PRIVATE KEY-----\n{SECRET} and cut off"},
        {"db_pwd": SECRET, "accountKey": SECRET, "private_key": SECRET},
    ],
)
def test_no_secret_gets_into_a_line(fields: dict[str, object]) -> None:
    for render in (render_json, console_renderer(colours=False)):
        line = render("event", "info", "name", {**fields, "kept": "visible"}).decode()

        assert SECRET not in line
        assert "[redacted]" in line
        assert "visible" in line
    assert json.loads(render_json("event", "info", "name", fields))


def test_a_line_like_the_last_may_have_a_secret_all_the_same() -> None:
    for value in ("fine", "fine", SECRET):
        kept = {"note": "fine", "count": 3}
        assert SECRET not in render_json("event", "info", "name", {**kept, "text": f"token={value}"}).decode()
        assert SECRET not in render_json("event", "info", "name", {**kept, "password": value}).decode()
        assert SECRET not in render_json(f"token={value}", "info", "name", kept).decode()


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"page_token": None}, {"page_token": None}),
        ({"has_password": True}, {"has_password": True}),
        ({"next_token": 12345, "z": 1}, {"next_token": "[redacted]", "z": 1}),
        ({"user_secret": {"a": 1}}, {"user_secret": "[redacted]"}),
        ({"payload": {"db_password": None, "x": [1]}}, {"payload": {"db_password": None, "x": [1]}}),
        ({"payload": {"csrf_token": ["a", "b"]}}, {"payload": {"csrf_token": "[redacted]"}}),
        ({"a": "the password=", "b": "c"}, {"a": "the password=", "b": "c"}),
        ({"secret:": 1, "b": "c"}, {"secret:": 1, "b": "c"}),
        ({"text": '{"page_token": null}'}, {"text": '{"page_token": null}'}),
    ],
)
def test_what_is_left_after_redaction_is_json(fields: dict[str, object], shown: dict[str, object]) -> None:
    """Patterns went over the finished line: a bare ``[redacted]`` stood for null, and ends of texts were eaten."""
    line = json.loads(render_json("event", "info", "name", fields))

    assert {key: line[key] for key in fields} == shown


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 8,
    ],
)
@pytest.mark.parametrize("around", ["{}", "got {} from it", '{{"a": "{}"}}', "x={};", "https://h/?a={}"])
def test_what_shows_by_itself_that_it_is_a_secret_is_redacted(secret: str, around: str) -> None:
    assert _clean.redact(around.format(secret)) == around.format("[redacted]")


def test_only_the_cookies_of_a_text_are_redacted() -> None:
    text = _clean.redact("GET / Cookie: a=b; c=d\r\nHost: h\r\nX: {'Cookie': 'a=b; c=d', 'Host': 'h'}")

    assert text == "GET / Cookie: [redacted]\r\nHost: h\r\nX: {'Cookie': '[redacted]', 'Host': 'h'}"


@pytest.mark.parametrize(
    "text",
    [
        "Unexpected token: <",
        "3 tokens left",
        "basic plan",
        "https://host/path?a=b",
        "secretary",
        "https://host:8080/@me",
        "PWD=/app OLDPWD=/root",
        "ssh://git@github.com/x.git postgres://reader@db/x",
        "accounts: 3, access granted, private: yes",
        "job_key=2251799813685249 process_instance_key=7",
        "--passwords-file x",
        "the --token option",
        "a token-ring",
        "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----",
        "eyjafjallajokull.is.a.volcano",
        "Asia/Tokyo",
        "sigmoid=3 design=x",
        "-----BEGIN PUBLIC KEY----- MFkw -----END PUBLIC KEY-----",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert _clean.redact(text) == text


def test_redaction_takes_no_time_to_speak_of_on_a_hostile_text() -> None:
    started = time.perf_counter()

    _clean.redact('password="' + "\\" * 5000 + "password='" * 500)
    for text in ("secret={ ", "secret=[{}", "secret={{}", "://a:", "password='", "cookie=a; ", 'cookie="', "a;"):
        _clean.redact(text * 5000)

    assert time.perf_counter() - started < 1.0


def test_a_traceback_has_no_locals_no_secrets_and_an_end() -> None:
    def fail(depth: int, password: str) -> None:
        if depth:
            fail(depth - 1, password)
        raise ValueError(f"client_secret='{password}' " + "x" * 20_000)

    with pytest.raises(ValueError, match="client_secret") as raised:
        fail(60, SECRET)
    text = _clean.format_exception((raised.type, raised.value, raised.tb))

    assert SECRET not in text
    assert len(text) < 1.1 * _clean.TRACEBACK_CHARACTERS
    assert text.startswith("Traceback")


def test_values_are_quoted_where_a_blank_would_end_them() -> None:
    assert key_values({"a": "x y", "b": 1, "c": "", "d": "z"}) == 'a="x y" b=1 c="" d=z'


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    for fd in (reader, writer):
        try:
            _close(fd)
        except OSError:
            continue


def notice(lost: int) -> bytes:
    return f"lost {lost}\n".encode()


def everything(reader: int) -> bytes:
    read = b""
    while True:
        try:
            piece = os.read(reader, 1 << 20)
        except BlockingIOError:
            return read
        if not piece:
            return read
        read += piece


def test_a_stalled_reader_gets_the_first_lines_and_the_number_of_the_others(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    sink = Sink(writer, notice)
    lines = [b"%06d" % number + b"x" * 9000 + b"\n" for number in range(1000)]

    for line in lines:
        sink.write(line)
    lost = sink.lost
    read = everything(reader)
    for _ in range(100):
        sink.flush()
        read += everything(reader)
    sink.write(b"end\n")
    read += everything(reader)

    whole = read.splitlines(keepends=True)
    assert lost > 0
    assert whole[: 1000 - lost] == lines[: 1000 - lost]
    assert whole[1000 - lost :] == [b"lost %d\n" % lost, b"end\n"]


def test_a_line_cut_by_a_stalled_reader_is_never_mixed_with_another(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    sink = Sink(writer, notice)
    lines = [bytes([65 + number % 26]) * 9_000 + b"\n" for number in range(30)]

    for line in lines:
        sink.write(line)
    read = b""
    while read.count(b"\n") < 30:
        read += everything(reader)
        sink.flush()

    assert read == b"".join(lines)
    assert sink.lost == 0


def test_a_native_thread_may_empty_the_queue_between_a_look_at_it_and_a_grasp(pipe: tuple[int, int]) -> None:
    """``pop from an empty deque`` came out of the log call. Tracing puts the other thread's turn where it hurts."""
    reader, writer = pipe
    sink = Sink(writer, notice)
    # More than the pipe's 64 KiB, and less than twice as much.
    for _ in range(100):
        sink.write(b"x" * 1000 + b"\n")
    read = everything(reader)

    def meanwhile(frame: FrameType, event: str, _: object) -> Any:
        if event == "line" and "popleft" in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
            sys.settrace(None)
            sink.flush()
        return meanwhile

    tracer = sys.gettrace()
    sys.settrace(meanwhile)
    try:
        sink.flush()
    finally:
        sys.settrace(tracer)

    assert (read + everything(reader)).count(b"\n") == 100
    assert sink.lost == 0


def test_a_reader_that_has_gone_costs_lines_and_no_exception(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    sink = Sink(writer, notice)

    sink.write(b"read\n")
    _close(reader)
    for _ in range(5):
        sink.write(b"lost\n")

    assert sink.lost == 5


def test_a_full_disk_costs_lines_until_there_is_room_again() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    sink = Sink(full, notice)
    reader, writer = os.pipe()

    sink.write(b"lost\n")
    sink.write(b"lost\n")
    os.dup2(writer, full)
    sink.write(b"written\n")

    assert os.read(reader, 1000) == b"lost 2\nwritten\n"
    assert sink.lost == 2
    for fd in (full, reader, writer):
        _close(fd)


def test_what_is_kept_for_a_stalled_reader_is_bounded(pipe: tuple[int, int]) -> None:
    sink = Sink(pipe[1], notice)

    for _ in range(8000):
        sink.write(b"x" * 999 + b"\n")

    # What was not lost is kept, or in the pipe, which takes 64 KiB.
    assert KEPT - 1000 <= (8000 - sink.lost) * 1000 <= KEPT + 65536


def test_a_line_that_cannot_be_made_is_counted_and_not_raised() -> None:
    logger = log.get_logger("camunda_client.test")
    before = log.lost_lines()

    logger.info("wrong %d placeholders", "a")

    assert log.lost_lines() == before + 1


def test_a_bound_logger_has_its_fields_on_each_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "camunda_client.test"):
        log.get_logger("camunda_client.test").bind(a=1).info("thing.done", b=2)

    assert caplog.messages == ["thing.done a=1 b=2"]


def test_an_exception_is_on_the_record(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        log.get_logger("camunda_client.test").exception("thing.failed")

    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].levelname == "ERROR"


#: A message with a secret, a forged line, and a sequence that clears the screen.
FORGED = f"cannot reach postgres://app:{SECRET}@db\nERROR root forged\x1b[2J"


def tell_of_a_failure(route: _logger.Route) -> None:
    try:
        raise ConnectionError(FORGED)
    except ConnectionError as error:
        facts = {"client_secret": SECRET, "error": str(error), "exc_info": error, "rows": [{"token": SECRET}]}
        route(30, "camunda_client.test", "thing.failed", facts)


def test_a_failure_is_safe_to_show_in_the_applications_stdlib_set_up() -> None:
    """Formatters made the traceback anew from the exception, with its secrets, line ends and escapes."""
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("camunda_client.test")
    logger.addHandler(handler)

    tell_of_a_failure(_logger.to_stdlib)
    logger.removeHandler(handler)

    lines = shown.getvalue().splitlines()
    assert SECRET not in shown.getvalue()
    assert "\x1b" not in shown.getvalue()
    assert lines[0].startswith("WARNING camunda_client.test thing.failed ")
    assert lines[1] == "Traceback (most recent call last):"
    assert all(line.startswith("  ") for line in lines[2:])
    assert lines[-1].strip() == "ERROR root forged\\u001b[2J"


@pytest.fixture
def chain() -> Iterator[io.StringIO]:
    """An application's structlog, and what it prints."""
    before, was_configured, printed = structlog.get_config(), structlog.is_configured(), io.StringIO()
    yield printed
    # Configured as it was by default is configured all the same: ours would log to it ever after.
    structlog.configure(**before) if was_configured else structlog.reset_defaults()


@pytest.mark.parametrize("renderer", [structlog.processors.JSONRenderer(), structlog.dev.ConsoleRenderer(colors=False)])
def test_a_failure_is_safe_to_show_in_the_applications_structlog(chain: io.StringIO, renderer: Any) -> None:
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.PrintLoggerFactory(chain),
        cache_logger_on_first_use=False,
    )

    tell_of_a_failure(_logger.to_structlog)

    lines = chain.getvalue().splitlines()
    assert SECRET not in chain.getvalue()
    assert "\x1b" not in chain.getvalue()
    assert "thing.failed" in lines[0]
    assert not any(line.startswith("ERROR root") for line in lines)
    assert "ConnectionError: cannot reach postgres://[redacted]@db" in chain.getvalue()


def test_the_applications_structlog_gets_ordinary_values_as_they_are(chain: io.StringIO) -> None:
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(chain),
        cache_logger_on_first_use=False,
    )

    _logger.to_structlog(20, "camunda_client.test", "thing.done", {"a": 1, "b": [1.5, None], "c": {"d": "x y"}})

    line = json.loads(chain.getvalue())
    assert line == {"event": "thing.done", "logger": "camunda_client.test", "a": 1, "b": [1.5, None], "c": {"d": "x y"}}


def test_a_stdlib_records_stack_is_in_its_line(pipe: tuple[int, int]) -> None:
    logger, handler = logging.getLogger("camunda_client.test"), SinkHandler(Sink(pipe[1], notice), render_json)
    logger.addHandler(handler)

    logger.warning("here", stack_info=True)
    logger.removeHandler(handler)

    line = json.loads(everything(pipe[0]))
    assert line["stack"].startswith("Stack (most recent call last):")
    assert "in test_a_stdlib_records_stack_is_in_its_line" in line["stack"]


def _close(fd: int) -> None:
    """Close now; gevent's own closes a moment later, when its hub runs.

    Asked for anew, because a late patch re-binds what a module keeps of the original.
    """
    patching.original("os", "close")(fd)


JOB_FIELDS = {
    "job_key": "2251799813690331", "job_type": "charge-card", "process_instance_key": "2251799813685249",
    "process_definition_id": "order", "element_id": "Activity_1x8dk2f", "worker": "w", "tenant_id": "<default>",
    "retries": 3, "attempt": 1,
}  # fmt: skip


def on_a_terminal(event: str, level: str = "info", logger: str = "camunda_client.c8", **fields: Any) -> list[str]:
    """Return the lines of an event about a job, without the time."""
    text = console_renderer(colours=False)(event, level, logger, {**JOB_FIELDS, **fields}).decode()
    return [line[9:] for line in text.splitlines()]


def test_a_line_about_a_job_fits_and_leaves_out_what_is_the_same_for_all() -> None:
    [line] = on_a_terminal("job.completed", duration_s=0.42, report_s=0.01)

    assert line == (
        "info     job.completed  charge-card  Activity_1x8dk2f  420 ms  2251799813690331 in 2251799813685249"
    )
    assert len(line) + 9 <= 120


def test_what_differs_from_the_usual_is_shown() -> None:
    [line] = on_a_terminal("job.completed", duration_s=132.0, attempt=2, tenant_id="acme")

    assert "2 min 12 s  tenant_id=acme attempt=2  2251799813690331" in line


def test_a_failure_begins_with_its_type_and_text_and_is_cut_to_the_width() -> None:
    first, *below = on_a_terminal(
        "job.failed", "warning", error="ValueError", retries_left=2,
        exception="Traceback\n  File x\nValueError: " + "long " * 60 + "\nnote",
    )  # fmt: skip

    assert first.startswith("warning  job.failed  ValueError: long long")
    assert "…  charge-card  Activity_1x8dk2f  retries_left=2  2251799813690331" in first
    assert len(first) + 9 == 120
    assert below[:2] == ["| Traceback", "|   File x"]
    assert below[3] == "| note"


def test_what_a_handler_says_is_never_cut() -> None:
    [line] = on_a_terminal("word " * 60, logger="shop")

    assert line.count("word") == 60


def test_a_stack_and_a_remedy_have_lines_of_their_own() -> None:
    lines = on_a_terminal("hub.blocked", "warning", stack=["a.py:1 in f", "b.py:2 in g"], remedy="use a pool")

    assert lines[1:] == ["| stack: a.py:1 in f", "| b.py:2 in g", "| remedy: use a pool"]


def test_verbose_lines_have_everything() -> None:
    fields = {**JOB_FIELDS, "duration_s": 0.42, "error": "e" * 300}

    line = console_renderer(colours=False, verbose=True)("job.failed", "info", "camunda_client", fields).decode()

    assert all(f"{name}=" in line for name in fields)
    assert "e" * 300 in line


def test_keys_are_dimmed_and_levels_coloured_unless_there_are_to_be_no_colours() -> None:
    coloured = console_renderer(colours=True)("job.completed", "warning", "camunda_client", JOB_FIELDS).decode()

    assert "\x1b[33mwarning \x1b[0m" in coloured
    assert "\x1b[2m2251799813690331 in 2251799813685249\x1b[0m" in coloured
    assert "\x1b" not in console_renderer(colours=False)("job.completed", "warning", "x", JOB_FIELDS).decode()


def test_no_secret_of_a_job_reaches_the_terminal() -> None:
    lines = on_a_terminal("password=hunter2", error="token=hunter2", api_key="hunter2", remedy="password=hunter2")

    assert "hunter2" not in "\n".join(lines)
