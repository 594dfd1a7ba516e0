"""The configuration is set once, from code, the environment and .env, in that order of weight."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client import config
from camunda_client.config import ApiConfig, AuthConfig, C8Config, JobConfig
from camunda_client.config._options import OPTIONS
from camunda_client.config._sections import Section
from camunda_client.error import ConfigurationError


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[None]:
    """Let permissions hold, which they don't for root, and give them back to the folder at the end."""
    root, mode = os.geteuid() == 0, tmp_path.stat().st_mode
    if root:
        os.chown(tmp_path, 65534, -1)
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)
    tmp_path.chmod(mode)


def test_it_is_asked_for_before_it_was_set() -> None:
    with pytest.raises(RuntimeError, match=r"initialize_config\(\).*without arguments it reads the environment"):
        config.get_config()


def test_it_is_set_once() -> None:
    config.initialize_config({"api": {"baseUrl": "http://h"}})

    with pytest.raises(RuntimeError, match="set already"):
        config.initialize_config({"api": {"baseUrl": "http://h"}})


def test_what_was_refused_was_not_set() -> None:
    with pytest.raises(ConfigurationError):
        config.initialize_config({"api": {"baseUrl": "nowhere"}})

    config.initialize_config({"api": {"baseUrl": "http://h"}})
    assert config.get_config().api.base_url == "http://h"


@pytest.mark.parametrize("names", [("api", "baseUrl", "pollingInterval"), ("api", "base_url", "polling_interval")])
def test_a_dict_may_be_written_either_way(names: tuple[str, str, str]) -> None:
    api, base_url, polling_interval = names

    config.initialize_config({api: {base_url: "http://h", "job": {polling_interval: 77}}})

    assert config.get_config().api.job.polling_interval == 77


def test_an_object_wins_over_a_dict() -> None:
    config.initialize_config({"api": {"baseUrl": "http://dict"}}, C8Config(api=ApiConfig(baseUrl="http://object")))

    assert config.get_config().api.base_url == "http://object"


@pytest.mark.parametrize("wrong", ["file.yml", 5, ["api"]])
def test_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes a dict or a C8Config"):
        config.initialize_config(wrong)


def test_a_name_that_is_no_text_is_an_unknown_option() -> None:
    with pytest.raises(ConfigurationError, match="5 is unknown"):
        config.initialize_config({"api": {"baseUrl": "http://h"}, 5: 6})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"api": {"baseUrl": "http://h", 1: 2}}, "api.1 is unknown; known here: baseUrl"),
        ({"api": {"baseUrl": "http://h", "tls": {None: 2}}}, "api.tls.None is unknown"),
        ({"api": {"baseUrl": "http://h", "jobs": {"pay": {1: 2}}}}, "api.jobs.pay.1 is unknown"),
        ({"api": {"baseUrl": "http://h", "jobs": {1: {}}}}, "api.jobs.1.[key] is 1: it should be a valid string"),
        ({"api": {"baseUrl": "http://h"}, "auth": {"basic": {True: "x"}}}, "auth.basic.True is unknown"),
    ],
)
def test_a_name_further_in_that_is_no_text_is_told(options: dict[str, Any], told: str) -> None:
    """It was a TypeError: keywords must be strings."""
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        config.initialize_config(options)


def test_without_arguments_all_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "http://env:8080/v2/")
    monkeypatch.setenv("CAMUNDA_TENANT_IDS", "a, b")
    monkeypatch.setenv("CAMUNDA_WORKER_MAX_CONCURRENT_JOBS", "7")
    monkeypatch.setenv("CAMUNDA_WORKER_AUTO_EXTEND", "false")

    config.initialize_config()

    found = config.get_config()
    assert (found.api.base_url, found.auth) == ("http://env:8080", None)
    assert (found.api.job.tenant_ids, found.api.job.max_jobs_active, found.api.job.auto_extend) == (
        ["a", "b"],
        7,
        False,
    )


def test_code_wins_over_the_environment_and_the_environment_over_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "CAMUNDA_REST_ADDRESS=http://dotenv\nCAMUNDA_WORKER_TIMEOUT=1\nCAMUNDA_WORKER_NAME=dotenv\n"
        "CAMUNDA_WORKER_REQUEST_TIMEOUT=1234\n"
    )
    monkeypatch.setenv("CAMUNDA_WORKER_TIMEOUT", "2")
    monkeypatch.setenv("CAMUNDA_WORKER_NAME", "environment")

    config.initialize_config(config=C8Config(api=ApiConfig(job=JobConfig(worker="code"))))

    job = config.get_config().api.job
    assert config.get_config().api.base_url == "http://dotenv"
    assert (job.worker, job.timeout, job.request_timeout) == ("code", 2, 1234)


def test_an_alias_in_the_environment_wins_over_the_main_name_in_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CAMUNDA_REST_ADDRESS=http://dotenv\n")
    monkeypatch.setenv("ZEEBE_REST_ADDRESS", "http://environment")

    config.initialize_config()

    assert config.get_config().api.base_url == "http://environment"


def test_a_default_written_out_in_code_still_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_WORKER_TIMEOUT", "2")

    config.initialize_config({"api": {"baseUrl": "http://h", "job": {"timeout": 10000}}})

    assert config.get_config().api.job.timeout == 10000


def test_a_dollar_in_dotenv_is_literal_and_the_file_leaves_the_environment_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfCAMUNDA_REST_ADDRESS=http://h\r\n"
        b"CAMUNDA_BASIC_AUTH_USERNAME='me'\r\nCAMUNDA_BASIC_AUTH_PASSWORD=a$b${HOME}\r\n"
    )

    config.initialize_config()

    auth = config.get_config().auth
    assert auth is not None
    assert auth.basic is not None
    assert auth.basic.password.get_secret_value() == "a$b${HOME}"
    assert "CAMUNDA_REST_ADDRESS" not in os.environ


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a$b${HOME}", "a$b${HOME}"),
        (r"C:\new\table", r"C:\new\table"),
        (r"'C:\new\table'", r"C:\new\table"),
        (r'"C:\new\table"', "C:\new\table"),
        (r'"C:\\new"', r"C:\new"),
        (r"'it\'s \\'", "it's \\"),
        ("ab#cd", "ab#cd"),
        ("ab #cd", "ab"),
        ("'ab #cd' # as told", "ab #cd"),
        ('"two\nlines"', "two\nlines"),
        ("' blanks '", "blanks"),
    ],
)
def test_dotenv_is_read_as_the_page_on_configuration_says(written: str, read: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"CAMUNDA_REST_ADDRESS=http://h\nCAMUNDA_WORKER_NAME={written}\n")

    config.initialize_config()

    assert config.get_config().api.job.worker == read


@pytest.mark.parametrize(
    "line",
    ['CAMUNDA_CLIENT_SECRET="geheim', "CAMUNDA_CLIENT_SECRET='geheim", 'CAMUNDA_CLIENT_SECRET="x"geheim'],
)
def test_a_line_of_dotenv_that_can_not_be_read_is_told_by_its_number(line: str, tmp_path: Path) -> None:
    """It was left out with a warning of python-dotenv's, and its secret was missing without a reason."""
    (tmp_path / ".env").write_text(f"CAMUNDA_REST_ADDRESS=http://h\n\n \n{line}\nCAMUNDA_CLIENT_ID=me\n")

    with pytest.raises(ConfigurationError, match=r"\.env can't be read from line 4 on: a quote isn't closed") as caught:
        config.initialize_config()

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("line", ["SHOP: geheim", 'SHOP="geheim', "=geheim"])
def test_a_line_of_dotenv_that_is_not_ours_is_not_ours_to_refuse(line: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{line}\nCAMUNDA_REST_ADDRESS=http://h\n")

    config.initialize_config()

    assert config.get_config().api.base_url == "http://h"


def test_dotenv_of_a_parent_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("CAMUNDA_REST_ADDRESS=http://parent\n")
    (tmp_path / "child").mkdir()
    monkeypatch.chdir(tmp_path / "child")

    with pytest.raises(ConfigurationError, match=r"api\.baseUrl is missing"):
        config.initialize_config()


def test_a_dotenv_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CAMUNDA_REST_ADDRESS=\xff\xfe\n")

    with pytest.raises(ConfigurationError, match=r"\.env can't be read: UnicodeDecodeError"):
        config.initialize_config()


def test_a_working_directory_that_is_gone_has_no_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was a FileNotFoundError, even if code said everything."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    config.initialize_config({"api": {"baseUrl": "http://h"}, "auth": {"none": True}})

    assert config.get_config().api.base_url == "http://h"


def test_a_working_directory_that_is_not_ours_to_look_into_has_no_dotenv(
    unprivileged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container whose working directory is root's home did not start under any other user."""
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "http://h")
    Path().chmod(0)

    config.initialize_config()

    assert config.get_config().api.base_url == "http://h"


def test_a_dotenv_that_is_there_and_not_ours_to_read_is_told(tmp_path: Path, unprivileged: None) -> None:
    Path(".env").touch(0)

    with pytest.raises(ConfigurationError, match=rf"{tmp_path}/\.env can't be read: PermissionError"):
        config.initialize_config({"api": {"baseUrl": "http://h"}})


def test_blank_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_WORKER_TIMEOUT", " ")
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "")
    monkeypatch.setenv("CAMUNDA_API_BASE_URL", "http://alias")

    config.initialize_config()

    assert (config.get_config().api.base_url, config.get_config().api.job.timeout) == ("http://alias", 10000)


def test_a_wrong_value_is_told_with_the_variable_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_WORKER_TIMEOUT", "soon")

    with pytest.raises(ConfigurationError, match=r"api\.job\.timeout is 'soon'.*came from CAMUNDA_WORKER_TIMEOUT"):
        config.initialize_config({"api": {"baseUrl": "http://h"}})


OAUTH = {"CAMUNDA_CLIENT_ID": "me", "CAMUNDA_CLIENT_SECRET": "s"}


@pytest.mark.parametrize(
    ("environment", "kind", "url"),
    [
        ({**OAUTH, "CAMUNDA_OAUTH_URL": "https://own/token"}, "self_managed", "https://own/token"),
        ({**OAUTH, "CAMUNDA_TOKEN_URL": "https://own/token"}, "self_managed", "https://own/token"),
        (OAUTH, "saas", "https://login.cloud.camunda.io/oauth/token"),
        (
            {**OAUTH, "CAMUNDA_OAUTH_URL": "https://login.cloud.camunda.io/oauth/token"},
            "saas",
            "https://login.cloud.camunda.io/oauth/token",
        ),
        (
            {
                "ZEEBE_CLIENT_ID": "me", "ZEEBE_CLIENT_SECRET": "s", "ZEEBE_TOKEN_AUDIENCE": "a",
                "ZEEBE_AUTHORIZATION_SERVER_URL": "https://login.other/token",
            },
            "saas",
            "https://login.other/token",
        ),
        (
            {"OIDC_CLIENT_ID": "me", "OIDC_CLIENT_SECRET": "s", "OIDC_TOKEN_URL": "https://own/token"},
            "self_managed",
            "https://own/token",
        ),
    ],
)  # fmt: skip
def test_the_environments_names_tell_which_kind_of_tokens(
    environment: dict[str, str], kind: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    auth = AuthConfig()

    assert getattr(auth, kind).client_id == "me"
    assert auth.get_url() == url


@pytest.mark.parametrize(("strategy", "kind"), [("NONE", "none"), ("basic", "basic"), ("OAUTH", "saas")])
def test_the_strategy_decides_where_several_kinds_are_there(
    strategy: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        **OAUTH, "CAMUNDA_BASIC_AUTH_USERNAME": "u", "CAMUNDA_BASIC_AUTH_PASSWORD": "p",
        "CAMUNDA_AUTH_STRATEGY": strategy,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    assert getattr(AuthConfig(), kind)


def test_an_unknown_strategy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_AUTH_STRATEGY", "MAGIC")

    with pytest.raises(ConfigurationError, match="CAMUNDA_AUTH_STRATEGY is 'MAGIC'; write NONE, BASIC or OAUTH"):
        AuthConfig()


@pytest.mark.parametrize(
    ("half", "told"),
    [
        ("CAMUNDA_CLIENT_ID", r"clientSecret is missing.*CAMUNDA_CLIENT_SECRET"),
        ("CAMUNDA_CLIENT_SECRET", r"clientId is missing.*CAMUNDA_CLIENT_ID"),
        ("CAMUNDA_BASIC_AUTH_USERNAME", r"password is missing.*CAMUNDA_BASIC_AUTH_PASSWORD"),
        ("CAMUNDA_BASIC_AUTH_PASSWORD", r"username is missing.*CAMUNDA_BASIC_AUTH_USERNAME"),
    ],
)
def test_half_of_the_credentials_are_an_error(half: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password alone used to mean no authentication at all, without a word."""
    monkeypatch.setenv(half, "me")

    with pytest.raises(ConfigurationError, match=told):
        config.initialize_config({"api": {"baseUrl": "http://h"}})


def test_authentication_in_code_replaces_the_environments_wholly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**OAUTH, "CAMUNDA_TOKEN_AUDIENCE": "from-env"}.items():
        monkeypatch.setenv(name, value)
    own = {"clientId": "code", "clientSecret": "s", "oidcTokenUrl": "https://own/token"}

    config.initialize_config({"api": {"baseUrl": "http://h"}, "auth": {"selfManaged": own}})

    auth = config.get_config().auth
    assert auth is not None
    assert "audience" not in auth.get_request_data()


def test_none_in_code_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OAUTH.items():
        monkeypatch.setenv(name, value)

    config.initialize_config({"api": {"baseUrl": "http://h"}, "auth": None})

    assert config.get_config().auth is None


def test_the_help_tells_every_option_with_unit_default_and_variables(capsys: pytest.CaptureFixture[str]) -> None:
    config.config_help()

    told = capsys.readouterr().out
    missing = [
        word for option in OPTIONS for word in (option.path, option.description, *option.env) if word not in told
    ]
    assert missing == []


def test_the_list_of_options_and_the_models_tell_the_same() -> None:
    def paths(model: type[Section]) -> set[str]:
        found: set[str] = set()
        for name, field in model.model_fields.items():
            path = ".".join(filter(None, [model.section, field.alias or name]))
            inner = next((section for section in Section.__subclasses__() if section.section == path), None)
            found |= paths(inner) if inner is not None else {path}
        return found

    assert paths(C8Config) == {option.path for option in OPTIONS}


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.default.isdigit()], ids=lambda o: o.path)
def test_the_defaults_told_are_the_defaults_taken(option: Any) -> None:
    config.initialize_config({"api": {"baseUrl": "http://h"}})
    value: Any = config.get_config()
    for name in option.path.split("."):
        fields = type(value).model_fields
        value = getattr(value, next(key for key, field in fields.items() if name in (key, field.alias)))

    assert (10_000 if value is None and option.path == "api.job.requestTimeout" else value) == int(option.default)


def test_no_variable_belongs_to_two_unrelated_options() -> None:
    owners: dict[str, set[str]] = {}
    for option in OPTIONS:
        for name in option.env:
            owners.setdefault(name, set()).add(
                option.path.rpartition(".")[2].replace("authorizationServer", "oidcToken")
            )

    assert {name: paths for name, paths in owners.items() if len(paths) > 1} == {}
