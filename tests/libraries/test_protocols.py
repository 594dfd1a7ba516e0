"""Clients of usual protocols, 200 jobs with 100 at once: as they come, without a switch, in plain blocking handlers.

What proves "at once" is no stopwatch: the first 100 connections wait until all are there (:mod:`tests.parts.meeting`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.counterparts import TOGETHER
from tests.parts.databases import listens, mariadb
from tests.parts.meeting import Meeting, meeting
from tests.parts.need import needed
from tests.parts.scene import Scene
from tests.parts.server import ServerProcess, free_ports, inherited_environment
from tests.parts.services import openldap, rabbitmq

pytestmark = pytest.mark.slow

#: Of which as many are in flight as must meet.
JOBS = 200
START_TIMEOUT_S = 60.0

HANDLER = """
{imports}
PORT = int(os.environ["SERVER_PORT"])

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=100)
def handler(job):
    number = job.variables["number"]
{body}
"""
CASES = {
    "smtplib": ("smtp", "import smtplib", """
    with smtplib.SMTP("127.0.0.1", PORT, timeout=120) as mail:
        mail.sendmail("a@example.com", ["b@example.com"], f"Subject: {number}\\r\\n\\r\\nGrüße".encode())
    return {"got": number}
"""),
    "ftplib": ("ftp", "import ftplib, io", """
    with ftplib.FTP() as server:
        server.connect("127.0.0.1", PORT, timeout=120)
        server.login("tests", "geheim")
        server.storbinary(f"STOR {number}", io.BytesIO(str(number).encode()))
        lines = []
        server.retrlines(f"RETR {number}", lines.append)
    return {"got": int(lines[0])}
"""),
    "imaplib": ("imap", "import imaplib", """
    server = imaplib.IMAP4("127.0.0.1", PORT, timeout=120)
    server.login("tests", "geheim")
    server.select("INBOX")
    _, [found] = server.search(None, "ALL")
    server.logout()
    return {"got": number * int(found)}
"""),
    "paramiko": ("ssh", "import paramiko", """
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect("127.0.0.1", PORT, "tests", "geheim", timeout=120, banner_timeout=120, auth_timeout=120,
                       allow_agent=False, look_for_keys=False)
        said, out, _ = client.exec_command("cat", timeout=120)
        said.write(f"{number}\\n")
        said.flush()
        return {"got": int(out.read())}
"""),
    "pymysql": ("mariadb", "import pymysql", """
    with pymysql.connect(host="127.0.0.1", port=PORT, user="tests", password="geheim", database="tests",
                         connect_timeout=120, read_timeout=120) as connection, connection.cursor() as cursor:
        cursor.execute("select sleep(0.05), %s, %s", (number, "Grüße"))
        [(_, got, text)] = cursor.fetchall()
    assert text == "Grüße"
    return {"got": got}
"""),
    "zeep": ("soap", """
import zeep
from requests import Session
""", """
    # A client of its own for each job, as much code has it; its description is read each time.
    client = zeep.Client(f"http://127.0.0.1:{PORT}/?wsdl", transport=zeep.Transport(session=Session(), timeout=120))
    service = client.create_service("{urn:tests}Way", f"http://127.0.0.1:{PORT}/")
    return {"got": service.double(number) // 2}
"""),
    "suds": ("soap", "import suds.client", """
    client = suds.client.Client(f"http://127.0.0.1:{PORT}/?wsdl", cache=None, timeout=120)
    return {"got": client.service.double(number) // 2}
"""),
    "boto3": ("s3", """
import boto3
from botocore.config import Config
# One client for all jobs, as its documentation has it, made at import; its pool holds 10 by default.
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{os.environ['SERVER_PORT']}", region_name="us-east-1",
    aws_access_key_id="a", aws_secret_access_key="b",
    config=Config(read_timeout=120, connect_timeout=120, max_pool_connections=100))
""", """
    try:
        s3.create_bucket(Bucket="jobs")
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    s3.put_object(Bucket="jobs", Key=str(number), Body=str(number).encode())
    return {"got": int(s3.get_object(Bucket="jobs", Key=str(number))["Body"].read())}
"""),
    "ldap3": ("ldap", "import ldap3", """
    server = ldap3.Server("127.0.0.1", PORT, connect_timeout=120)
    with ldap3.Connection(server, "cn=tests,dc=tests", "geheim", auto_bind=True, receive_timeout=120) as connection:
        assert connection.add(f"cn={number},dc=tests", "device", {"description": "Grüße"}), connection.result
        connection.search("dc=tests", f"(cn={number})", attributes=["cn", "description"])
        [entry] = connection.entries
    assert entry.description.value == "Grüße"
    return {"got": int(entry.cn.value)}
"""),
    "pika": ("rabbitmq", "import pika", """
    parameters = pika.ConnectionParameters("127.0.0.1", PORT, blocked_connection_timeout=120, socket_timeout=120,
                                           stack_timeout=120)
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.basic_publish("", queue, str(number).encode(), mandatory=True)
        method, _, body = next(channel.consume(queue, inactivity_timeout=120))
        channel.basic_ack(method.delivery_tag)
    return {"got": int(body)}
"""),
    "pymongo": ("mongodb", """
import pymongo
# One for all jobs, as its documentation has it.
client = pymongo.MongoClient(f"mongodb://127.0.0.1:{os.environ['SERVER_PORT']}/?directConnection=true")
""", """
    client.shop.orders.insert_one({"_id": number, "text": "Grüße"})
    found = client.shop.orders.find_one({"_id": number})
    assert found["text"] == "Grüße"
    return {"got": found["_id"]}
"""),
    "kafka-python": ("kafka", """
from kafka import KafkaProducer
# It sends what came in two seconds: one after another, the jobs would take seven minutes. The version is the cluster's,
# whose double knows no later questions about it.
producer = KafkaProducer(bootstrap_servers=f"127.0.0.1:{os.environ['SERVER_PORT']}", linger_ms=2000,
                         api_version=(2, 0))
""", """
    producer.send("jobs", str(number).encode(), partition=0).get(timeout=120)
    return {"got": number}
"""),
    "confluent-kafka, polled": ("kafka", """
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": f"127.0.0.1:{os.environ['SERVER_PORT']}", "linger.ms": 2000})
""", """
    told = []
    producer.produce("jobs", str(number).encode(), on_delivery=lambda error, message: told.append(error))
    while not told:
        # 0: any other time to wait would be everybody's.
        producer.poll(0)
        time.sleep(0.05)
    assert told == [None]
    return {"got": number}
"""),
    "grpc": ("grpc", """
import grpc
from grpc.experimental.gevent import init_gevent
init_gevent()
channel = grpc.insecure_channel(f"127.0.0.1:{os.environ['SERVER_PORT']}")
echo = channel.unary_unary("/tests.Numbers/Echo")
""", """
    return {"got": int(echo(str(number).encode(), timeout=120))}
"""),
    "oracledb": ("oracle", """
import oracledb
# Else the first connection decides between its modes, and until it stands all others wait.
oracledb.enable_thin_mode()
""", """
    # There are no open servers; what can be tried is how it connects.
    try:
        oracledb.connect(user="tests", password="geheim", dsn=f"127.0.0.1:{PORT}/none")
    except oracledb.Error as error:
        assert "DPY-6001" in str(error), error
    return {"got": number}
"""),
    "lxml": ("soap", "import lxml.etree, urllib.request", """
    # Read before it is parsed: a parser that waits for its next bytes keeps the lock that it shares with all others.
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/?wsdl", timeout=120) as answer:
        root = lxml.etree.fromstring(answer.read())
    [port] = root.xpath("//d:port", namespaces={"d": "http://schemas.xmlsoap.org/wsdl/"})
    return {"got": number if port.get("name") == "Port" else -1}
"""),
    "lxml, a parser for each call": ("soap", "import lxml.etree, urllib.request", """
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/?wsdl", timeout=120) as answer:
        tree = lxml.etree.parse(answer, lxml.etree.XMLParser())
    [port] = tree.xpath("//d:port", namespaces={"d": "http://schemas.xmlsoap.org/wsdl/"})
    return {"got": number if port.get("name") == "Port" else -1}
"""),
    "pandas": ("soap", "import pandas", """
    names = {"d": "http://schemas.xmlsoap.org/wsdl/"}
    frame = pandas.read_xml(f"http://127.0.0.1:{PORT}/?wsdl", xpath="//d:message", namespaces=names)
    return {"got": number if list(frame["name"]) == ["In", "Out"] else -1}
"""),
}  # fmt: skip
#: Servers that others wrote and that run as they are.
REAL = {"mariadb": mariadb, "ldap": openldap, "rabbitmq": rabbitmq}
#: One client for all jobs, and what it does all goes through one connection or a few: the server or the client's own
#: time to linger proves that they wait together.
SHARED = {"mongodb", "grpc", "kafka"}


@contextmanager
def counterpart(kind: str, environment: dict[str, str], folder: Path) -> Iterator[Meeting]:
    """Run a server of others or of :mod:`tests.parts.counterparts`, and open a way to it on which clients meet."""
    together = 1 if kind in SHARED else TOGETHER
    if kind in REAL:
        with ExitStack() as stack:
            with needed():
                found = stack.enter_context(REAL[kind]())
            yield stack.enter_context(meeting(together, found))
        return
    [port] = free_ports(1)
    command, log = ["-m", "tests.parts.counterparts", kind, str(port)], folder / "server.log"
    server = ServerProcess(kind, [sys.executable, *command], inherited_environment() | environment, log)
    try:
        if kind == "kafka":
            server.wait_until(lambda: "port " in log.read_text(), START_TIMEOUT_S)
            port = int(re.findall(r"port (\d+)", log.read_text())[0])
        server.wait_until(lambda: listens(port), START_TIMEOUT_S)
        with meeting(together, port) as way:
            yield way
    finally:
        server.kill()


@pytest.mark.parametrize("library", CASES)
def test_a_hundred_jobs_are_at_their_servers_at_once(
    library: str, scene: Scene, start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    kind, imports, body = CASES[library]
    source = HANDLER.format(imports=imports, body=body.strip("\n"))
    with counterpart(kind, environment, tmp_path) as way:
        scene.start(JOBS)
        with start(source, SERVER_PORT=str(way.port), CAMUNDA_CLIENT_PATCH="strict") as program:
            completed = scene.completed_once(JOBS, timeout_s=150)

    assert sorted(job["variables"]["got"] for job in completed) == list(range(JOBS))
    assert way.arrived >= (1 if kind in SHARED else TOGETHER)
    assert scene.now("FAILED") == []
    assert "Traceback" not in program.output
