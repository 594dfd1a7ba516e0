"""An engine that keeps its data comes back as it was, whatever ended it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import resource
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import monkey

from camunda_client.embedded import Clock, DataError, Engine, Rejection
from camunda_client.embedded.data import Journal
from tests.unit.embedded.data import state
from tests.unit.embedded.data.state import condense

ONE_JOB = state.process("p", state.start(), state.job(1, "work"), state.end(2))
NOON = datetime(2030, 1, 1, 12)


def killed(data: Path) -> Path:
    """Return a copy of an engine's directory: what another process would find if this one ended now."""
    copy = data.with_name(f"{data.name}-{len(list(data.parent.iterdir()))}")
    shutil.copytree(data, copy)
    return copy


def at_noon(data: Path, **options: Any) -> Engine:
    return Engine(clock=Clock(start=NOON), data=data, **options)


def log_of(data: Path) -> Path:
    return data / "commands.log"


def test_what_was_answered_is_there_again(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    done, leased, new = (engine.create_instance("p", {"number": number}) for number in range(3))
    first, second = engine.activate("work", max_jobs=2, worker="me")
    engine.complete(first.key, {"result": [1, {"two": 2.5}]})

    again = at_noon(killed(tmp_path / "data"))

    assert state.of(again) == state.of(engine)
    assert again.instance(done.process_instance_key).variables == {"number": 0, "result": [1, {"two": 2.5}]}
    assert again.instance(leased.process_instance_key).active == ["n1"]
    [job] = again.activate("work", max_jobs=5)
    assert job.process_instance_key == new.process_instance_key  # the other one is leased as before
    again.complete(second.key)


def test_leases_and_timers_that_ended_meanwhile_have_ended(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    timer = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition>"
    catch = f'<bpmn:intermediateCatchEvent id="n1">{timer}</bpmn:intermediateCatchEvent>'
    engine.deploy(ONE_JOB, state.process("w", state.start(), catch, state.end(2)))
    engine.create_instance("p")
    waiting = engine.create_instance("w")
    [job] = engine.activate("work", lease=timedelta(seconds=10))
    assert engine.activate("work") == []

    again = at_noon(killed(tmp_path / "data"))
    again.advance(timedelta(seconds=11))
    [offered] = again.activate("work")
    assert offered.key == job.key
    again.advance(timedelta(minutes=1))
    assert again.instance(waiting.process_instance_key).state == "COMPLETED"


def test_a_running_clock_has_gone_on_while_the_engine_was_away(tmp_path: Path) -> None:
    engine = Engine(data=tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.create_instance("p")
    [job] = engine.activate("work", lease=timedelta(hours=1))
    engine.advance(timedelta(minutes=30))
    before = engine.now()

    again = Engine(data=killed(tmp_path / "data"))

    assert before <= again.now() < before + timedelta(minutes=1)  # 30 minutes ahead of the machine's, as it was
    assert again.jobs("work")[0].deadline_ms == job.deadline_ms


def test_a_clock_that_was_pinned_or_moved_by_hand_stands_where_it_stood(tmp_path: Path) -> None:
    engine = Engine(data=tmp_path / "data")
    engine.pin_clock(1_900_000_000_000)
    engine.clock.move(timedelta(seconds=5))  # behind the engine's back
    engine.deploy(ONE_JOB)

    again = Engine(data=killed(tmp_path / "data"))

    assert again.clock.now_ms() == 1_900_000_005_000
    again.reset_clock()
    assert not Engine(data=killed(again._executor._storage.directory)).clock.frozen  # type: ignore[union-attr]


def test_a_poll_that_waits_is_given_the_same_job_again(tmp_path: Path) -> None:
    """Which of two polls gets a job depends on their order; one that gave up gets none."""
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    delivered: list[str] = []
    polls = [
        engine.poll("work", lambda _, name=name: delivered.append(name), max_jobs=1, lease=timedelta(1), worker=name)
        for name in ("gone", "first", "second")
    ]
    for poll in polls:
        engine.activate_or_wait(poll)
    engine.advance(timedelta(seconds=1))
    engine.give_up(polls[0])
    engine.create_instance("p")
    engine.create_instance("p")

    again = at_noon(killed(tmp_path / "data"))

    assert delivered == ["first", "second"]
    assert [job.worker for job in again.jobs()] == ["first", "second"]
    assert state.of(again) == state.of(engine)


def test_polls_of_before_take_no_jobs_of_after(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.activate_or_wait(engine.poll("work", lambda _: None, max_jobs=1, lease=timedelta(1)))
    engine.advance(timedelta(seconds=1))

    again = at_noon(killed(tmp_path / "data"))
    again.create_instance("p")
    once_more = at_noon(killed(again._executor._storage.directory))  # type: ignore[union-attr]

    assert [job.state for job in again.jobs() + once_more.jobs()] == ["ACTIVATABLE", "ACTIVATABLE"]


def test_polls_that_nothing_comes_of_are_not_written(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    size = log_of(tmp_path / "data").stat().st_size
    for _ in range(10):
        poll = engine.poll("work", lambda _: None, max_jobs=1, lease=timedelta(1))
        assert engine.activate_or_wait(poll) == []
        engine.give_up(poll)
        assert engine.activate("work") == []
        assert engine.jobs() == []

    assert log_of(tmp_path / "data").stat().st_size == size


def test_chance_comes_out_the_same_again(tmp_path: Path) -> None:
    script = (
        '<bpmn:scriptTask id="n1"><bpmn:extensionElements><zeebe:script '
        'expression="=[uuid(), random number(), uuid(), now()]" resultVariable="r"/></bpmn:extensionElements>'
        "</bpmn:scriptTask>"
    )
    engine = Engine(data=tmp_path / "data")
    engine.deploy(state.process("p", state.start(), script, state.end(2)))
    one, other = engine.create_instance("p"), engine.create_instance("p")
    assert len({*one.variables["r"][:3], *other.variables["r"][:3]}) == 6

    again = Engine(data=killed(tmp_path / "data"))

    assert again.instance(one.process_instance_key).variables == one.variables
    assert again.instance(other.process_instance_key).variables == other.variables


def test_what_was_refused_is_refused_again_and_changes_nothing(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    with pytest.raises(Rejection):
        engine.create_instance("nobody")
    with pytest.raises(Rejection):
        engine.correlate("nobody")  # this one takes a key before it is refused
    with pytest.raises(Rejection):
        engine.deploy(("bad.bpmn", "<no/>"))
    engine.deploy(ONE_JOB, ("f.form", '{"id": "f"}'))
    engine.create_instance("p")

    assert state.of(at_noon(killed(tmp_path / "data"))) == state.of(engine)


def test_variables_are_what_a_replay_will_see(tmp_path: Path) -> None:
    """A tuple would have become a list by a restart, and a number as a key a text."""
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)

    history = engine.create_instance("p", {"pair": (1, 2), "by number": {1: "one"}})

    assert history.variables == {"pair": [1, 2], "by number": {"1": "one"}}
    with pytest.raises(TypeError, match=r"create_instance: .* takes variables that JSON can hold: .*datetime"):
        engine.create_instance("p", {"at": NOON})
    assert len(engine.instances) == 1


# -- a damaged log --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tail", [b"garbage", b"garbage\n", b"\0" * 4096, b"12345678 [1,2\n\n{}\n", b"\xff\n\xfe"])
def test_a_torn_end_is_cut_off_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, tail: bytes) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.create_instance("p")
    copy = killed(tmp_path / "data")
    with log_of(copy).open("ab") as log:
        log.write(tail)

    with caplog.at_level(logging.WARNING):
        again = at_noon(copy)

    assert state.of(again) == state.of(engine)
    assert again.recovery is not None
    assert again.recovery.torn_bytes == len(tail)
    assert f"its {len(tail)} bytes were cut off, after command 3" in caplog.text
    again.create_instance("p")
    once_more = at_noon(killed(copy))
    assert state.of(once_more) == state.of(again)
    assert once_more.recovery is not None
    assert once_more.recovery.torn_bytes == 0


def test_a_last_command_that_was_half_written_has_not_happened(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.create_instance("p")
    before = state.of(engine)
    size = log_of(tmp_path / "data").stat().st_size
    engine.create_instance("p")
    whole = log_of(tmp_path / "data").stat().st_size

    for cut in (size + 1, size + 9, (size + whole) // 2, whole - 1):
        copy = killed(tmp_path / "data")
        os.truncate(log_of(copy), cut)
        assert state.of(at_noon(copy)) == before


def test_a_damaged_line_in_the_middle_is_refused_by_its_number(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.create_instance("p", {"amount": 12})
    engine.create_instance("p")
    copy = killed(tmp_path / "data")
    content = log_of(copy).read_bytes()
    log_of(copy).write_bytes(content.replace(b'"amount":12', b'"amount":13'))

    with pytest.raises(DataError, match=r"commands\.log, line 4, is damaged .* head -n 3"):
        at_noon(copy)
    assert log_of(copy).read_bytes() == content.replace(b'"amount":12', b'"amount":13')  # nothing was cut off


def test_a_log_of_another_format_is_refused(tmp_path: Path) -> None:
    at_noon(tmp_path / "data").close()
    log = log_of(tmp_path / "data")
    log.write_bytes(log.read_bytes().replace(b'log":1,', b'log":2,'))

    with pytest.raises(DataError, match=r"commands\.log has version 2 of .* reads version 1: start .* name another"):
        at_noon(tmp_path / "data")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"[]\n", b"{}\n", b"\xff\xfe"])
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    log_of(tmp_path).write_bytes(content)

    with pytest.raises(DataError, match=r"commands\.log is not a command log of an engine"):
        at_noon(tmp_path)


def test_a_log_that_this_engine_carries_out_otherwise_is_refused(tmp_path: Path) -> None:
    """Such as one of a release whose engine gave out its keys in another order."""
    at_noon(tmp_path).close()
    journal = Journal(log_of(tmp_path), 1, fsync=False)
    journal.write(1_893_499_200_000, 42, "next_key", [])
    journal.close()

    with pytest.raises(DataError, match=r"command 2 \(next_key\): key 42 was to come next, but .* start that version"):
        at_noon(tmp_path)


# -- snapshots ------------------------------------------------------------------------------------------------------
@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a snapshot after every command."""
    monkeypatch.setattr("camunda_client.embedded.data._storage.SNAPSHOT_EVERY", 1)


@pytest.mark.usefixtures("often")
def test_a_snapshot_takes_the_place_of_the_log(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    for number in range(20):
        engine.create_instance("p", {"number": number})
        [job] = engine.activate("work", worker="me")
        engine.complete(job.key)
    engine.create_instance("p")
    engine.activate("work", lease=timedelta(seconds=5))

    again = at_noon(killed(tmp_path / "data"))

    assert len(log_of(tmp_path / "data").read_bytes().splitlines()) <= 2
    assert state.of(again) == state.of(engine)
    again.advance(timedelta(seconds=6))
    assert len(again.activate("work")) == 1
    with pytest.raises(DataError, match=r"are in the snapshot, .* no way back to command 1"):
        Engine(data=tmp_path / "data", until=1)


def test_the_process_may_die_at_any_moment_of_a_snapshot(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    engine.create_instance("p")
    before, condensed_key = killed(tmp_path / "data"), engine._runtime.keys.upcoming
    condense(engine)
    after = killed(tmp_path / "data")
    journal = Journal(log_of(before), 3, fsync=False)
    journal.write(engine.clock.now_ms(), condensed_key, "next_key", [])
    journal.close()
    log = log_of(before).read_bytes()

    # The snapshot was half written, or written and not yet in its place.
    shutil.copy(after / "snapshot", before / "snapshot.new")
    assert state.of(at_noon(before)) == state.of(engine)
    # It was in its place, and the log had not begun anew: its commands are not done twice.
    log_of(after).write_bytes(log)
    assert state.of(at_noon(after)) == state.of(engine)


def test_the_machine_may_lose_the_end_of_a_log_that_a_snapshot_has(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    log = log_of(tmp_path / "data").read_bytes()
    engine.create_instance("p")
    condense(engine)
    copy = killed(tmp_path / "data")
    log_of(copy).write_bytes(log)

    again = at_noon(copy)
    assert state.of(again) == state.of(engine)
    again.create_instance("p")
    assert state.of(at_noon(killed(copy))) == state.of(again)


def test_polls_that_wait_through_a_snapshot_are_given_the_same_job_again(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    for name in ("first", "second"):
        engine.activate_or_wait(engine.poll("work", lambda _: None, max_jobs=1, lease=timedelta(1), worker=name))
    condense(engine)
    engine.create_instance("p")

    again = at_noon(killed(tmp_path / "data"))

    assert [job.worker for job in again.jobs()] == ["first"]
    assert state.of(again) == state.of(engine)


def test_a_damaged_snapshot_is_refused_and_a_missing_one_too(tmp_path: Path) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    condense(engine)
    copy = killed(tmp_path / "data")
    content = (copy / "snapshot").read_bytes()

    for wrong, told in (
        (content[:-1], "is damaged"),
        (content.replace(b'snapshot": 1', b'snapshot": 2'), r"was written by c8-client .* start that version"),
        (content.replace(b'"layout": "', b'"layout": "x'), r"layout x.* start that version"),
        (b"", "is not a snapshot of an engine"),
    ):
        (copy / "snapshot").write_bytes(wrong)
        with pytest.raises(DataError, match=told):
            at_noon(copy)
    (copy / "snapshot").unlink()
    with pytest.raises(DataError, match=r"begins after command 3, but .* is missing or older"):
        at_noon(copy)


def test_a_snapshot_of_a_stranger_calls_nothing_of_its_own(tmp_path: Path) -> None:
    """Data comes with bug reports; to read them must be as safe as to read text."""

    class Harm:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path}/harm",)

    engine = at_noon(tmp_path / "data")
    condense(engine)
    copy = killed(tmp_path / "data")
    body = pickle.dumps(Harm())
    said = json.loads((copy / "snapshot").read_bytes().partition(b"\n")[0])
    said["sha256"] = hashlib.sha256(body).hexdigest()
    (copy / "snapshot").write_bytes(json.dumps(said).encode() + b"\n" + body)

    with pytest.raises(DataError, match=r"system does not belong into a snapshot"):
        at_noon(copy)
    assert not (tmp_path / "harm").exists()


def test_what_can_not_be_in_a_snapshot_stays_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = at_noon(tmp_path / "data")
    engine.deploy(ONE_JOB)
    nested: Any = []
    for _ in range(800):
        nested = [nested]
    engine.create_instance("p", {"deep": nested})
    with caplog.at_level(logging.WARNING):
        condense(engine)

    # How deep is too deep is another matter in each version of Python.
    assert ("no snapshot was written, the log goes on: RecursionError" in caplog.text) != (
        tmp_path / "data" / "snapshot"
    ).exists()
    assert state.of(at_noon(killed(tmp_path / "data"))) == state.of(engine)


# -- one engine at a time -------------------------------------------------------------------------------------------
def test_two_engines_do_not_share_a_directory(tmp_path: Path) -> None:
    engine = at_noon(tmp_path)

    with pytest.raises(DataError, match=rf"in use by another engine \(process {os.getpid()}\); end that one"):
        at_noon(tmp_path)

    engine.deploy(ONE_JOB)
    engine.close()
    assert state.of(at_noon(tmp_path))["definitions"] == state.of(engine)["definitions"]
    with pytest.raises(DataError, match="closed"):
        engine.create_instance("p")
    assert engine.instances == engine.jobs() == []  # it can still be looked at
    engine.close()


def test_a_forked_child_does_not_write_into_its_parents_log(tmp_path: Path) -> None:
    engine = at_noon(tmp_path)
    size = log_of(tmp_path).stat().st_size
    # Not gevent's: its own of these two wait for each other now and then, when the child ends at once.
    fork, waitpid = (monkey.get_original("os", name) for name in ("fork", "waitpid"))
    child = fork()
    if child == 0:
        try:
            engine.next_key()
        except DataError as error:
            os._exit(7 if "its forked child takes no commands" in str(error) else 8)
        os._exit(9)

    assert os.waitstatus_to_exitcode(waitpid(child, 0)[1]) == 7
    assert log_of(tmp_path).stat().st_size == size
    engine.next_key()


def test_a_directory_that_can_not_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match=r"can't keep data: .*; name another directory"):
        at_noon(tmp_path / "file")


def test_a_full_disk_refuses_commands_and_leaves_no_half_line(tmp_path: Path) -> None:
    engine = at_noon(tmp_path)
    engine.deploy(ONE_JOB)
    before, size = state.of(engine), log_of(tmp_path).stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
    try:
        with pytest.raises(DataError, match=r"commands\.log can't be written .*; the command was not carried out"):
            engine.create_instance("p")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert state.of(engine) == before
    assert log_of(tmp_path).stat().st_size == size
    engine.create_instance("p")
    assert state.of(at_noon(killed(tmp_path))) == state.of(engine)


def test_every_command_can_be_written_through_to_the_disk(tmp_path: Path) -> None:
    engine = at_noon(tmp_path, fsync=True)
    engine.deploy(ONE_JOB)

    assert state.of(at_noon(killed(tmp_path))) == state.of(engine)


# -- looking back ---------------------------------------------------------------------------------------------------
def test_an_engine_runs_to_a_command_and_stands_still_there(tmp_path: Path) -> None:
    engine = Engine(data=tmp_path)
    engine.deploy(ONE_JOB)
    engine.create_instance("p")
    [job] = engine.activate("work")
    engine.complete(job.key)
    content = log_of(tmp_path).read_bytes()

    back = Engine(data=tmp_path, until=4)  # while the other one goes on

    assert [job.state for job in back.jobs()] == ["ACTIVATED"]
    assert back.recovery is not None
    assert back.recovery.record is not None
    assert (back.recovery.record.name, back.recovery.last) == ("activate", 4)
    assert back.clock.now_ms() == back.recovery.record.at_ms
    back.complete(job.key)  # in memory only
    assert log_of(tmp_path).read_bytes() == content


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    Engine(data=tmp_path / "data").close()

    with pytest.raises(DataError, match="ends with command 1; there is no command 812"):
        Engine(data=tmp_path / "data", until=812)
    with pytest.raises(DataError, match="holds no command log"):
        Engine(data=tmp_path / "nothing", until=1)
    with pytest.raises(ValueError, match="name it with data="):
        Engine(until=1)
    assert not (tmp_path / "nothing").exists()


def test_a_poll_that_gives_up_sees_what_it_was_given(tmp_path: Path) -> None:
    """Jobs that were leased for it and not told in time would be nobody's until their lease ended."""
    engine = at_noon(tmp_path)
    engine.deploy(ONE_JOB)
    lock_held: list[bool] = []

    def deliver(_jobs: object) -> None:
        free = gevent.get_hub().threadpool.apply(engine._executor.lock.acquire, (False,))  # in a thread of the system
        lock_held.append(not free)

    engine.activate_or_wait(engine.poll("work", deliver, max_jobs=1, lease=timedelta(1)))
    engine.create_instance("p")

    assert lock_held == [True]


# -- who is told ----------------------------------------------------------------------------------------------------
def test_who_is_told_of_an_end_may_give_commands(tmp_path: Path) -> None:
    """Such a command within a command would have come out otherwise when both were done again."""
    engine = at_noon(tmp_path)
    engine.deploy(ONE_JOB)
    engine.create_instance("p", on_end=lambda _: engine.create_instance("p", {"second": True}))
    [job] = engine.activate("work")
    engine.complete(job.key)

    assert [history.variables for history in engine.instances] == [{}, {"second": True}]
    assert state.of(at_noon(killed(tmp_path))) == state.of(engine)
