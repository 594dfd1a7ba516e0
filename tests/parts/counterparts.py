"""Servers that libraries under test talk to, a process each: python -m tests.parts.counterparts KIND PORT.

Real ones where there are any to be had from package registries; they keep nothing.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

#: What clients log in with.
USER, PASSWORD = "tests", "geheim"
#: Calls that a server meets which its clients reach over one connection: none is answered before so many are there.
TOGETHER = 100
#: Of MongoDB's protocol: a message of today, the first question of older clients, and its answer.
OP_MSG, OP_QUERY, OP_REPLY = 2013, 2004, 1


class Call:
    """What the first hundred callers wait in until the last of them is there."""

    def __init__(self) -> None:
        self._lock, self._all, self._here = threading.Lock(), threading.Event(), 0

    def meet(self) -> None:
        with self._lock:
            self._here += 1
            if self._here >= TOGETHER:
                self._all.set()
        self._all.wait()


def smtp(port: int) -> None:
    """Take every mail."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    Controller(Sink(), hostname="127.0.0.1", port=port).start()
    threading.Event().wait()


def ftp(port: int) -> None:
    """Keep what is stored until the end."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, tempfile.mkdtemp(), perm="elradfmw")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    server = ThreadedFTPServer(("127.0.0.1", port), handler)
    server.max_cons = 1000
    server.serve_forever()


def ssh(port: int) -> None:
    """Answer every command with the line that it gets."""
    import paramiko

    key = paramiko.RSAKey.generate(2048)

    class Server(paramiko.ServerInterface):
        def check_auth_password(self, username: str, password: str) -> int:
            return paramiko.AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

        def check_channel_request(self, _kind: str, _number: int) -> int:
            return paramiko.OPEN_SUCCEEDED

        def check_channel_exec_request(self, channel: Any, _command: bytes) -> bool:
            def answer() -> None:
                # The client says it once it knows that its command runs: an end before that is a refusal to it.
                channel.sendall(channel.makefile("rb").readline())
                channel.send_exit_status(0)
                channel.close()

            threading.Thread(target=answer, daemon=True).start()
            return True

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            transport = paramiko.Transport(self.request)
            transport.add_server_key(key)
            transport.start_server(server=Server())
            transport.join(60)

    _serve(Handler, port)


def imap(port: int) -> None:
    """Have one mailbox with one mail. A double: it knows the commands that the test sends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, command, *_ = line.split()
                extra = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"SELECT": b"* 1 EXISTS\r\n",
                         b"SEARCH": b"* SEARCH 1\r\n", b"LOGOUT": b"* BYE\r\n"}.get(command.upper(), b"")  # fmt: skip
                self.wfile.write(extra + tag + b" OK done\r\n")

    _serve(Handler, port)


def soap(port: int) -> None:
    """Answer ``double`` with twice the number, as the WSDL at ``/?wsdl`` says."""
    import re
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    wsdl = SOAP_DESCRIPTION.replace("PORT", str(port)).encode()
    reply = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<t:doubleResponse xmlns:t="urn:tests"><t:result>%d</t:result></t:doubleResponse></e:Body></e:Envelope>'
    )

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/xml; charset=utf-8")])
        if environ["REQUEST_METHOD"] == "GET":
            return [wsdl]
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        number = int(re.search(rb"number>(\d+)<", body)[1])  # type: ignore[index]
        return [(reply % (2 * number)).encode()]

    server = type(
        "Server", (socketserver.ThreadingMixIn, WSGIServer), {"daemon_threads": True, "request_queue_size": 512}
    )
    quiet = type("Quiet", (WSGIRequestHandler,), {"log_message": lambda *_: None})
    make_server("127.0.0.1", port, application, server, quiet).serve_forever()


SOAP_DESCRIPTION = """<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:tests"
 xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:tests">
<types><x:schema targetNamespace="urn:tests" elementFormDefault="qualified">
<x:element name="double"><x:complexType><x:sequence><x:element name="number" type="x:int"/></x:sequence></x:complexType></x:element>
<x:element name="doubleResponse"><x:complexType><x:sequence><x:element name="result" type="x:int"/></x:sequence></x:complexType>
</x:element></x:schema></types>
<message name="In"><part name="body" element="t:double"/></message>
<message name="Out"><part name="body" element="t:doubleResponse"/></message>
<portType name="Kind"><operation name="double"><input message="t:In"/><output message="t:Out"/></operation></portType>
<binding name="Way" type="t:Kind"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="double"><soap:operation soapAction="double"/><input><soap:body use="literal"/></input>
<output><soap:body use="literal"/></output></operation></binding>
<service name="Service"><port name="Port" binding="t:Way"><soap:address location="http://127.0.0.1:PORT/"/></port></service>
</definitions>"""  # noqa: E501


def s3(port: int) -> None:
    """Keep buckets in memory."""
    from moto.server import ThreadedMotoServer

    ThreadedMotoServer("127.0.0.1", port, verbose=False).start()
    threading.Event().wait()


def grpc(port: int) -> None:
    """Answer ``/tests.Numbers/Echo`` with what it was sent, the first hundred calls together."""
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    call = Call()

    def echo(request: bytes, _context: Any) -> bytes:
        call.meet()
        return request

    server = grpc.server(ThreadPoolExecutor(TOGETHER + 10))
    methods = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tests.Numbers", methods)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def kafka(_port: int) -> None:
    """Be librdkafka's own double of a cluster, which takes a port of its own choice and says it."""
    from confluent_kafka import Producer

    cluster = Producer({"test.mock.num.brokers": 1})
    [broker] = cluster.list_topics(timeout=30).brokers.values()
    print(f"port {broker.port}", flush=True)
    threading.Event().wait()


def mongodb(port: int) -> None:
    """Insert and find by ``_id``. A double of MongoDB: its wire protocol, and the commands that the test sends."""
    import bson

    call, kept = Call(), {}
    facts = {"ismaster": True, "isWritablePrimary": True, "maxWireVersion": 25, "minWireVersion": 0,
             "maxBsonObjectSize": 1 << 24, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000}  # fmt: skip

    def answer(command: dict[str, Any]) -> dict[str, Any]:
        if "insert" in command:
            call.meet()
            kept.update((document["_id"], document) for document in command["documents"])
            return {"n": len(command["documents"])}
        if "find" in command:
            batch = [kept[command["filter"]["_id"]]]
            return {"cursor": {"id": 0, "ns": f"{command['$db']}.{command['find']}", "firstBatch": batch}}
        return facts

    def understood(code: int, body: bytes) -> dict[str, Any]:
        if code == OP_QUERY:
            return bson.decode(body[body.index(b"\0", 4) + 9 :])
        # After the flags: one document, and further ones by the name of the field that they belong to.
        end = 5 + int.from_bytes(body[5:9], "little")
        command = bson.decode(body[5:end])
        if rest := body[end + 5 :]:
            name, _, documents = rest.partition(b"\0")
            command[name.decode()] = bson.decode_all(documents)
        return command

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while head := self.rfile.read(16):
                length, number, _, code = struct.unpack("<iiii", head)
                found = bson.encode(answer(understood(code, self.rfile.read(length - 16))) | {"ok": 1})
                first = struct.pack("<iqii", 8, 0, 0, 1) if code == OP_QUERY else bytes(5)
                kind = OP_REPLY if code == OP_QUERY else OP_MSG
                self.wfile.write(struct.pack("<iiii", 16 + len(first + found), 0, number, kind) + first + found)

    _serve(Handler, port)


def oracle(port: int) -> None:
    """Refuse every connection as Oracle's listener does that does not know the service. A double."""
    reason = b"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"
    refusal = struct.pack(">BBH", 34, 0, len(reason)) + reason

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(struct.pack(">HHBBH", 8 + len(refusal), 0, 4, 0, 0) + refusal)

    _serve(Handler, port)


def closing(port: int) -> None:
    """Close every connection once the client has said something."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)

    _serve(Handler, port)


def _serve(handler: type[socketserver.BaseRequestHandler], port: int) -> None:
    attributes = {"allow_reuse_address": True, "daemon_threads": True, "request_queue_size": 512}
    kind = type("Server", (socketserver.ThreadingTCPServer,), attributes)
    kind(("127.0.0.1", port), handler).serve_forever()


KINDS: dict[str, Callable[[int], None]] = {
    one.__name__: one for one in (smtp, ftp, ssh, imap, soap, s3, grpc, kafka, mongodb, oracle, closing)
}

if __name__ == "__main__":
    socket.setdefaulttimeout(None)
    KINDS[sys.argv[1]](int(sys.argv[2]))
