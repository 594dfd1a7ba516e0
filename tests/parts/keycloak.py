"""A real Keycloak 26.7.3 on loopback: tokens by client credentials, as self-managed Camunda installations have them.

Prepared once and kept in the user's cache (its build step and an empty database), it starts in about seven seconds.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import tempfile
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.parts.java import find_java
from tests.parts.maven import Distribution, unpacked
from tests.parts.need import MissingPartError, PartFailedError
from tests.parts.server import ServerProcess, free_ports, inherited_environment, look

KEYCLOAK_VERSION = "26.7.3"
REALM = "c8"
#: What the secured Camunda wants to see in a token's ``aud``.
AUDIENCE = "zeebe-api"

#: Seconds a token of each client lives. "spoilable" is the one that tests may disable or give another secret.
LIFESPANS_S = {"worker": 300, "short-lived": 5, "spoilable": 300}

#: For a throw-away server on loopback.
ADMIN = ("admin", "only-on-loopback")

START_TIMEOUT_S = 180.0
#: Seconds. The build step takes 20 alone on two cores.
BUILD_TIMEOUT_S = 600.0

JVM_FLAGS = (
    "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8",
    "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED", "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Dpicocli.disable.closures=true",
)  # fmt: skip


def fetch_keycloak() -> Path:
    """Return a Keycloak folder with its build step done and an empty database in ``data/h2``."""
    wanted = Distribution("org.keycloak", "keycloak-quarkus-dist", KEYCLOAK_VERSION)
    # Count up when _prepare changes: what other versions of it made is in people's caches.
    return unpacked(wanted, _prepare, name=f"keycloak-{KEYCLOAK_VERSION}-prepared-1")


class Keycloak:
    """One Keycloak with one realm, and the clients of ``LIFESPANS_S`` in it."""

    def __init__(self) -> None:
        """Prepare one; nothing is started yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="keycloak-")
        self._process: ServerProcess | None = None
        self._port = 0
        self._admin_token = ""
        self.client_id = "worker"
        self.secrets = {client: f"secret-of-{client}-0" for client in LIFESPANS_S}

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def issuer(self) -> str:
        """The realm's URL, and the ``iss`` of its tokens."""
        return f"{self.base_url}/realms/{REALM}"

    @property
    def token_url(self) -> str:
        """Where tokens are to be had."""
        return f"{self.issuer}/protocol/openid-connect/token"

    @property
    def client_secret(self) -> str:
        """The present secret of :attr:`client_id`."""
        return self.secrets[self.client_id]

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> Keycloak:
        """Start it with a fresh realm."""
        home, own = fetch_keycloak(), Path(self._folder.name)
        shutil.copytree(home / "data", own / "data")
        for shared in ("conf", "lib", "providers", "themes"):
            (own / shared).symlink_to(home / shared)
        (self._port,) = free_ports(1)
        self._process = _start(own, self._port)
        self._admin_token = self._token_of_admin()
        self._admin("POST", "/admin/realms", _realm(self.secrets))
        return self

    def close(self) -> None:
        """End it and forget its data."""
        if self._process is not None:
            self._process.kill()
        self._folder.cleanup()

    def __enter__(self) -> Keycloak:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def token(self, client_id: str = "worker") -> str:
        """Return a fresh token of a client."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": self.secrets[client_id]}
        status, answer = self._call("POST", urllib.parse.urlsplit(self.token_url).path, form=form)
        assert status == 200, (status, answer)
        return str(answer["access_token"])

    def rotate_secret(self, client_id: str = "spoilable") -> str:
        """Give a client a new secret and return it; the old one is refused from now on."""
        secret = f"{self.secrets[client_id][:-1]}{int(self.secrets[client_id][-1]) + 1}"
        self._change(client_id, secret=secret)
        self.secrets[client_id] = secret
        return secret

    def enable(self, client_id: str, yes: bool = True) -> None:
        """Let a client have tokens, or refuse it."""
        self._change(client_id, enabled=yes)

    def rotate_keys(self) -> None:
        """Sign with a new key from now on and withdraw the old: whoever fetches the keys anew refuses old tokens."""
        realm_id = self._admin("GET", f"/admin/realms/{REALM}")["id"]
        path = f"/admin/realms/{REALM}/components"
        old = self._admin("GET", f"{path}?type=org.keycloak.keys.KeyProvider&name=rsa-generated")
        new = {
            "name": "rsa-generated", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm_id, "config": {"priority": ["200"], "keySize": ["2048"], "algorithm": ["RS256"]},
        }  # fmt: skip
        self._admin("POST", path, new)
        for component in old:
            self._admin("DELETE", f"{path}/{component['id']}")

    def logins(self, client_id: str = "worker") -> int:
        """Return how many tokens a client has had, by Keycloak's own event log."""
        path = f"/admin/realms/{REALM}/events?type=CLIENT_LOGIN&client={client_id}&max=100000"
        return len(self._admin("GET", path))

    def _change(self, client_id: str, **members: Any) -> None:
        (client,) = self._admin("GET", f"/admin/realms/{REALM}/clients?clientId={client_id}")
        self._admin("PUT", f"/admin/realms/{REALM}/clients/{client['id']}", {**client, **members})

    def _token_of_admin(self) -> str:
        form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN[0], "password": ADMIN[1]}
        status, answer = self._call("POST", "/realms/master/protocol/openid-connect/token", form=form)
        assert status == 200, (status, answer)
        return str(answer["access_token"])

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self._call(method, path, body=body)
        if status == 401:
            # The admin's token lives a minute.
            self._admin_token = self._token_of_admin()
            status, answer = self._call(method, path, body=body)
        if status >= 300:
            raise PartFailedError(f"Keycloak answered {method} {path} with {status}: {answer}")
        return answer

    def _call(self, method: str, path: str, *, body: Any = None, form: dict[str, str] | None = None) -> tuple[int, Any]:
        headers = {"Accept": "application/json"}
        if form is not None:
            data: str | None = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            data = None if body is None else json.dumps(body)
            headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {self._admin_token}"}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None


def _realm(secrets: dict[str, str]) -> dict[str, Any]:
    audience = {
        "name": "audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": AUDIENCE, "access.token.claim": "true"},
    }  # fmt: skip
    clients = [
        {
            "clientId": client, "secret": secrets[client], "enabled": True, "publicClient": False,
            "standardFlowEnabled": False, "serviceAccountsEnabled": True, "protocolMappers": [audience],
            "attributes": {"access.token.lifespan": str(lifespan_s)},
        }
        for client, lifespan_s in LIFESPANS_S.items()
    ]  # fmt: skip
    return {
        "realm": REALM, "enabled": True, "sslRequired": "none", "clients": clients,
        "eventsEnabled": True, "enabledEventTypes": ["CLIENT_LOGIN", "CLIENT_LOGIN_ERROR"],
    }  # fmt: skip


def _start(home: Path, port: int) -> ServerProcess:
    """Start a Keycloak from a folder of its own, without its script (that would leave a second process between)."""
    command = [
        str(find_java(17)), *JVM_FLAGS, f"-Dkc.home.dir={home}", f"-Djboss.server.config.dir={home / 'conf'}",
        f"-Djava.io.tmpdir={home / 'data'}",
        "-cp", str(home / "lib" / "quarkus-run.jar"), "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        # Without cache=local it opens a cluster port on every interface.
        "start", "--optimized", "--cache=local", "--http-enabled=true", "--hostname-strict=false",
        "--http-host=127.0.0.1", f"--http-port={port}",
    ]  # fmt: skip
    environment = inherited_environment()
    environment |= {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN[0], "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN[1]}
    process = ServerProcess("Keycloak", command, environment, home / "data" / "keycloak.log")
    process.wait_until(lambda: look(port, "/realms/master")[0] == 200, START_TIMEOUT_S)
    return process


def _prepare(home: Path) -> None:
    """Do once what every start would do again: the build step (20 s), the empty database (5 s)."""
    environment = {**inherited_environment(), "JAVA_HOME": str(find_java(17).parent.parent)}
    build = [str(home / "bin" / "kc.sh"), "build", "--db=dev-file", "--features-disabled=account,admin"]
    built = subprocess.run(build, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    if built.returncode != 0:
        raise MissingPartError(f"kc.sh build ended with {built.returncode}: {(built.stdout + built.stderr)[-2000:]}")
    (home / "data").mkdir(exist_ok=True)
    _start(home, free_ports(1)[0]).stop(60)
