"""An embedded Camunda in a process of its own that checks the tokens of an issuer: ``camunda-client engine --oidc``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from tests.parts.programs import CAMUNDA_CLIENT
from tests.parts.server import ServerProcess, free_ports, inherited_environment, look

#: Seconds. It starts in one; a loaded machine may need many.
START_TIMEOUT_S = 60.0


class SecuredCamunda:
    """Answers 401 unless a request carries a token of the issuer for the audience."""

    def __init__(self, issuer: str, audience: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="secured-")
        self._options = ["--dialect", "8.6.0", "--oidc", issuer, "--audience", audience]
        self._process: ServerProcess | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> SecuredCamunda:
        (self._port,) = free_ports(1)
        command = [str(CAMUNDA_CLIENT), "engine", "--port", str(self._port), *self._options]
        log = Path(self._folder.name) / "engine.log"
        self._process = ServerProcess("The embedded engine", command, inherited_environment(), log)
        self._process.wait_until(lambda: look(self._port, "/v2/topology")[0] == 401, START_TIMEOUT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
        self._folder.cleanup()
