"""Secrets in files, as containers mount them: read again when the file changes, so that no restart is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camunda_client._files import Reloading
from camunda_client.config._secrets import Secret

#: Seconds between two looks at a file, whatever the number of requests.
LOOK_EVERY_S = 1.0


class FileSecret(Secret):
    """A secret that is the current content of a file, without a line end at its end."""

    def __init__(self, path: str) -> None:
        """Read it for the first time.

        Raises:
            ValueError: The file can't be read, is empty or is no UTF-8. The message shows nothing of it.
        """
        self.path = path
        try:
            self._content = Reloading((path,), lambda: _read(path), pause_s=LOOK_EVERY_S)
        except OSError as error:
            raise ValueError(f"can't be read: {error.strerror or type(error).__name__}") from None
        super().__init__(self._content.get())

    def get_secret_value(self) -> str:
        """Return the secret as the file has it now, or had it when it last had one."""
        return self._content.get()

    def look_again(self) -> None:
        """Make the next call read the file again: what it had before was refused."""
        self._content.look_again()

    def __reduce__(self) -> tuple[Any, ...]:
        return FileSecret, (self.path,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileSecret) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


def _read(path: str) -> str:
    try:
        secret = Path(path).read_bytes().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if not secret:
        raise ValueError("is empty")
    return secret


def from_file(options: dict[str, Any], alias: str, name: str) -> dict[str, Any]:
    """Return a section's options with a secret from the file that ``<alias>File`` names, if it names one.

    Raises:
        ValueError: Both the secret and its file are given, or the file holds none.
    """
    path = options.get(f"{alias}File", options.get(f"{name}_file"))
    if path is None:
        return options
    given = options.get(alias, options.get(name))
    path = str(Path(str(path)).expanduser())
    if given is not None and not (isinstance(given, FileSecret) and given.path == path):
        raise ValueError("is set, and the secret itself as well; give one of them")
    rest = {key: value for key, value in options.items() if key not in (alias, name, f"{name}_file")}
    return {**rest, f"{alias}File": path, alias: given or FileSecret(path)}
