"""A real Camunda 8.6.0 on loopback, without Docker: for development, demos and tests.

The distribution is fetched by Maven once (300 MB) and kept in the user's cache; it starts in about ten seconds.
Its licence is Camunda's own (Camunda License 1.0): run it for development and tests, ship nothing of it.
Works in a process patched by gevent and in an unpatched one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from camunda_client.testing._java import find_java
from camunda_client.testing._loopback import free_ports, look
from camunda_client.testing._maven import Distribution, unpacked
from camunda_client.testing._part import MissingPartError, PartFailedError
from camunda_client.testing._process import ServerProcess, inherited_environment
from camunda_client.testing._records import RecordLog

__all__ = ["CAMUNDA_VERSION", "MissingPartError", "PartFailedError", "RealCamunda", "fetch_camunda", "find_java"]

#: The newest version whose whole distribution is in Maven Central.
CAMUNDA_VERSION = "8.6.0"

#: Seconds. 8 alone on two cores, 20 beside other load; a starved machine gets its chance.
START_TIMEOUT_S = 180.0

#: Seconds. After SIGTERM it waits for open polls to return, and those may last half a minute.
STOP_TIMEOUT_S = 60.0

#: Measured: 11 s and 450 MB as shipped, 8 s and 360 MB with these.
JVM_FLAGS = (
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData",
    "-Xshare:auto", "-Dfile.encoding=UTF-8",
)  # fmt: skip

#: Without this it also writes a second copy of its log into the distribution, which engines share.
_LOG4J2 = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN" shutdownHook="disable">
  <Appenders>
    <Console name="Console" target="SYSTEM_OUT">
      <PatternLayout pattern="%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %logger{36} - %msg%n"/>
    </Console>
  </Appenders>
  <Loggers><Root level="info"><AppenderRef ref="Console"/></Root></Loggers>
</Configuration>
"""


def fetch_camunda(version: str = CAMUNDA_VERSION) -> Path:
    """Return the folder of an unpacked Camunda distribution, fetched by Maven if this machine doesn't have it yet.

    It is kept in ``$XDG_CACHE_HOME/c8-client`` (``~/.cache/c8-client``). Two processes may ask at once.

    Raises:
        MissingPartError: Maven is missing or could not get it; the message says what to do.
    """
    return unpacked(Distribution("io.camunda", "camunda-zeebe", version))


class RealCamunda:
    """One broker with its gateway, on free loopback ports that it keeps over restarts.

    ``with RealCamunda() as camunda:`` starts it, waits until its partition has a leader, and ends it for good.
    It never outlives this process, however this process ends.
    """

    def __init__(
        self,
        *,
        data_dir: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        heap_mb: int = 256,
        export_records: bool = False,
    ) -> None:
        """Prepare an engine; nothing is started or downloaded yet.

        Args:
            data_dir: Where it keeps its state and its log; a temporary folder, removed by :meth:`close`, if left out.
            environment: Settings for the engine (``ZEEBE_BROKER_...``), on top of ours. Nothing of this process's
                environment reaches it but PATH, HOME and the locale.
            heap_mb: The JVM's heap. 256 serves some hundred open instances.
            export_records: Let it write every record into its log, for :meth:`records`.
        """
        self._own_folder = None if data_dir is not None else tempfile.TemporaryDirectory(prefix="camunda-")
        self._folder = Path(self._own_folder.name if self._own_folder is not None else str(data_dir)).resolve()
        self._extra = dict(environment or {})
        self._heap_mb = heap_mb
        self._export_records = export_records
        self._ports: list[int] = []
        self._process: ServerProcess | None = None
        self._records = RecordLog(self.log_path)

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>``, the same over restarts."""
        return f"http://127.0.0.1:{self._ports_kept()[0]}"

    @property
    def management_url(self) -> str:
        """Base of the actuator endpoints (``/actuator/partitions/pauseProcessing``, ...)."""
        return f"http://127.0.0.1:{self._ports_kept()[1]}"

    @property
    def pid(self) -> int:
        """The broker's process id.

        Raises:
            PartFailedError: it isn't running.
        """
        if self._process is None:
            raise PartFailedError("Camunda is not started; call start() first")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """What it printed, all starts in one file."""
        return self._folder / "camunda.log"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.running

    def start(self, timeout_s: float = START_TIMEOUT_S) -> RealCamunda:
        """Start it, or start it again on its data and ports, and return when it leads its partition.

        Raises:
            MissingPartError: no Java 21, no Maven or no distribution.
            PartFailedError: it ended or wasn't ready in time.
        """
        if self.running:
            raise PartFailedError(f"Camunda is running already (pid {self.pid}); call stop() or kill() first")
        java, home = find_java(21), fetch_camunda()
        (self._folder / "tmp").mkdir(parents=True, exist_ok=True)
        (self._folder / "log4j2.xml").write_text(_LOG4J2)
        self._process = ServerProcess("Camunda", self._command(java, home), self._environment(), self.log_path)
        self._process.wait_until(self.ready, timeout_s)
        return self

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """End it in its own way (SIGTERM): it answers the open polls first. Its data stay for the next start."""
        process, self._process = self._process, None
        if process is not None:
            process.stop(timeout_s)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would. Its data stay for the next start."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Kill it and remove its data, unless ``data_dir`` was given."""
        self.kill()
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def __enter__(self) -> RealCamunda:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ready(self) -> bool:
        """Whether its partitions lead and process, and its REST API answers."""
        rest, management = self._ports_kept()[:2]
        status, topology = look(rest, "/v2/topology")
        # Where it asks for tokens, 401 comes a little before the partition leads, and the actuator tells later still.
        return (status == 401 or (status == 200 and _has_leader(topology))) and _all_process(
            look(management, "/actuator/partitions")[1]
        )

    def records(self, value_type: str | None = None, intent: str | None = None) -> list[dict[str, Any]]:
        """Return the engine's records so far, oldest first: its own verdict on what happened.

        Args:
            value_type: Only these (``JOB``, ``INCIDENT``, ...).
            intent: Only these (``COMPLETED``, ``TIMED_OUT``, ...).

        Raises:
            PartFailedError: made without ``export_records=True``.
        """
        if not self._export_records:
            raise PartFailedError("this Camunda exports no records; make it with RealCamunda(export_records=True)")
        return self._records.read(value_type, intent)

    def wait_for_records(
        self,
        count: int,
        value_type: str,
        intent: str,
        *,
        of: Callable[[dict[str, Any]], bool] | None = None,
        timeout_s: float = 30.0,
    ) -> list[dict[str, Any]]:
        """Return the records asked for as soon as there are at least so many.

        Args:
            count: How many to wait for.
            value_type: As in :meth:`records`.
            intent: As in :meth:`records`.
            of: Counts a record by its ``value``; all if left out.
            timeout_s: Seconds to wait.

        Raises:
            PartFailedError: fewer after that time; the message says how many.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = [record for record in self.records(value_type, intent) if of is None or of(record["value"])]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise PartFailedError(f"{len(found)} of {count} {value_type} {intent} records after {timeout_s:g} s")
            time.sleep(0.1)

    def _ports_kept(self) -> list[int]:
        if not self._ports:
            self._ports = free_ports(5)
        return self._ports

    def _command(self, java: Path, home: Path) -> list[str]:
        # The distribution's own script would do, but it sets app.home to the folder that engines share.
        return [
            str(java), f"-Xmx{self._heap_mb}m", *JVM_FLAGS,
            f"-Djava.io.tmpdir={self._folder / 'tmp'}", f"-Dlogging.config={self._folder / 'log4j2.xml'}",
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.xml'}",
            "-classpath", f"{home / 'config'}:{home / 'lib'}/*",
            "-Dapp.name=broker", f"-Dapp.home={self._folder}", f"-Dbasedir={self._folder}",
            "io.camunda.application.StandaloneBroker",
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        rest, management, grpc, command, internal = map(str, self._ports_kept())
        here = "127.0.0.1"
        settings = {
            "SERVER_ADDRESS": here, "SERVER_PORT": rest,
            "MANAGEMENT_SERVER_ADDRESS": here, "MANAGEMENT_SERVER_PORT": management,
            "ZEEBE_BROKER_NETWORK_HOST": here,
            "ZEEBE_BROKER_GATEWAY_NETWORK_HOST": here, "ZEEBE_BROKER_GATEWAY_NETWORK_PORT": grpc,
            "ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT": command, "ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT": internal,
            "ZEEBE_BROKER_DATA_DIRECTORY": str(self._folder / "data"),
            # 16 instead of 128 MB of disk for each engine.
            "ZEEBE_BROKER_DATA_LOGSEGMENTSIZE": "16MB",
        }  # fmt: skip
        if self._export_records:
            exporter = "io.camunda.zeebe.broker.exporter.debug.DebugLogExporter"
            settings["ZEEBE_BROKER_EXPORTERS_DEBUG_CLASSNAME"] = exporter
            settings["ZEEBE_BROKER_EXPORTERS_DEBUG_ARGS_LOGLEVEL"] = "info"
        return {**inherited_environment(), **settings, **self._extra}


def _has_leader(topology: Any) -> bool:
    brokers = (topology or {}).get("brokers") or []
    return any(partition.get("role") == "leader" for broker in brokers for partition in broker.get("partitions") or [])


def _all_process(partitions: Any) -> bool:
    return bool(partitions) and all(
        partition.get("role") == "LEADER" and partition.get("streamProcessorPhase") in ("PROCESSING", "PAUSED")
        for partition in partitions.values()
    )
