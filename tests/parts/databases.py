"""Real databases on loopback, each with a throw-away folder and as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.parts.need import MissingPartError, PartFailedError
from tests.parts.server import ServerProcess, free_ports, inherited_environment

START_TIMEOUT_S = 60.0
#: Debian keeps the server's programs off PATH, in a folder for each version.
DEBIAN = Path("/usr/lib/postgresql")
#: Whom root runs the servers as: PostgreSQL refuses to run as root.
NOBODY = "nobody"
#: Waits until so many sessions wait in it. They see each other by a sequence, which no transaction hides.
MEET = """
create sequence arrived;
create function meet(together bigint) returns bigint language plpgsql as $$
declare
    mine bigint := nextval('arrived');
    goal bigint := (mine + together - 1) / together * together;
    here bigint;
begin
    for _ in 1..3000 loop
        select last_value into here from arrived;
        if here >= goal then return mine; end if;
        perform pg_sleep(0.02);
    end loop;
    raise exception 'only % of % have come', here, goal;
end $$;
"""


@dataclass(frozen=True)
class PostgreSQL:
    """A server that runs."""

    port: int
    password: str
    programs: Path

    def database(self, name: str) -> str:
        """Make a database with the function ``meet(n)``, in which n sessions must wait at once; return its URL."""
        self._ask("postgres", f'create database "{name}"')
        self._ask(name, MEET)
        return self.url(name)

    def url(self, database: str) -> str:
        """Return what connects to a database, as PostgreSQL's own programs and every driver take it."""
        return f"postgresql://tests:{self.password}@127.0.0.1:{self.port}/{database}"

    def _ask(self, database: str, command: str) -> None:
        run([str(self.programs / "psql"), "-qXv", "ON_ERROR_STOP=1", "-c", command, self.url(database)])


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL.

    Raises:
        MissingPartError: Its programs are not here; the message says what to do.
    """
    programs = _postgresql_programs()
    with own_folder("postgresql-") as folder:
        password, secret = secrets.token_hex(8), folder / "password"
        secret.write_text(password)
        secret.chmod(0o644)
        made = ["--username=tests", "--auth=scram-sha-256", f"--pwfile={secret}", "--locale=C", "--encoding=UTF8"]
        run([*as_nobody(), str(programs / "initdb"), "--no-sync", *made, str(folder / "data")])
        [port] = free_ports(1)
        options = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "fsync": "off", "max_connections": 200, "shared_buffers": "16MB",
        }  # fmt: skip
        given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [*as_nobody(), str(programs / "postgres"), "-D", str(folder / "data"), *given]
        log = folder / "log"
        server = ServerProcess("postgresql", command, inherited_environment() | {"LC_ALL": "C"}, log)
        try:
            server.wait_until(lambda: "ready to accept connections" in log.read_text(), START_TIMEOUT_S)
            yield PostgreSQL(port, password, programs)
        finally:
            # Killed, it would leave shared memory behind; asked by SIGTERM, it would wait for its clients.
            if server.running:
                os.kill(server.pid, signal.SIGINT)
                server.stop(START_TIMEOUT_S)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis that keeps nothing on disk; yield its URL.

    Raises:
        MissingPartError: It is not here; the message says what to do.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise MissingPartError("needs redis-server on PATH (Debian and Ubuntu: apt-get install redis-server)")
    with own_folder("redis-") as folder:
        [port] = free_ports(1)
        password = secrets.token_hex(8)
        settings = folder / "redis.conf"
        # In a file, because a command line is everybody's to read.
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {folder}\n'
        )
        settings.chmod(0o644)
        server = ServerProcess("redis", [*as_nobody(), program, str(settings)], inherited_environment(), folder / "log")
        try:
            server.wait_until(lambda: listens(port), START_TIMEOUT_S)
            yield f"redis://:{password}@127.0.0.1:{port}/0"
        finally:
            server.kill()


@contextmanager
def mariadb() -> Iterator[int]:
    """Run a MariaDB with the user ``tests``, password ``geheim`` and database ``tests``; yield its port.

    Raises:
        MissingPartError: It is not here; the message says what to do.
    """
    program, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if program is None or install is None:
        raise MissingPartError("needs mariadbd on PATH (Debian and Ubuntu: apt-get install mariadb-server)")
    with own_folder("mariadb-") as folder:
        data = folder / "data"
        made = ["--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"]
        run([*as_nobody(), install, *made])
        [port] = free_ports(1)
        users = folder / "users.sql"
        # A statement a line.
        users.write_text(
            "create database tests;\n"
            "create user tests@'127.0.0.1' identified by 'geheim';\n"
            "grant all on tests.* to tests@'127.0.0.1';\n"
            "drop user root@localhost;\n"
        )
        users.chmod(0o644)
        options = [
            f"--datadir={data}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--port={port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--max-connections=300", f"--init-file={users}",
        ]  # fmt: skip
        log = folder / "log"
        server = ServerProcess(
            "mariadb", [*as_nobody(), program, "--no-defaults", *options], inherited_environment(), log
        )
        try:
            server.wait_until(lambda: "ready for connections" in log.read_text(), START_TIMEOUT_S)
            yield port
        finally:
            server.kill()


def _postgresql_programs() -> Path:
    """Return the folder of the newest PostgreSQL here that has a server."""
    folders = [*DEBIAN.glob("*/bin"), *map(Path, os.get_exec_path())]
    found = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not found or not shutil.which("psql"):
        raise MissingPartError("needs a PostgreSQL server (Debian and Ubuntu: apt-get install postgresql)")
    return max(found, key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0)


@contextmanager
def own_folder(prefix: str) -> Iterator[Path]:
    """Yield a folder that the server's user owns, and only that one can read."""
    # A backend that has not heard yet that its server ended may still write.
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        if os.geteuid() == 0:
            user = pwd.getpwnam(NOBODY)
            os.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


def as_nobody() -> list[str]:
    """Return what to put before a command; nothing for who has no privileges to begin with."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(NOBODY)
    if shutil.which("setpriv") is None:
        raise MissingPartError("needs setpriv on PATH, or a user other than root, to run a server as another user")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def run(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", timeout=START_TIMEOUT_S, check=False,
        env=inherited_environment(),
    )  # fmt: skip
    if done.returncode:
        raise PartFailedError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
