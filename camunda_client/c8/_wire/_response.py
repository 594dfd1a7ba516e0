"""One kept-alive connection, and the answer that is being read from it.

One fact to remember: an answer without a length ends with its connection; one with a length was cut then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httptools

from camunda_client.c8._http import Answer, retry_after_s

if TYPE_CHECKING:
    from camunda_client.c8._wire._channel import Channel

#: Seconds. Camunda's gateway closes a connection that was idle for 60 s (measured on 8.6.0).
IDLE_LIMIT_S: Final = 45.0
#: Seconds. A connection older than this is replaced, so that a moved or re-balanced gateway is found again.
AGE_LIMIT_S: Final = 600.0
#: Bytes that may come without one of the body among them: heads, trailers, what frames the body.
HEAD_LIMIT: Final = 65536


class BodyTooLarge(ValueError):
    """An answer went beyond ``api.maxResponseBytes``."""


class HeadTooLarge(ValueError):
    """An answer's head or trailer does not end."""


class Response:
    """One answer while it is being parsed; the names of the methods are the parser's."""

    __slots__ = (
        "body",
        "cap",
        "done",
        "encoding",
        "has_length",
        "keep",
        "kind",
        "parser",
        "retry_after",
        "server",
        "size",
        "status",
    )

    def __init__(self, cap: int) -> None:
        #: Bytes beyond which a body is refused.
        self.cap = cap
        self.parser = httptools.HttpResponseParser(self)
        self.reset()

    def reset(self) -> None:
        self.body: list[bytes] = []
        self.size = 0
        #: 0 until the head is complete.
        self.status = 0
        self.kind = b""
        self.retry_after = b""
        self.server = b""
        self.encoding = b""
        self.has_length = False
        self.keep = False
        self.done = False

    def on_message_begin(self) -> None:
        # Whatever follows a whole answer was not asked for: this connection is no longer to be trusted.
        self.keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name)
        # Comparing lengths first keeps the usual dozen of uninteresting headers cheap.
        if size == 12 and name.lower() == b"content-type":
            self.kind = value
        elif size in (14, 17):
            self.has_length = self.has_length or name.lower() in (b"content-length", b"transfer-encoding")
        elif size == 6 and name.lower() == b"server":
            self.server = value
        elif size == 11 and name.lower() == b"retry-after":
            self.retry_after = value
        elif size == 16 and name.lower() == b"content-encoding":
            self.encoding = value

    def on_headers_complete(self) -> None:
        if not self.done:
            self.status = self.parser.get_status_code()
            self.keep = self.parser.should_keep_alive()

    def on_body(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self.cap:
            raise BodyTooLarge(f"it has more than {self.cap} bytes; raise api.maxResponseBytes, or ask for fewer jobs")
        if not self.done:
            self.body.append(part)

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self.done = True
        else:
            self.reset()  # 1xx: the real answer follows

    def answer(self) -> Answer:
        if self.encoding and self.encoding.lower() != b"identity":
            raise ValueError(f"the answer is encoded as {self.encoding!r}, which was not asked for")
        return Answer(
            status=self.status,
            content_type=self.kind.decode("latin-1"),
            retry_after_s=retry_after_s(self.retry_after.decode("latin-1")) if self.retry_after else None,
            body=self.body[0] if len(self.body) == 1 else b"".join(self.body),
            server=self.server.decode("latin-1"),
        )


class Connection:
    """One kept-alive connection with its parser."""

    __slots__ = ("_channel", "_plain_204", "_response", "born", "idle_since")

    def __init__(self, channel: Channel, now: float, cap: int) -> None:
        self._channel = channel
        self._response = Response(cap)
        #: The last plain 204. Within a second Camunda's are the same to the byte, which shows at once.
        self._plain_204: bytes | None = None
        self.born = now
        self.idle_since = now

    def is_fresh(self, now: float) -> bool:
        """Tell whether another request may go out here: young, recently used, nothing to read."""
        return (
            now - self.idle_since < IDLE_LIMIT_S
            and now - self.born < AGE_LIMIT_S
            # Readable while idle means closed, or an answer that was not asked for.
            and self._channel.is_quiet()
        )

    def send(self, request: bytes, deadline: float) -> None:
        self._channel.begin(deadline)
        self._channel.send(request)

    def receive(self) -> tuple[Answer, bool]:
        """Return the answer and whether the connection may be used again."""
        chunk = self._channel.receive()
        if chunk == self._plain_204 or _is_plain_204(chunk):
            self._plain_204 = chunk
            self._channel.end()
            return _NO_CONTENT, True
        response = self._response
        response.reset()
        idle = 0
        while chunk:
            size = response.size
            response.parser.feed_data(chunk)
            if response.done:
                self._channel.end()
                return response.answer(), response.keep
            # The parser keeps a header's value until it ends, which it may never do.
            idle = 0 if response.size > size else idle + len(chunk)
            if idle > HEAD_LIMIT:
                raise HeadTooLarge(f"it sent more than {HEAD_LIMIT} bytes of headers")
            chunk = self._channel.receive()
        # Without a length an answer ends with its connection; with one, it was cut.
        if not response.status or response.has_length:
            raise ConnectionResetError("the connection was closed before the answer was complete")
        return response.answer(), False

    def close(self) -> None:
        self._channel.close()


#: Camunda's answer to nearly all that a worker tells it.
_NO_CONTENT: Final = Answer(status=204)


def _is_plain_204(chunk: bytes) -> bool:
    """Tell whether this is a whole 204 that says nothing about its connection.

    Such an answer has no body and needs no parser, which would call back for each of Camunda's dozen headers.
    """
    return (
        chunk.startswith(b"HTTP/1.1 204 ")
        and chunk.find(b"\r\n\r\n") == len(chunk) - 4
        and b"\nconnection:" not in chunk.lower()
    )
