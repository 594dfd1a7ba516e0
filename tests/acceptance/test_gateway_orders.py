"""The embedded gateway is started and stopped in every order, with a port that is taken and one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.programs import Program

ORDERS = """
import socket, urllib.request
from camunda_client.embedded import Gateway

def answers(gateway):
    return urllib.request.urlopen(gateway.base_url + "/v2/topology").status

with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    gateway = Gateway(port=taken.getsockname()[1])
    gateway.stop()
    gateway.wait()
    for _ in range(2):
        try:
            gateway.start()
        except OSError as error:
            print("refused:", error)
        gateway.stop()
        gateway.wait()
    try:
        with gateway:
            print("never")
    except OSError as error:
        print("refused:", error)
gateway.start()
print(answers(gateway))
try:
    gateway.start()
except RuntimeError as error:
    print("refused:", error)
gateway.stop()
gateway.stop()
gateway.wait()
with gateway:
    print(answers(gateway))
print("end")
"""


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [[], ["-m", "gevent.monkey"]], ids=["unpatched", "patched"])
def test_a_gateway_may_be_stopped_whatever_became_of_its_start(tmp_path: Path, launcher: list[str]) -> None:
    """stop() after a start that failed was an AttributeError where the gateway has a thread of its own."""
    script = tmp_path / "orders.py"
    script.write_text(ORDERS)

    code, output = Program.run(*launcher, script)

    assert code == 0, output
    told = [line.split(":")[0] for line in output.splitlines()]
    assert told == ["refused", "refused", "refused", "200", "refused", "200", "end"], output
    assert output.count("can't listen on 127.0.0.1 port") == 3
