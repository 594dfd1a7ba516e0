from __future__ import annotations

import json

from camunda_client.c8.worker._lease import Loss, Stage, now_s
from tests.parts.fake_gateway import held, settings_of


def test_what_a_handler_makes_of_its_job_changes_nothing_that_we_know_of_it() -> None:
    one = held(7, now_s=0.0, retries=2)

    one.job.job_key, one.job.retries = "1/../../x", None  # type: ignore[assignment]

    assert (one.key, one.retries) == ("7", 2)


def test_an_extension_asks_for_the_lease_of_the_settings() -> None:
    one = held(now_s=0.0, lease_s=2.5)

    assert json.loads(one.extension()) == {"changeset": {"timeout": 2500}}


def test_what_is_told_of_a_job_carries_its_leases_token_where_there_is_one() -> None:
    one = held(now_s=0.0, jobLeaseToken='to"ken')

    assert json.loads(one.signed(b'{"a":1}')) == {"a": 1, "jobLeaseToken": 'to"ken'}
    assert json.loads(one.extension())["jobLeaseToken"] == 'to"ken'
    assert held(now_s=0.0).signed(b'{"a":1}') == b'{"a":1}'


def test_its_settings_limit_for_how_long_a_lease_is_extended() -> None:
    limited = held(now_s=100.0, settings=settings_of(timeout=1000, max_lease=5000))

    assert limited.may_be_extended(104.9)
    assert not limited.may_be_extended(105.0)
    assert not held(now_s=100.0, settings=settings_of(timeout=1000, auto_extend=False)).may_be_extended(100.0)


def test_a_lease_that_was_let_go_is_not_extended() -> None:
    one = held(now_s=100.0)
    assert one.may_be_extended(1e9)

    one.overdue = True

    assert not one.may_be_extended(100.0)


def test_a_job_is_ours_while_its_lease_holds() -> None:
    one = held(now_s=now_s(), lease_s=60.0)
    assert one.is_ours()

    one.lease.lose(Loss.REFUSED)

    assert not one.is_ours()


def test_only_a_settled_job_is_settled() -> None:
    one = held(now_s=0.0)

    found = []
    for stage in Stage:
        one.stage = stage
        found.append(one.is_settled())

    assert found == [False, False, False, True]
