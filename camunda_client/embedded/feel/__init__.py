"""FEEL, the expression language of DMN, as Camunda 8 evaluates it.

``Expression("= a + 1").evaluate({"a": 2})`` is 3: parsed once, evaluated with any variables as often as one likes.
What is not FEEL is a :class:`FeelSyntaxError`, what has no value an :class:`EvaluationError`; everything else that goes
wrong is null, and ``warnings`` say why. ``modern=True`` is FEEL-Scala 1.21.0 (Camunda 8.8 on), else 1.18.0 (8.6, 8.7).

``modern`` changes what is parsed as well as what comes of it, so it is given when an expression is made, where the
dialect is known. README.md has the grammar, the values, the functions and what module does what. The package imports
nothing of the rest of the library.
"""

from camunda_client.embedded.feel.errors import EvaluationError, FeelError, FeelSyntaxError, TooDeepError
from camunda_client.embedded.feel.expression import Expression, functions_known
from camunda_client.embedded.feel.temporal import UTC, YearsMonths
from camunda_client.embedded.feel.values import Function, as_number, equal, plain, text_of, type_name, written

__all__ = [
    "UTC",
    "EvaluationError",
    "Expression",
    "FeelError",
    "FeelSyntaxError",
    "Function",
    "TooDeepError",
    "YearsMonths",
    "as_number",
    "equal",
    "functions_known",
    "plain",
    "text_of",
    "type_name",
    "written",
]
