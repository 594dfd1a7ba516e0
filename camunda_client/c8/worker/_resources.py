"""What a system behind handlers can bear, named, and shared by the job types that use it."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from camunda_client._caps import Pause, Rate
from camunda_client._process.cap_table import MOST_RATES
from camunda_client.c8.worker._checks import Arguments
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from camunda_client.c8.worker._checks import Milliseconds, Names
    from camunda_client.config import JobConfig, ResourceConfig

    #: Exceptions, as classes or by dotted names.
    Exceptions = type[BaseException] | str | Iterable[type[BaseException] | str]

#: Milliseconds for which a circuit stays open unless said otherwise.
OPENS_FOR_MS = 30_000
#: What two definitions of one resource must not say differently, and what means that one says nothing of it.
_CAPS: dict[str, Any] = {"limit": None, "rate": (), "pause": (), "opens_after": None}


@dataclass(frozen=True)
class Resource:
    """A system that handlers use, such as a database, and what it can bear. Job types that name it share its caps.

        oracle = Resource("oracle", limit=8, rate="20/s", opens_after=5, opens_on=oracledb.OperationalError)

        @camunda_worker(job_type="book-order", resource=oracle)

    No more jobs are asked for than the tightest cap allows, so that none waits while its lease runs.

    Attributes:
        name: What types and settings call it.
        limit: Jobs in flight at most, of all its types together.
        rate: Starts at most: ``"20/s"``, ``"600/min"``, ``"5000/h"``; or several, which all hold.
        pause: When nothing is asked for: ``"22:00-06:00 Europe/Berlin"``, ``"Sat-Sun 00:00-24:00 Europe/Berlin"``;
            or several.
        opens_after: Failures in a row, by ``opens_on``, after which the circuit opens: nothing is asked for.
        opens_on: Exceptions that say that the system is at fault: classes, or dotted names such as
            ``"requests.ConnectionError"``. A job that fails by one keeps its retries.
        opens_for: Milliseconds, or a ``timedelta``, for which the circuit stays open before one job is tried.
        said_by: What messages call this definition.

    Raises:
        ConfigurationError: A value that can't be; the message names it.
    """

    name: str
    limit: int | None = None
    rate: Names | None = None
    pause: Names | None = None
    opens_after: int | None = None
    opens_on: Exceptions = ()
    opens_for: Milliseconds = OPENS_FOR_MS
    said_by: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ConfigurationError(f"a resource needs a name, got {self.name!r}; write it as Resource('oracle', ...)")
        read = Arguments("", self.said_by or f"Resource({self.name!r})")
        read_values: dict[str, Any] = {
            "limit": read.count("limit", self.limit) or None,
            "rate": _texts(read, "rate", self.rate, Rate.parse),
            "pause": _texts(read, "pause", self.pause, Pause.parse),
            "opens_after": read.count("opens_after", self.opens_after) or None,
            "opens_on": _exceptions(read, self.opens_on),
            "opens_for": read.milliseconds("opens_for", self.opens_for) or OPENS_FOR_MS,
            "said_by": read.whose,
        }
        for name, value in read_values.items():
            object.__setattr__(self, name, value)
        if (self.opens_after is None) != (not self.opens_on):
            raise ConfigurationError(
                f"{read.whose} needs both opens_after and opens_on: how many failures in a row open the circuit, and "
                "by which exceptions"
            )

    @property
    def rates(self) -> tuple[Rate, ...]:
        """Its rates, read."""
        return tuple(map(Rate.parse, self.rate or ()))

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """Its pauses, read."""
        return tuple(map(Pause.parse, self.pause or ()))

    @property
    def caps_nothing(self) -> bool:
        """Whether it says nothing that could hold jobs back."""
        return all(getattr(self, cap) == unset for cap, unset in _CAPS.items())

    def merged(self, other: Resource) -> Resource:
        """Return what two definitions of one resource say together.

        Raises:
            ConfigurationError: They say different things of the same cap.
        """
        for cap, unset in _CAPS.items():
            mine, theirs = getattr(self, cap), getattr(other, cap)
            if mine != unset and theirs not in (unset, mine):
                raise ConfigurationError(
                    f"resource {self.name!r} has two values of {cap}: {_shown(mine)} in {self.said_by}, and "
                    f"{_shown(theirs)} in {other.said_by}; keep one"
                )
        return self.over(other)

    def over(self, other: Resource) -> Resource:
        """Return what this says where it says something, and what the other says elsewhere."""
        changes = {cap: getattr(other, cap) for cap, unset in _CAPS.items() if getattr(self, cap) == unset}
        if self.opens_after is None:
            changes |= {"opens_on": other.opens_on, "opens_for": other.opens_for}
        return replace(self, **changes)


@dataclass(frozen=True)
class TypeCaps:
    """What a job type says of its caps; ``None`` leaves it to the configuration."""

    used: tuple[Resource | str, ...] = ()
    limit: int | None = None
    rate: tuple[str, ...] = ()
    pause: tuple[str, ...] = ()
    per: str | None = None
    per_limit: int | None = None

    @classmethod
    def read(
        cls,
        read: Arguments,
        used: tuple[Resource | str, ...],
        limit: int | None,
        rate: Names | None,
        pause: Names | None,
        per: str | None,
        per_limit: int | None,
    ) -> TypeCaps:
        """Return what a decorator says.

        Raises:
            ConfigurationError: A value that can't be, or caps of which it is not clear whose they are.
        """
        own = Resource("of one type", limit, rate, pause, said_by=read.whose)
        if len(used) > 1 and not own.caps_nothing:
            raise read.refused(
                "resource", [_name(one) for one in used], "with several, say limit, rate and pause in a Resource(...)"
            )
        if per is not None and not (isinstance(per, str) and per.strip()):
            raise read.refused("per", per, "it must be the name of a variable")
        if per_limit is not None and per is None:
            raise read.refused("per_limit", per_limit, "it needs per, the variable whose values are counted")
        return cls(used, own.limit, own.rate, own.pause, per, read.count("per_limit", per_limit) or None)  # type: ignore[arg-type]

    def over(self, job: JobConfig) -> TypeCaps | None:
        """Return what this says where it says something, else what the configuration says; ``None`` for no caps."""
        caps = TypeCaps(
            self.used or tuple(job.resource or ()),
            self.limit or job.limit,
            self.rate or tuple(job.rate or ()),
            self.pause or tuple(job.pause or ()),
            self.per or job.per,
            self.per_limit or job.per_limit,
        )
        return None if caps == _NO_CAPS else caps

    def resources(self, job_type: str, where: str) -> Iterator[Resource]:
        """Yield the resources of a type, with what it says of them."""
        own = Resource(
            _name(self.used[0]) if len(self.used) == 1 else f"type {job_type}",
            self.limit,
            self.rate,
            self.pause,
            said_by=where,
        )
        if not self.used and not own.caps_nothing:
            yield own
        for one in self.used:
            said = own if len(self.used) == 1 else Resource(_name(one), said_by=where)
            if isinstance(one, Resource):
                said = said.merged(one)
            yield said


_NO_CAPS = TypeCaps()


def settled(used: Iterable[Resource], configured: Mapping[str, ResourceConfig]) -> dict[str, Resource]:
    """Return each resource with all that the types and the configuration say of it, by name.

    Raises:
        ConfigurationError: They contradict each other, or nothing says what one bears.
    """
    found: dict[str, Resource] = {}
    for one in used:
        found[one.name] = found[one.name].merged(one) if one.name in found else one
    for name, resource in found.items():
        if name in configured:
            found[name] = resource.over(_of_configuration(name, configured[name]))
        if found[name].caps_nothing:
            raise ConfigurationError(
                f"resource {name!r} of {resource.said_by} caps nothing; say what it bears, by limit=, rate= or pause= "
                f"of a decorator, a Resource({name!r}, ...) or api.resources"
            )
    return found


def _of_configuration(name: str, said: ResourceConfig) -> Resource:
    return Resource(
        name,
        said.limit,
        said.rate,
        said.pause,
        said.opens_after,
        said.opens_on or (),
        said.opens_for,
        said_by=f"api.resources.{name}",
    )


def _name(one: Resource | str) -> str:
    return one.name if isinstance(one, Resource) else one


def read_resources(read: Arguments, value: Any) -> tuple[Resource | str, ...]:
    """Return the resources that a decorator names.

    Raises:
        ConfigurationError: One is neither a name nor a :class:`Resource`.
    """
    several = (value,) if isinstance(value, (str, Resource)) else value
    if several is None:
        return ()
    if not isinstance(several, (list, tuple)) or not all(
        isinstance(one, Resource) or (isinstance(one, str) and one.strip()) for one in several
    ):
        raise read.refused("resource", value, "it must be a name, a Resource, or a list of them")
    return tuple(several)


def _texts(read: Arguments, option: str, value: Any, parse: Callable[[str], object]) -> tuple[str, ...]:
    texts = read.names(option, value) or []
    for text in texts:
        try:
            parse(text)
        except ValueError as error:
            raise read.refused(option, value, f"it {error}") from None
    if len(texts) > MOST_RATES:
        raise read.refused(option, value, f"it must be {MOST_RATES} at most")
    return tuple(text.strip() for text in texts)


def _exceptions(read: Arguments, value: Any) -> tuple[type[BaseException], ...]:
    several = value if isinstance(value, Iterable) and not isinstance(value, (str, type)) else (value,)
    return tuple(_exception(read, one) for one in several)


def _exception(read: Arguments, one: object) -> type[BaseException]:
    found = one
    if isinstance(one, str):
        try:
            found = pkgutil.resolve_name(one if "." in one else f"builtins.{one}")
        except (ValueError, ImportError, AttributeError) as error:
            raise read.refused("opens_on", one, f"it names nothing that can be imported: {error}") from None
    if not inspect.isclass(found) or not issubclass(found, BaseException):
        raise read.refused("opens_on", one, "it must be exception classes, or their dotted names")
    return found


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
