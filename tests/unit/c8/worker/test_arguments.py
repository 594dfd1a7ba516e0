from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from camunda_client.c8.worker._checks import Arguments
from camunda_client.error import ConfigurationError

READ = Arguments("greet")


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (None, None),
        ("amount", ["amount"]),
        (["b", "a"], ["b", "a"]),
        (("a",), ["a"]),
        ({"b", "a"}, ["a", "b"]),
        ([], []),
        ({"a": 1}.keys(), ["a"]),
    ],
)
def test_one_name_or_several_are_names(value: Any, names: list[str] | None) -> None:
    assert READ.names("fetch_variables", value) == names


@pytest.mark.parametrize("value", [5, [5], [None], "", [" "], b"name", [b"name"], {"name": 1}, object()])
def test_what_is_no_name_is_refused_by_its_argument(value: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"fetch_variables of @camunda_worker\(job_type='greet'\) is .*a name or"
    ):
        READ.names("fetch_variables", value)


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [(None, None), (0, 0), (5000, 5000), (5000.0, 5000), ("5000", 5000), (timedelta(seconds=5), 5000)],
)
def test_times_may_be_numbers_texts_and_timedeltas(value: Any, milliseconds: int | None) -> None:
    assert READ.milliseconds("timeout", value) == milliseconds


@pytest.mark.parametrize(
    "value", [-1, True, "soon", "", 0.5, float("nan"), float("inf"), 2**63, [5], timedelta(seconds=-1), "5 s"]
)
def test_what_is_no_time_is_refused_by_its_argument(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"timeout of @camunda_worker\(job_type='greet'\) is .*milliseconds"):
        READ.milliseconds("timeout", value)


@pytest.mark.parametrize("value", [-1, 1.5, "many", True, 2**31, [1]])
def test_what_is_no_count_is_refused_by_its_argument(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"max_jobs_active of .*whole number"):
        READ.count("max_jobs_active", value)


@pytest.mark.parametrize("value", ["no", 0, 1, []])
def test_what_is_no_choice_is_refused_by_its_argument(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"auto_extend of .*True or False"):
        READ.choice("auto_extend", value)
