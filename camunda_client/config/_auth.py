"""How the client authenticates: not at all, by user name and password, or by a token from an OAuth server."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from camunda_client.config import _environment
from camunda_client.config._options import Doc
from camunda_client.config._readable import Keystore, PemFile
from camunda_client.config._secret_files import from_file
from camunda_client.config._secrets import Secret, unwrapped, utf8
from camunda_client.config._sections import REQUIRED, Section, configuration_error, remedy
from camunda_client.config._urls import checked_url
from camunda_client.error import ConfigurationError

_ID = ("CAMUNDA_CLIENT_ID", "ZEEBE_CLIENT_ID")
_SECRET = ("CAMUNDA_CLIENT_SECRET", "ZEEBE_CLIENT_SECRET")
_FROM_FILE = "File with the secret, instead of the secret itself; read again when it changes"
_TOKEN_URL = ("CAMUNDA_OAUTH_URL", "CAMUNDA_TOKEN_URL", "ZEEBE_AUTHORIZATION_SERVER_URL")
_AUDIENCE = ("CAMUNDA_TOKEN_AUDIENCE", "ZEEBE_TOKEN_AUDIENCE")
_SCOPE = ("CAMUNDA_TOKEN_SCOPE", "ZEEBE_TOKEN_SCOPE")
#: A token endpoint may carry a query; an API address may not.
TokenUrl = Annotated[str, AfterValidator(lambda value: checked_url(value.strip(), query_allowed=True))]
Text = Annotated[str, AfterValidator(utf8)]
NotBlank = Annotated[Text, Field(min_length=1)]
_BOOL = TypeAdapter(bool)
if TYPE_CHECKING:
    # A str is given and a Secret is found: without pydantic's plugin, type checkers know no way to say that.
    NotBlankSecret = Any
    SecretOrAssertion = Any
else:
    NotBlankSecret = Annotated[Secret, AfterValidator(utf8), Field(min_length=1), BeforeValidator(unwrapped)]
    SecretOrAssertion = Annotated[NotBlankSecret | None, BeforeValidator(lambda value: _secret_or_none(value))]


#: Stands where a client assertion makes a secret needless: None means that one was forgotten.
_NOT_NEEDED: Any = object()
#: How a client proves at a token server who it is, by the names of RFC 7591 and OpenID Connect.
AuthMethod = Literal["client_secret_post", "client_secret_basic", "private_key_jwt"]


class ClientAssertionConfig(Section):
    """A private key that signs an assertion for each token request, in place of a secret (RFC 7523)."""

    section: ClassVar[str] = "auth.selfManaged.clientAssertion"

    keystore_path: Annotated[
        Keystore | None,
        Doc(
            "PKCS#12 keystore with one key, which signs an assertion for each token request, and its certificate",
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH",
            "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPATH",
        ),
    ] = Field(default=None, alias="keystorePath")
    keystore_password: Annotated[
        NotBlankSecret | None,
        Doc(
            "Its password",
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD",
            "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPASSWORD",
            secret=True,
        ),
    ] = Field(default=None, alias="keystorePassword")
    keystore_key_alias: Annotated[
        NotBlank | None,
        Doc(
            "The alias of its key, which is then checked",
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_ALIAS",
            "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREKEYALIAS",
        ),
    ] = Field(default=None, alias="keystoreKeyAlias")
    keystore_key_password: Annotated[
        NotBlankSecret | None,
        Doc(
            "The key's password, which PKCS#12 has in common with the keystore's",
            "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD",
            "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREKEYPASSWORD",
            secret=True,
        ),
    ] = Field(default=None, alias="keystoreKeyPassword")
    key_file: Annotated[
        PemFile | None,
        Doc(
            "The same as a PEM file with a private key (RSA, EC or Ed25519), not encrypted",
            "CAMUNDA_CLIENT_ASSERTION_KEY_PATH",
        ),
    ] = Field(default=None, alias="keyFile")
    certificate_file: Annotated[
        PemFile | None,
        Doc(
            "PEM file with its certificate, whose thumbprint the assertion then has",
            "CAMUNDA_CLIENT_ASSERTION_CERT_PATH",
        ),
    ] = Field(default=None, alias="certificateFile")
    key_id: Annotated[
        NotBlank | None,
        Doc("The key's id (kid) at the token server, if that wants one", "CAMUNDA_CLIENT_ASSERTION_KEY_ID"),
    ] = Field(default=None, alias="keyId")
    audience: Annotated[
        NotBlank | None,
        Doc(
            "Whom the assertion is for; some servers want their issuer's address",
            "CAMUNDA_CLIENT_ASSERTION_AUDIENCE",
            default="oidcTokenUrl",
        ),
    ] = None

    @model_validator(mode="after")
    def _one_key(self) -> ClientAssertionConfig:
        if (self.keystore_path is None) == (self.key_file is None):
            raise configuration_error([(self.section, "needs a key; give one of keystorePath and keyFile")])
        if self.certificate_file is not None and self.key_file is None:
            option = f"{self.section}.certificateFile"
            raise configuration_error([(option, "is set without keyFile; a keystore has a certificate of its own")])
        self._check_keystore()
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            what = "needs PyJWT and cryptography, which are not installed: pip install 'c8-client[private-key-jwt]'"
            raise configuration_error([(self.section, what)])
        return self

    def _check_keystore(self) -> None:
        given = {"keystoreKeyAlias": self.keystore_key_alias, "keystoreKeyPassword": self.keystore_key_password}
        for option, value in given.items():
            if value is not None and self.keystore_path is None:
                raise configuration_error([(f"{self.section}.{option}", "is set without keystorePath; give both")])
        key, store = self.keystore_key_password, self.keystore_password
        if key is not None and store is not None and key.get_secret_value() != store.get_secret_value():
            what = (
                "differs from keystorePassword, but a PKCS#12 keystore has one password; leave it out or give the same"
            )
            raise configuration_error([(f"{self.section}.keystoreKeyPassword", what)])


class SelfManagedAuthConfig(Section):
    """Tokens from your own OAuth server, by client credentials."""

    section: ClassVar[str] = "auth.selfManaged"

    oidc_token_url: Annotated[TokenUrl, Doc("Token endpoint", *_TOKEN_URL, "OIDC_TOKEN_URL")] = Field(
        alias="oidcTokenUrl"
    )
    client_id: Annotated[NotBlank, Doc("Client id", *_ID, "OIDC_CLIENT_ID")] = Field(alias="clientId")
    #: None where a client assertion stands in for it.
    client_secret: Annotated[
        SecretOrAssertion,
        Doc("Client secret; clientAssertion may stand in for it", *_SECRET, "OIDC_CLIENT_SECRET", secret=True),
    ] = Field(default=REQUIRED, alias="clientSecret")
    client_secret_file: Annotated[NotBlank | None, Doc(_FROM_FILE, "CAMUNDA_CLIENT_SECRET_FILE")] = Field(
        default=None, alias="clientSecretFile"
    )
    client_assertion: ClientAssertionConfig | None = Field(default=None, alias="clientAssertion")
    token_endpoint_auth_method: Annotated[
        AuthMethod | None,
        Doc(
            "How to prove who we are there: client_secret_post, client_secret_basic (a header) or private_key_jwt",
            "CAMUNDA_TOKEN_ENDPOINT_AUTH_METHOD",
            default="private_key_jwt with clientAssertion, else client_secret_post",
        ),
    ] = Field(default=None, alias="tokenEndpointAuthMethod")
    scope: Annotated[Text | None, Doc("Scopes to ask for, separated by blanks", *_SCOPE)] = None
    audience: Annotated[Text | None, Doc("Audience to ask the token for", *_AUDIENCE)] = None

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        options = _with_file(cls, options, "clientSecret", "client_secret")
        has_assertion = options.get("clientAssertion", options.get("client_assertion")) is not None
        if has_assertion and options.get("clientSecret", options.get("client_secret")) is None:
            rest = {name: value for name, value in options.items() if name != "client_secret"}
            return {**rest, "clientSecret": _NOT_NEEDED}
        return options

    @model_validator(mode="after")
    def _one_proof(self) -> SelfManagedAuthConfig:
        section, method = self.section, self.token_endpoint_auth_method
        if self.client_assertion is None:
            if method == "private_key_jwt":
                what = "is missing, which tokenEndpointAuthMethod='private_key_jwt' needs; give keystorePath or keyFile"
                raise configuration_error([(f"{section}.clientAssertion", what)])
        elif self.client_secret is not None:
            what = "is set, and clientAssertion as well; give one of them"
            raise configuration_error([(f"{section}.clientSecret", what)])
        elif method not in (None, "private_key_jwt"):
            what = f"is {method!r}, which needs a secret; with clientAssertion it is 'private_key_jwt'"
            raise configuration_error([(f"{section}.tokenEndpointAuthMethod", what)])
        return self

    @property
    def auth_method(self) -> AuthMethod:
        """The client authentication method: as configured, else by what is set."""
        implied: AuthMethod = "client_secret_post" if self.client_assertion is None else "private_key_jwt"
        return self.token_endpoint_auth_method or implied

    def get_url(self) -> str:
        """Return the token endpoint."""
        return self.oidc_token_url

    def get_request_data(self) -> dict[str, str]:
        """Return the form of the token request, with the secret in it if the form is where it belongs.

        A client assertion is not in it: it is signed anew for each request.
        """
        form = {"grant_type": "client_credentials"}
        if self.auth_method != "client_secret_basic":
            form["client_id"] = self.client_id
        if self.auth_method == "client_secret_post":
            form["client_secret"] = self.client_secret.get_secret_value()
        form |= {"scope": self.scope} if self.scope else {}
        return form | ({"audience": self.audience} if self.audience else {})


class SaasAuthConfig(Section):
    """Tokens for a cluster of Camunda's SaaS."""

    section: ClassVar[str] = "auth.saas"

    client_id: Annotated[NotBlank, Doc("Client id", *_ID)] = Field(alias="clientId")
    client_secret: Annotated[NotBlankSecret, Doc("Client secret", *_SECRET, secret=True)] = Field(
        default=REQUIRED, alias="clientSecret"
    )
    client_secret_file: Annotated[NotBlank | None, Doc(_FROM_FILE, "CAMUNDA_CLIENT_SECRET_FILE")] = Field(
        default=None, alias="clientSecretFile"
    )
    authorization_server_url: Annotated[TokenUrl, Doc("Token endpoint", *_TOKEN_URL)] = Field(
        default="https://login.cloud.camunda.io/oauth/token", alias="authorizationServerUrl"
    )
    audience: Annotated[Text, Doc("Audience to ask the token for", *_AUDIENCE)] = "zeebe.camunda.io"

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _with_file(cls, options, "clientSecret", "client_secret")

    @property
    def auth_method(self) -> AuthMethod:
        """The client authentication method that Camunda's login server takes."""
        return "client_secret_post"

    def get_url(self) -> str:
        """Return the token endpoint."""
        return self.authorization_server_url

    def get_request_data(self) -> dict[str, str]:
        """Return the form of the token request, with the secret in it."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
            "audience": self.audience,
        }


class BasicAuthConfig(Section):
    """User name and password, sent with every request."""

    section: ClassVar[str] = "auth.basic"

    username: Annotated[NotBlank, Doc("User name", "CAMUNDA_BASIC_AUTH_USERNAME")]
    password: Annotated[NotBlankSecret, Doc("Password", "CAMUNDA_BASIC_AUTH_PASSWORD", secret=True)] = REQUIRED
    password_file: Annotated[NotBlank | None, Doc(_FROM_FILE, "CAMUNDA_BASIC_AUTH_PASSWORD_FILE")] = Field(
        default=None, alias="passwordFile"
    )

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _with_file(cls, options, "password", "password")


class AuthConfig(Section):
    """Exactly one way to authenticate. Given none, the environment is asked for one."""

    section: ClassVar[str] = "auth"

    self_managed: SelfManagedAuthConfig | None = Field(default=None, alias="selfManaged")
    saas: SaasAuthConfig | None = None
    basic: BasicAuthConfig | None = None
    none: Annotated[bool, Doc("true = send no Authorization header")] = False

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


def _secret_or_none(value: Any) -> Any:
    if value is None:
        raise ValueError("should be a valid string")
    return None if value is _NOT_NEEDED else value


def _is_false(value: Any) -> bool:
    """Return whether pydantic will read the value as false, which templates and YAML often write as text."""
    try:
        return not _BOOL.validate_python(value)
    except ValidationError:
        return False
