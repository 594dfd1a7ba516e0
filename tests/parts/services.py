"""RabbitMQ and OpenLDAP on loopback, each with a throw-away folder and as an unprivileged user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.databases import START_TIMEOUT_S, as_nobody, listens, own_folder, run
from tests.parts.need import MissingPartError
from tests.parts.server import ServerProcess, free_ports, inherited_environment

#: Debian's script for PATH insists on its own user and its own folders; the one behind it takes any.
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
#: Where Debian has OpenLDAP's modules, and its schemas.
SLAPD_MODULES, SLAPD_SCHEMAS = Path("/usr/lib/ldap"), Path("/etc/ldap/schema")


@contextmanager
def rabbitmq() -> Iterator[int]:
    """Run a RabbitMQ with the user ``guest``, password ``guest``; yield its port.

    Raises:
        MissingPartError: It is not here; the message says what to do.
    """
    names = shutil.which("epmd")
    if names is None or not RABBITMQ.exists():
        raise MissingPartError("needs RabbitMQ (Debian and Ubuntu: apt-get install rabbitmq-server)")
    with own_folder("rabbitmq-") as folder:
        names_port, port, nodes_port = free_ports(3)
        environment = inherited_environment() | {
            # Erlang starts a daemon for the names of nodes where none answers, and leaves it behind; so one does.
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(names_port),
            "HOME": str(folder), "RABBITMQ_NODENAME": "tests@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(nodes_port), "RABBITMQ_LOGS": "-", "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env"), "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            # Its script then becomes the server instead of staying beside it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }  # fmt: skip
        epmd = [*as_nobody(), names, "-address", "127.0.0.1", "-port", str(names_port)]
        registry = ServerProcess("epmd", epmd, environment, folder / "epmd.log")
        log = folder / "server.log"
        try:
            registry.wait_until(lambda: listens(names_port), START_TIMEOUT_S)
            server = ServerProcess("rabbitmq", [*as_nobody(), str(RABBITMQ)], environment, log)
            try:
                server.wait_until(lambda: "Server startup complete" in log.read_text(), START_TIMEOUT_S)
                yield port
            finally:
                server.kill()
        finally:
            registry.kill()


@contextmanager
def openldap() -> Iterator[int]:
    """Run an OpenLDAP with the tree ``dc=tests`` and its user ``cn=tests,dc=tests``, ``geheim``; yield its port.

    Raises:
        MissingPartError: It is not here; the message says what to do.
    """
    search = os.pathsep.join([*os.get_exec_path(), "/usr/sbin"])
    program, add = shutil.which("slapd", path=search), shutil.which("slapadd", path=search)
    if program is None or add is None or not SLAPD_MODULES.exists():
        raise MissingPartError("needs slapd (Debian and Ubuntu: apt-get install slapd)")
    with own_folder("slapd-") as folder:
        [port] = free_ports(1)
        settings, tree, data = folder / "slapd.conf", folder / "tree.ldif", folder / "data"
        data.mkdir()
        shutil.chown(data, *_owner(folder))
        settings.write_text(
            f"include {SLAPD_SCHEMAS / 'core.schema'}\nmodulepath {SLAPD_MODULES}\nmoduleload back_mdb\n"
            f"pidfile {data / 'pid'}\ndatabase mdb\nsuffix dc=tests\nrootdn cn=tests,dc=tests\nrootpw geheim\n"
            f"directory {data}\nmaxsize 16777216\ndbnosync\n"
        )
        tree.write_text("dn: dc=tests\nobjectClass: organization\nobjectClass: dcObject\no: tests\ndc: tests\n")
        for file in (settings, tree):
            file.chmod(0o644)
        run([*as_nobody(), add, "-f", str(settings), "-l", str(tree)])
        command = [program, "-d", "0", "-f", str(settings), "-h", f"ldap://127.0.0.1:{port}"]
        server = ServerProcess("slapd", [*as_nobody(), *command], inherited_environment(), folder / "log")
        try:
            server.wait_until(lambda: listens(port), START_TIMEOUT_S)
            yield port
        finally:
            server.kill()


def _owner(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_uid, found.st_gid
