"""FEEL, the expression language of DMN, in the dialect of Camunda 8. It knows nothing of the rest of the package."""

from camunda_client.embedded.feel.errors import EvaluationError, FeelError, FeelSyntaxError
from camunda_client.embedded.feel.expression import Expression
from camunda_client.embedded.feel.values import (
    UTC,
    YearsMonths,
    add_months,
    as_number,
    duration,
    equal,
    moment,
    plain,
    shown,
    text_of,
    told,
)

__all__ = [
    "UTC",
    "EvaluationError",
    "Expression",
    "FeelError",
    "FeelSyntaxError",
    "YearsMonths",
    "add_months",
    "as_number",
    "duration",
    "equal",
    "moment",
    "plain",
    "shown",
    "text_of",
    "told",
]
