"""Reports greenlets that died of an exception: gevent would print their arguments, which may hold a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Gets what died, in words without arguments, and the exception with its traceback.
Tell = Callable[[str, Any], None]


def tell_of_failed_greenlets(tell: Tell) -> None:
    """Have this called where gevent would print. It runs in the hub, or in the greenlet: it must not wait nor raise."""
    from gevent.hub import Hub

    def print_exception(self: Any, context: Any, t: Any, v: Any, tb: Any) -> None:  # noqa: ARG001 - as gevent calls it
        tell(described(context), (t, v, tb))

    Hub.print_exception = print_exception  # type: ignore[method-assign]


def described(context: Any) -> str:
    """Return what a greenlet or callback was to run: its kind, and the function's name."""
    if isinstance(context, str):
        return context
    function = getattr(context, "_run", None) or getattr(context, "callback", None)
    function = getattr(function, "func", function)  # of a partial, whose arguments are as secret
    name = getattr(function, "__qualname__", None)
    kind = type(context).__name__
    return f"{kind} of {getattr(function, '__module__', '?')}.{name}" if isinstance(name, str) else kind
