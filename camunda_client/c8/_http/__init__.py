"""The only code that uses `requests`: one exchange at a time, strict reading, every failure translated.

`requests` is loaded by the first exchange and not before, so that importing us never spoils later patching.
"""

from camunda_client._json import blame, encoded, is_key, shown
from camunda_client.c8._http._addresses import Address, Addresses
from camunda_client.c8._http._answer import Answer, is_problem, parsed, printable, problem, retry_after_s
from camunda_client.c8._http._cautions import warn_once
from camunda_client.c8._http._exchange import close, exchange
from camunda_client.c8._http._verdict import Verdict, verdict

__all__ = [
    "Address",
    "Addresses",
    "Answer",
    "Verdict",
    "blame",
    "close",
    "encoded",
    "exchange",
    "is_key",
    "is_problem",
    "parsed",
    "printable",
    "problem",
    "retry_after_s",
    "shown",
    "verdict",
    "warn_once",
]
