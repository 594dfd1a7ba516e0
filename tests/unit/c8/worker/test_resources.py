"""What decorators and settings say of resources, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client import config
from camunda_client.c8 import worker
from camunda_client.c8.worker import Resource, camunda_worker, worker_settings
from camunda_client.c8.worker._resources import settled
from camunda_client.error import ConfigurationError

Options = dict[str, Any]


@pytest.fixture(autouse=True)
def _configured_anew() -> Iterator[None]:
    config.reset_config()
    yield
    config.reset_config()


def registered(**options: Any) -> worker.WorkerSettings:
    worker.clear()
    camunda_worker("pay", **options)(lambda job: None)
    [only] = worker.registered_workers()
    worker.clear()
    return worker_settings(only)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"rate": "20"}, "rate of @camunda_worker(job_type='pay') is '20'; it should be a rate such as '20/s'"),
        ({"pause": "22:00-06:00"}, "pause of @camunda_worker(job_type='pay') is '22:00-06:00'; it should be a pause"),
        ({"limit": -1}, "limit of @camunda_worker(job_type='pay') is -1; it must be a whole number"),
        ({"resource": 5}, "resource of @camunda_worker(job_type='pay') is 5; it must be a name, a Resource"),
        ({"resource": ["a", ""]}, "it must be a name, a Resource, or a list of them"),
        ({"resource": ["a", "b"], "limit": 8}, "with several, say limit, rate and pause in a Resource(...)"),
        ({"per": 5}, "per of @camunda_worker(job_type='pay') is 5; it must be the name of a variable"),
        ({"per_limit": 2}, "it needs per, the variable whose values are counted"),
    ],
)
def test_what_can_t_be_is_refused_at_decoration(options: Options, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        registered(**options)

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": ""}, "a resource needs a name"),
        ({"opens_after": 5}, "Resource('crm') needs both opens_after and opens_on"),
        ({"opens_on": ValueError}, "Resource('crm') needs both opens_after and opens_on"),
        ({"opens_after": 5, "opens_on": "no.such.Error"}, "opens_on of Resource('crm') is 'no.such.Error'; it names"),
        ({"opens_after": 5, "opens_on": 7}, "it must be exception classes, or their dotted names"),
        ({"rate": ["1/s", "2/s", "3/s", "4/s", "5/s"]}, "it must be 4 at most"),
    ],
)
def test_a_resource_that_can_t_be_is_refused(options: Options, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Resource(**{"name": "crm", **options})

    assert problem in str(refused.value)


def test_a_variable_that_is_not_fetched_can_t_be_counted_by() -> None:
    with pytest.raises(ConfigurationError, match=r"per of .* is 'customer', which its fetch_variables don't bring"):
        registered(per="customer", fetch_variables=["order"])


def test_caps_without_a_resource_are_the_type_s_own() -> None:
    [own] = registered(limit=3, rate="20/s").resources

    assert (own.name, own.limit, own.rate) == ("type pay", 3, ("20/s",))


def test_types_without_caps_have_none() -> None:
    assert registered().resources == ()


def test_a_resource_is_what_all_say_of_it_together() -> None:
    crm = Resource("crm", opens_after=5, opens_on=("ConnectionError", OSError))
    used = [*registered(resource="crm", limit=8).resources, *registered(resource=crm).resources]
    config.initialize_config(
        {"api": {"baseUrl": "http://h", "resources": {"crm": {"limit": 99, "rate": "5/s, 90/min"}}}}
    )

    [found] = settled(used, config.get_config().api.resources).values()

    assert (found.limit, found.rate, found.opens_after) == (8, ("5/s", "90/min"), 5)
    assert found.opens_on == (ConnectionError, OSError)
    assert found.opens_for == 30_000


def test_two_places_that_contradict_each_other_are_named() -> None:
    used = [*registered(resource="crm", limit=8).resources, Resource("crm", limit=9)]

    with pytest.raises(ConfigurationError, match=r"resource 'crm' has two values of limit: 8 in .*, and 9 in Resource"):
        settled(used, {})


def test_a_name_of_which_nothing_says_what_it_bears_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"resource 'crm' of .* caps nothing; say what it bears"):
        settled(registered(resource="crm").resources, {})


@pytest.mark.parametrize(
    ("api", "problem"),
    [
        ({"resources": {"crm": {"rate": "20"}}}, "api.resources.crm.rate.0 is '20': it should be a rate such as"),
        ({"resources": {"crm": {"limt": 8}}}, "api.resources.crm.limt is unknown; did you mean limit?"),
        ({"jobs": {"pay": {"pause": "22:00"}}}, "api.jobs.pay.pause.0 is '22:00': it should be a pause such as"),
    ],
)
def test_settings_that_can_t_be_are_refused(api: Options, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        config.initialize_config({"api": {"baseUrl": "http://h", **api}})

    assert problem in str(refused.value)


def test_settings_of_a_type_cap_it() -> None:
    caps = {"resource": "crm,erp", "per": "customer", "perLimit": 2}
    config.initialize_config({"api": {"baseUrl": "http://h", "jobs": {"pay": caps}}})

    found = registered()

    assert [resource.name for resource in found.resources] == ["crm", "erp"]
    assert (found.per, found.per_limit) == ("customer", 2)
