"""A string that never shows itself: not in repr, dumps, error messages or pickles."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from camunda_client.error import ConfigurationError


class Secret(SecretStr):
    """A SecretStr that pickles empty. Using such a copy is an error that says what happened."""

    def get_secret_value(self) -> str:
        """Return the secret itself.

        Raises:
            ConfigurationError: This is an unpickled copy.
        """
        value = self._secret_value
        if value is None:
            raise ConfigurationError(
                "this configuration was unpickled, and pickles never hold secrets; "
                "call initialize_config() in this process as well"
            )
        return value

    def look_again(self) -> None:
        """Read it again at its source, if that may change; here it can't."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret, (None,)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._secret_value == other._secret_value

    def __hash__(self) -> int:
        return hash(self._secret_value)

    def __len__(self) -> int:
        return len(self._secret_value or "")

    def __str__(self) -> str:
        return "**********"

    def __repr__(self) -> str:
        return "Secret('**********')"


def unwrapped(value: Any) -> Any:
    """Return the text of any SecretStr, so that one of pydantic's own is as welcome as ours."""
    return value.get_secret_value() if isinstance(value, SecretStr) and not isinstance(value, Secret) else value


def utf8(value: Secret | str) -> Secret | str:
    """Return a secret or another text as it is, if it can be sent.

    Raises:
        ValueError: It was no UTF-8 where it came from, such as a variable of the environment. Never shows the value.
    """
    try:
        (value if isinstance(value, str) else value.get_secret_value()).encode()
    except UnicodeEncodeError:
        raise ValueError("has bytes that are not UTF-8; encode it as that where it is set") from None
    return value
