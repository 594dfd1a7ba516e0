"""What a worker and its children say to each other."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._offload import _frames as frames

TEXT = st.text(st.characters(exclude_categories=("Cs",)))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def a_job(**variables: object) -> ActivatedJob:
    raw = {
        "jobKey": 1,
        "type": "t",
        "retries": 3,
        "deadline": 2**53,
        "variables": variables,
        "customHeaders": {"a": "b"},
    }
    return ActivatedJob.model_validate(raw | {"somethingNew": [1], "kind": "BPMN_ELEMENT", "tags": None})


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_a_job_arrives_as_it_was(variables: dict[str, object]) -> None:
    job = a_job(**{f"v{name}": value for name, value in variables.items()})

    again = frames.decoded_job(frames.encoded_job(job))

    assert again == job
    assert again.__dict__ == job.__dict__
    assert again.model_extra == job.model_extra == {"somethingNew": [1]}
    assert again.variables == job.variables


def test_a_job_that_is_nested_deeply_arrives() -> None:
    deep: object = "bottom"
    for _ in range(800):
        deep = [deep]
    again = frames.decoded_job(frames.encoded_job(a_job(deep=deep)))

    depth, found = 0, again.variables["deep"]
    while isinstance(found, list):
        depth, found = depth + 1, found[0]
    assert (depth, found) == (800, "bottom")


@given(st.binary(max_size=1), st.integers(0, 2**16 - 1), VALUES, st.binary())
def test_frames_arrive_one_after_another(kind: bytes, thread: int, facts: object, body: bytes) -> None:
    kind = kind or b"x"
    sent = frames.packed(kind, thread, facts, body) + frames.packed(frames.END)
    stream = io.BytesIO(sent)

    assert frames.read(stream) == (kind, thread, facts, body)
    assert frames.read(stream) == (frames.END, 0, None, b"")
    assert frames.read(stream) is None


def test_a_frame_that_is_cut_is_the_end() -> None:
    sent = frames.packed(frames.OUTCOME, 1, {"command": "failure"}, b"body")

    assert {frames.read(io.BytesIO(sent[:size])) for size in range(len(sent))} == {None}


def test_text_that_is_no_utf_8_passes_in_facts() -> None:
    facts = {"stack": ["/tmp/\udcff.py:1 in work"]}

    frame = frames.read(io.BytesIO(frames.packed(frames.STACK, 0, facts)))

    assert frame is not None
    assert frame.facts == facts
