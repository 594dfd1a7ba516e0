"""How we prove who we are: not at all, by user name and password, or by a token from an OAuth server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from camunda_client.config import _environment
from camunda_client.config._secret_files import from_file
from camunda_client.config._secrets import Secret, unwrapped, utf8
from camunda_client.config._sections import Section, configuration_error, remedy
from camunda_client.config._urls import checked_url
from camunda_client.error import ConfigurationError

#: A token endpoint may carry a query; an API address may not.
TokenUrl = Annotated[str, AfterValidator(lambda value: checked_url(value.strip(), query_allowed=True))]
Text = Annotated[str, AfterValidator(utf8)]
NotBlank = Annotated[Text, Field(min_length=1)]
_BOOL = TypeAdapter(bool)
if TYPE_CHECKING:
    # A str is given and a Secret is found: without pydantic's plugin, type checkers know no way to say that.
    NotBlankSecret = Any
else:
    NotBlankSecret = Annotated[Secret, AfterValidator(utf8), Field(min_length=1), BeforeValidator(unwrapped)]


class SelfManagedAuthConfig(Section):
    """Tokens from your own OAuth server, by client credentials."""

    section: ClassVar[str] = "auth.selfManaged"

    oidc_token_url: TokenUrl = Field(alias="oidcTokenUrl")
    client_id: NotBlank = Field(alias="clientId")
    client_secret: NotBlankSecret = Field(alias="clientSecret")
    client_secret_file: NotBlank | None = Field(default=None, alias="clientSecretFile")
    scope: Text | None = None
    audience: Text | None = None

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _with_file(cls, options, "clientSecret", "client_secret")

    def get_url(self) -> str:
        """Return the token endpoint."""
        return self.oidc_token_url

    def get_request_data(self) -> dict[str, str]:
        """Return the form of the token request, with the secret in it."""
        form = _client_credentials(self.client_id, self.client_secret)
        form |= {"scope": self.scope} if self.scope else {}
        return form | ({"audience": self.audience} if self.audience else {})


class SaasAuthConfig(Section):
    """Tokens for a cluster of Camunda's SaaS."""

    section: ClassVar[str] = "auth.saas"

    client_id: NotBlank = Field(alias="clientId")
    client_secret: NotBlankSecret = Field(alias="clientSecret")
    client_secret_file: NotBlank | None = Field(default=None, alias="clientSecretFile")
    authorization_server_url: TokenUrl = Field(
        default="https://login.cloud.camunda.io/oauth/token", alias="authorizationServerUrl"
    )
    audience: Text = "zeebe.camunda.io"

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _with_file(cls, options, "clientSecret", "client_secret")

    def get_url(self) -> str:
        """Return the token endpoint."""
        return self.authorization_server_url

    def get_request_data(self) -> dict[str, str]:
        """Return the form of the token request, with the secret in it."""
        return _client_credentials(self.client_id, self.client_secret) | {"audience": self.audience}


class BasicAuthConfig(Section):
    """User name and password, sent with every request."""

    section: ClassVar[str] = "auth.basic"

    username: NotBlank
    password: NotBlankSecret
    password_file: NotBlank | None = Field(default=None, alias="passwordFile")

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _with_file(cls, options, "password", "password")


class AuthConfig(Section):
    """Exactly one way to authenticate. Given none, the environment is asked for one."""

    section: ClassVar[str] = "auth"

    self_managed: SelfManagedAuthConfig | None = Field(default=None, alias="selfManaged")
    saas: SaasAuthConfig | None = None
    basic: BasicAuthConfig | None = None
    none: bool = False

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        kinds = {name: value for name, value in options.items() if value not in (None, False)}
        if _is_false(kinds.get("none")):
            del kinds["none"]
        if not kinds:
            found = _environment.auth_from(_environment.read_sources())
            if found is not None:
                return found
        known = {"selfManaged", "self_managed", "saas", "basic", "none"}
        if len(known & set(kinds)) == 1 or set(kinds) - known:
            return options
        what = "names more than one: " + ", ".join(sorted(kinds)) if kinds else "names no way to authenticate"
        raise configuration_error(
            [("auth", f"{what}; give exactly one of selfManaged, saas, basic or none=True (or leave auth out)")]
        )

    @property
    def oauth(self) -> SelfManagedAuthConfig | SaasAuthConfig | None:
        """Whichever of the two kinds that fetch tokens is set."""
        return self.self_managed or self.saas

    def get_url(self) -> str:
        """Return the token endpoint.

        Raises:
            ConfigurationError: This kind of authentication has none.
        """
        return self._oauth_or_error().get_url()

    def get_request_data(self) -> dict[str, str]:
        """Return the form of the token request, with the secret in it.

        Raises:
            ConfigurationError: This kind of authentication has none.
        """
        return self._oauth_or_error().get_request_data()

    def _oauth_or_error(self) -> SelfManagedAuthConfig | SaasAuthConfig:
        if self.oauth is None:
            raise ConfigurationError(
                "auth is neither selfManaged nor saas, so there are no tokens to fetch; set one of them", option="auth"
            )
        return self.oauth


def _with_file(section: type[Section], options: dict[str, Any], alias: str, name: str) -> dict[str, Any]:
    try:
        return from_file(options, alias, name)
    except ValueError as error:
        option = f"{section.section}.{alias}File"
        raise configuration_error([(option, f"{error}{remedy(option)}")]) from None


def _is_false(value: Any) -> bool:
    """Tell whether pydantic will read the value as false, which templates and YAML often write as text."""
    try:
        return not _BOOL.validate_python(value)
    except ValidationError:
        return False


def _client_credentials(client_id: str, client_secret: Secret) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret.get_secret_value(),
    }
