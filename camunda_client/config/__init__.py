"""How the library is configured: in code, by environment variables, or in a `.env` file."""

from camunda_client.config._current import config_help, get_config, initialize_config, reset_config, settings
from camunda_client.config._environment import said_in_environment
from camunda_client.config._options import options_text
from camunda_client.config._origins import Setting
from camunda_client.config.models import (
    ApiConfig,
    AuthConfig,
    BasicAuthConfig,
    C8Config,
    ClientAssertionConfig,
    JobConfig,
    ResourceConfig,
    SaasAuthConfig,
    SelfManagedAuthConfig,
    TlsConfig,
    WorkerConfig,
)

__all__ = [
    "ApiConfig",
    "AuthConfig",
    "BasicAuthConfig",
    "C8Config",
    "ClientAssertionConfig",
    "JobConfig",
    "ResourceConfig",
    "SaasAuthConfig",
    "SelfManagedAuthConfig",
    "Setting",
    "TlsConfig",
    "WorkerConfig",
    "config_help",
    "get_config",
    "initialize_config",
    "options_text",
    "reset_config",
    "said_in_environment",
    "settings",
]
