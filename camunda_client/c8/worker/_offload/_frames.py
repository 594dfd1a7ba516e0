"""What a worker and its child processes say to each other: frames on a socket that only the two of them have.

A frame is a kind, the number of a thread, facts as JSON, and a body that is not looked at. Nothing is pickled: jobs are
JSON when they come and results are JSON when they go, so that whatever a handler returns or raises is turned into text
in the process that has its objects.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from camunda_client.c8._http import Answer, encoded, parsed
from camunda_client.c8.models import ActivatedJob

if TYPE_CHECKING:
    from typing import BinaryIO

#: Kind, thread, bytes of facts, bytes of body.
_HEAD: Final = struct.Struct("!cHII")

# -- from the worker ----------------------------------------------------------------------------------------------
#: What to import, and which handlers are wanted.
SETUP: Final = b"S"
#: A job for a thread.
JOB: Final = b"J"
#: End what a thread does; the facts name the exception.
STRIKE: Final = b"X"
#: Whether the job of a thread is held, as it asked.
HELD: Final = b"H"
#: What a failure comes to by the circuits of the job's resources, as it asked: seconds, or nothing.
VERDICT: Final = b"V"
#: Nothing more comes: end in good order.
END: Final = b"E"

# -- from a child ---------------------------------------------------------------------------------------------------
#: All handlers are found.
READY: Final = b"r"
#: They are not, and why.
REFUSED: Final = b"f"
#: What a job came to.
OUTCOME: Final = b"o"
#: Where a thread stood when it was struck.
STACK: Final = b"s"
#: Whether the job of a thread is still held.
ASK: Final = b"a"
#: A thread's handler has failed, by an exception of these kinds.
FAILED: Final = b"b"
#: A thread's handler has not.
SUCCEEDED: Final = b"w"


class Frame(NamedTuple):
    """One message."""

    kind: bytes
    thread: int
    facts: Any
    body: bytes


def packed(kind: bytes, thread: int = 0, facts: object = None, body: bytes = b"") -> bytes:
    """Return a frame's bytes."""
    # Python's JSON, which escapes what is no UTF-8: names of files on a stack may have such characters.
    text = json.dumps(facts).encode("ascii")
    return b"%b%b%b" % (_HEAD.pack(kind, thread, len(text), len(body)), text, body)


def read(stream: BinaryIO) -> Frame | None:
    """Wait for the next frame; return ``None`` at the other side's end, also in the midst of one."""
    head = _exactly(stream, _HEAD.size)
    if head is None:
        return None
    kind, thread, facts_size, body_size = _HEAD.unpack(head)
    text, body = _exactly(stream, facts_size), _exactly(stream, body_size)
    return None if text is None or body is None else Frame(kind, thread, json.loads(text), body)


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    try:
        found = stream.read(size)
    except OSError:  # it was killed with something of ours unread
        return None
    return found if len(found) == size else None


def encoded_job(job: ActivatedJob) -> bytes:
    """Return a job with all that Camunda said of it.

    Raises:
        InvalidRequestError: A hook has put something into it that has no JSON form; the message names the place.
    """
    return encoded({"fields": job.__dict__, "extra": job.__pydantic_extra__})


def decoded_job(body: bytes) -> ActivatedJob:
    """Return the same job again."""
    state = parsed(Answer(200, "application/json", body=body))
    job = ActivatedJob.__new__(ActivatedJob)
    job.__setstate__(
        {
            "__dict__": state["fields"],
            "__pydantic_extra__": state["extra"],
            "__pydantic_fields_set__": set(state["fields"]),
            "__pydantic_private__": None,
        }
    )
    return job
