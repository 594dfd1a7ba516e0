"""The forms of handlers: which arguments a signature asks for, and what a job gives them."""

from camunda_client.c8.worker._forms._binding import Binding, as_variable, bind
from camunda_client.c8.worker._forms._markers import Client, DocumentContent, Header, JobField, Variable, Variables
from camunda_client.c8.worker._forms._typed import Options, Result
from camunda_client.c8.worker._forms._unfit import UnfitVariables

__all__ = [
    "Binding",
    "Client",
    "DocumentContent",
    "Header",
    "JobField",
    "Options",
    "Result",
    "UnfitVariables",
    "Variable",
    "Variables",
    "as_variable",
    "bind",
]
