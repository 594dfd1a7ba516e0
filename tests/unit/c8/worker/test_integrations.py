from __future__ import annotations

import pytest

from camunda_client.c8.worker._integrations import VARIABLE, install, wanted
from camunda_client.error import ConfigurationError


@pytest.mark.parametrize(
    ("said", "names"), [(None, ["auto"]), ("none", ["none"]), ("sentry, loguru", ["sentry", " loguru"])]
)
def test_the_environment_says_what_is_wanted(
    monkeypatch: pytest.MonkeyPatch, said: str | None, names: list[str]
) -> None:
    if said is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, said)

    assert wanted() == names


@pytest.mark.parametrize("names", [[], ["none"], ["", " none "]])
def test_none_installs_nothing(names: list[str]) -> None:
    assert install(names) == []


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="did you mean sentry"):
        install(["sentri"])
    with pytest.raises(
        ConfigurationError, match=r"known: django, loguru, opentelemetry, sentry, sqlalchemy, auto, none"
    ):
        install(["xyz"])


def test_what_is_installed_is_not_installed_again() -> None:
    install(["auto"])

    assert install(["auto"]) == []
