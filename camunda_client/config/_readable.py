"""Files that a configuration names, which must be there when it is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def _readable(kind: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        path = Path(value).expanduser()
        if not path.is_file() or not os.access(path, os.R_OK):
            raise ValueError(f"is not a file that can be read; give the path of a {kind}")
        return str(path)

    return check


PemFile = Annotated[str, AfterValidator(_readable("PEM file"))]
Keystore = Annotated[str, AfterValidator(_readable("PKCS#12 keystore"))]
