"""What is right is taken as it always was; what is wrong is told once, with option, value and remedy."""

from __future__ import annotations

import pickle
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from camunda_client.config import (
    ApiConfig,
    AuthConfig,
    BasicAuthConfig,
    C8Config,
    JobConfig,
    SaasAuthConfig,
    SelfManagedAuthConfig,
    TlsConfig,
    WorkerConfig,
)
from camunda_client.error import ConfigurationError

SECRET = "geh$im${HOME}"


def self_managed(**options: Any) -> SelfManagedAuthConfig:
    given = {"clientId": "me", "clientSecret": SECRET, "oidcTokenUrl": "https://login.example/token"}
    return SelfManagedAuthConfig(**{**given, **options})


def refused(make: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert SECRET not in str(caught.value)
    return caught.value


def test_the_readmes_configuration_is_taken_as_printed_there() -> None:
    config = C8Config(
        auth=AuthConfig(selfManaged=self_managed()),
        api=ApiConfig(baseUrl="http://localhost:8080", job=JobConfig(worker="c8-example-worker", timeout=5000)),
    )

    assert (config.api.job.worker, config.api.job.timeout) == ("c8-example-worker", 5000)
    assert config.auth is not None
    assert config.auth.get_url() == "https://login.example/token"


def test_options_have_the_defaults_they_always_had() -> None:
    job = JobConfig()

    assert (job.polling_interval, job.worker, job.timeout) == (5000, "camunda-8-client-worker", 10000)
    assert (job.request_timeout, job.tenant_ids, job.max_jobs_to_activate, job.max_jobs_active) == (
        None,
        None,
        None,
        100,
    )


def test_snake_case_and_numbers_in_strings_are_welcome() -> None:
    assert JobConfig(polling_interval="7", max_jobs_active="3") == JobConfig(pollingInterval=7, maxJobsActive=3)


@pytest.mark.parametrize(
    ("given", "rest_url"),
    [
        ("http://localhost:8080", "http://localhost:8080/v2"),
        ("http://localhost:8080/", "http://localhost:8080/v2"),
        ("http://localhost:8080/v2", "http://localhost:8080/v2"),
        ("http://localhost:8080/v2/", "http://localhost:8080/v2"),
        ("https://bru-2.zeebe.camunda.io/3f2b-11", "https://bru-2.zeebe.camunda.io/3f2b-11/v2"),
        ("https://host/behind/a/proxy/v2", "https://host/behind/a/proxy/v2"),
        ("http://[::1]:8080", "http://[::1]:8080/v2"),
        (" HTTP://host ", "HTTP://host/v2"),
    ],
)
def test_endpoints_are_appended_to_any_way_of_writing_the_base(given: str, rest_url: str) -> None:
    assert ApiConfig(baseUrl=given).rest_url == rest_url


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("localhost:8080", "must begin with http:// or https://"),
        ("ftp://host", "must begin with http:// or https://"),
        ("http://", "has no host name"),
        ("http://:8080", "has no host name"),
        ("http://host:port", "is not a valid URL"),
        ("http://host:99999", "is not a valid URL"),
        ("http://[::1", "is not a valid URL"),
        ("http://a..b", "is not a valid URL: a part of its host name is empty"),
        ("http://.", "is not a valid URL: a part"),
        ("http://" + "a" * 64 + ".b", "is not a valid URL: a part"),
        ("http://" + "a." * 130 + "b", "is not a valid URL: a part"),
        ("http://a,b", "is not a valid URL: a part"),
        ("https://me:geheim@host", "must not contain a user name or password"),
        ("https://me:ge/geheim@host:8080", "must not contain a user name or password"),
        ("https://me:gehe@geheim@host", "must not contain a user name or password"),
        ("https://me:geheim#x@host", "must not contain a user name or password"),
        ("https://me:x?geheim@host", "must not contain a user name or password"),
        ("https://[me:geheim@host", "is not a valid URL"),
        ("me:geheim@host:8080", "must begin with http:// or https://"),
        ("https//me:geheim@host", "must begin with http:// or https://"),
        ("ftp://me:ge/geheim@host", "must begin with http:// or https://"),
        ("https://host?to=me@geheim", "must end before any '?' or '#'"),
        ("https://host?token=geheim", "must end before any '?' or '#'"),
        ("https://host#x", "must end before any '?' or '#'"),
        ("https://host/../admin", "must not contain '.' or '..'"),
        ("https://ho\nst", "must not be empty nor contain blanks"),
        ("", "must not be empty"),
        (None, "is None"),
    ],
)
def test_an_address_that_can_not_be_one_is_refused(given: str | None, why: str) -> None:
    error = refused(lambda: ApiConfig(baseUrl=given))

    assert why in str(error)
    assert "geheim" not in str(error)
    assert "CAMUNDA_REST_ADDRESS" in str(error)
    assert error.option == "api.baseUrl"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout": -1}, "api.job.timeout is -1: it should be greater than or equal to 1"),
        ({"timeout": "soon"}, "api.job.timeout is 'soon': it should be a valid integer"),
        ({"requestTimeout": 30000}, "api.job.requestTimeout is 30000: it should be less than 30000"),
        ({"pollingInterval": -5}, "api.job.pollingInterval is -5"),
        ({"maxJobsActive": 0}, "api.job.maxJobsActive is 0"),
        ({"worker": ""}, "api.job.worker is ''"),
        ({"tenantIds": [""]}, "api.job.tenantIds"),
        ({"pollingIntervall": 5}, "api.job.pollingIntervall is unknown; did you mean pollingInterval?"),
        ({"baseUrl": "http://x"}, "api.job.baseUrl is unknown; did you mean api.baseUrl?"),
        ({"quux": 1}, "api.job.quux is unknown; known here: pollingInterval, worker, "),
    ],
)
def test_a_wrong_option_is_told_with_its_value_and_remedy(options: dict[str, Any], told: str) -> None:
    assert told in str(refused(lambda: JobConfig(**options)))


@pytest.mark.parametrize(
    ("section", "option"),
    [
        (ApiConfig, "timeout"), (ApiConfig, "connectTimeout"), (JobConfig, "pollingInterval"),
        (JobConfig, "handlerTimeout"), (WorkerConfig, "drainTimeout"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("longer", [2**31, 10**14, sys.maxsize, 10**30])
def test_a_wait_that_no_clock_can_hold_is_refused(section: Any, option: str, longer: int) -> None:
    """It was taken, and each call then raised an OverflowError."""
    given = {"baseUrl": "http://h"} if section is ApiConfig else {}
    section(**given, **{option: 2**31 - 1})

    error = refused(lambda: section(**given, **{option: longer}))

    assert f"{option} is {longer}: it should be less than or equal to 2147483647" in str(error)


def test_a_time_may_be_a_timedelta() -> None:
    """As in the decorator's arguments."""
    job = JobConfig(timeout=timedelta(minutes=1), requestTimeout=timedelta(seconds=9), retryBackOff=timedelta(0))
    worker = WorkerConfig(drainTimeout=timedelta(milliseconds=1500))

    assert (job.timeout, job.request_timeout, job.retry_back_off, worker.drain_timeout) == (60_000, 9000, 0, 1500)
    for wrong in (timedelta(seconds=-1), timedelta(microseconds=1)):
        with pytest.raises(ConfigurationError, match=r"api\.job\.timeout is .*in ms"):
            JobConfig(timeout=wrong)


def test_what_the_engine_waits_may_be_longer() -> None:
    year = 365 * 24 * 3600 * 1000

    job = JobConfig(timeout=year, maxLease=year, retryBackOff=year, retryBackOffMax=year)

    assert (job.timeout, job.max_lease, job.retry_back_off, job.retry_back_off_max) == (year,) * 4


def test_all_that_is_wrong_is_told_at_once_with_the_place_of_each() -> None:
    error = refused(
        lambda: C8Config(
            api={"baseUrl": "nowhere", "job": {"timeout": 0}, "jobs": {"pay": {"timeout": -2}}}, worker={"pool": 0}
        )
    )

    assert [option for option, _ in error.problems] == [
        "api.baseUrl", "api.job.timeout", "api.jobs.pay.timeout", "worker.pool",
    ]  # fmt: skip
    assert all(option in str(error) for option, _ in error.problems)


def test_a_missing_address_does_not_hide_what_else_is_wrong() -> None:
    error = refused(lambda: C8Config(api={"timeout": 0, 1: 2}))

    assert {option for option, _ in error.problems} == {"api.baseUrl", "api.timeout", "api.1"}
    assert "api.baseUrl is missing" in str(error)


@pytest.mark.parametrize(
    "kinds",
    [
        {"selfManaged": self_managed(), "saas": SaasAuthConfig(clientId="a", clientSecret=SECRET)},
        {"saas": {"clientId": "a", "clientSecret": SECRET}, "none": True},
        {"basic": {"username": "a", "password": SECRET}, "self_managed": self_managed()},
        {},
        {"selfManaged": None, "saas": None},
        {"none": False},
        {"none": "false"},
        {"none": "true", "basic": {"username": "a", "password": SECRET}},
    ],
)
def test_authentication_is_exactly_one_kind(kinds: dict[str, Any]) -> None:
    assert "exactly one of selfManaged, saas, basic or none=True" in str(refused(lambda: AuthConfig(**kinds)))


@pytest.mark.parametrize("no", [False, "false", "off", "0", 0])
def test_no_to_none_is_no_kind_of_authentication(no: Any) -> None:
    """As a text it counted as the one kind that was given, so that no token was ever sent."""
    auth = AuthConfig(none=no, basic={"username": "a", "password": SECRET})

    assert (auth.none, auth.basic is not None) == (False, True)


def test_a_none_that_is_neither_yes_nor_no_is_told() -> None:
    assert "auth.none is 'perhaps': it should be a valid boolean" in str(refused(lambda: AuthConfig(none="perhaps")))


def test_a_missing_credential_is_told_by_name() -> None:
    error = refused(lambda: self_managed(clientId=None, clientSecret=None))

    assert "auth.selfManaged.clientId is None" in str(error)
    assert "auth.selfManaged.clientSecret is None" in str(error)


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    error = refused(lambda: self_managed(clientSecret=[SECRET]))

    assert "auth.selfManaged.clientSecret has a wrong value (not shown)" in str(error)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("self_managed", {"client_id": "me", "client_secret": 12345678, "oidc_token_url": "https://login.example"}),
        ("selfManaged", {"clientId": "me", "clientSecret": 12345678, "oidcTokenUrl": "https://login.example"}),
        ("saas", {"client_id": "me", "client_secret": 12345678}),
        ("basic", {"username": "me", "password": 12345678}),
        ("basic", "me:12345678"),
        ("basic", 12345678),
    ],
)
def test_a_secret_is_not_shown_by_whichever_name_it_came(kind: str, names: Any) -> None:
    """By its snake_case name an option was not known to be secret, and a number that YAML took for one was shown."""
    error = refused(lambda: AuthConfig(**{kind: names}))

    assert "has a wrong value (not shown): it should be a valid" in str(error)
    assert "12345678" not in str(error)


def test_the_remedy_is_told_by_whichever_name_an_option_came() -> None:
    error = refused(lambda: ApiConfig(base_url="localhost:8080", job={"polling_interval": -1}))

    assert [option for option, _ in error.problems] == ["api.baseUrl", "api.job.pollingInterval"]
    assert "CAMUNDA_REST_ADDRESS" in str(error)
    assert "CAMUNDA_WORKER_POLLING_INTERVAL" in str(error)


def test_an_option_that_is_given_by_both_names_is_told() -> None:
    assert "api.baseUrl is given twice" in str(refused(lambda: ApiConfig(baseUrl="http://a", base_url="http://b")))


def test_a_form_has_the_secret_and_nothing_else_has() -> None:
    config = C8Config(
        api=ApiConfig(baseUrl="http://h", proxy=f"http://me:{SECRET}@proxy:3128"),
        auth=AuthConfig(selfManaged=self_managed(scope="zeebe", audience="api")),
    )

    assert config.auth is not None
    assert config.auth.get_request_data() == {
        "grant_type": "client_credentials", "client_id": "me", "client_secret": SECRET,
        "scope": "zeebe", "audience": "api",
    }  # fmt: skip
    shown = [repr(config), str(config), str(config.model_dump()), config.model_dump_json(), repr(config.auth)]
    assert [text for text in shown if SECRET in text] == []
    assert SECRET.encode() not in pickle.dumps(config)


def test_an_unpickled_secret_says_what_happened_to_it() -> None:
    copy = pickle.loads(pickle.dumps(BasicAuthConfig(username="u", password=SECRET)))

    with pytest.raises(ConfigurationError, match="pickles never hold secrets"):
        copy.password.get_secret_value()


def test_an_unpickled_copy_can_still_be_shown_and_compared() -> None:
    basic = BasicAuthConfig(username="u", password=SECRET)

    copy = pickle.loads(pickle.dumps(basic))

    assert copy != basic
    assert repr(copy) == repr(basic)


def test_pydantics_own_secrets_are_welcome() -> None:
    basic = BasicAuthConfig(username="u", password=SecretStr(SECRET))

    assert basic.password.get_secret_value() == SECRET
    assert basic == BasicAuthConfig(username="u", password=SECRET)


def test_an_empty_secret_is_told() -> None:
    error = refused(lambda: BasicAuthConfig(username="", password=""))

    assert "auth.basic.username is '': it should not be empty" in str(error)
    assert "auth.basic.password has a wrong value (not shown): it should not be empty" in str(error)


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (lambda text: BasicAuthConfig(username="u", password=text), "auth.basic.password"),
        (lambda text: BasicAuthConfig(username=text, password="p"), "auth.basic.username"),
        (lambda text: self_managed(clientSecret=text), "auth.selfManaged.clientSecret"),
        (lambda text: self_managed(clientSecret=SecretStr(text)), "auth.selfManaged.clientSecret"),
        (lambda text: self_managed(scope=text), "auth.selfManaged.scope"),
        (lambda text: SaasAuthConfig(clientId="a", clientSecret="s", audience=text), "auth.saas.audience"),
        (lambda text: ApiConfig(baseUrl="http://h", proxy=f"http://me:{text}@proxy"), "api.proxy"),
    ],
)
def test_a_text_that_no_request_can_hold_is_refused_at_start(make: Any, option: str) -> None:
    """Variables with bytes that are no UTF-8 come as lone surrogates; each call raised UnicodeEncodeError."""
    error = refused(lambda: make("gehe\udcffim"))

    assert error.option == option
    assert "has bytes that are not UTF-8" in str(error)
    assert ("gehe" in str(error)) == option.endswith(("username", "scope", "audience"))


def test_a_copy_within_the_process_keeps_its_secret() -> None:
    basic = BasicAuthConfig(username="u", password=SECRET)

    assert basic.model_copy(deep=True).password.get_secret_value() == SECRET


def test_saas_asks_camundas_own_server_for_the_api() -> None:
    saas = SaasAuthConfig(clientId="a", clientSecret=SECRET)

    assert saas.get_url() == "https://login.cloud.camunda.io/oauth/token"
    assert saas.get_request_data()["audience"] == "zeebe.camunda.io"


def test_tokens_are_not_to_be_had_where_there_is_no_token_server() -> None:
    with pytest.raises(ConfigurationError, match="no tokens to fetch"):
        AuthConfig(none=True).get_url()


def test_one_type_differs_only_in_what_is_said_about_it() -> None:
    api = ApiConfig(baseUrl="http://h", job={"timeout": 5000, "worker": "w"}, jobs={"pay": {"maxJobsActive": 1}})
    config = C8Config(api=api)

    pay = config.job_for("pay")

    assert (pay.max_jobs_active, pay.timeout, pay.worker) == (1, 5000, "w")
    assert config.job_for("other") == api.job


def test_certificates_must_be_there_at_start(tmp_path: Path) -> None:
    pem = tmp_path / "ca.pem"
    pem.write_text("x")

    assert TlsConfig(caFile=str(pem)).ca_file == str(pem)
    assert "is not a file that can be read" in str(refused(lambda: TlsConfig(caFile=str(tmp_path / "gone.pem"))))
    assert "is set without api.tls.certFile" in str(refused(lambda: TlsConfig(keyFile=str(pem))))


def test_a_proxy_may_have_a_password_but_must_be_an_address() -> None:
    assert ApiConfig(baseUrl="http://h", proxy=f"http://me:{SECRET}@proxy:3128").proxy is not None
    assert "api.proxy has a wrong value (not shown)" in str(
        refused(lambda: ApiConfig(baseUrl="http://h", proxy=f"me:{SECRET}@proxy"))
    )


def test_blanks_around_a_proxy_are_dropped() -> None:
    """They passed the check and stayed, and each call raised InvalidURL."""
    proxy = ApiConfig(baseUrl="http://h", proxy=" http://me:geheim@proxy:3128 \n").proxy

    assert proxy is not None
    assert proxy.get_secret_value() == "http://me:geheim@proxy:3128"


@pytest.mark.parametrize("password", ["ge/geheim", "geheim?", "#geheim", "ge/he@im"])
def test_a_proxys_password_that_ends_its_address_is_refused_at_start(password: str) -> None:
    """Requests reads a host before the '/' and raised InvalidURL at each call."""
    error = refused(lambda: ApiConfig(baseUrl="http://h", proxy=f"http://me:{password}@proxy:3128"))

    assert "(not shown): it has a '/', '?' or '#' in its user name or password; write %2F" in str(error)
    assert password not in str(error)
