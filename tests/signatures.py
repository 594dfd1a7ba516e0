"""Make the two signatures of request models: ``python -m tests.signatures``.

At run time a request takes the names of the wire and of Python. Type checkers know one of them, the alias. So each
class below is given both, between comments, made of its fields; a test says when they are not up to date.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

MODELS = Path(__file__).parents[1] / "camunda_client/c8/models"
#: What users make, by module.
CLASSES = {
    "decision": ("EvaluateDecisionRequest",),
    "job": ("ActivateJobRequest",),
    "message": ("CorrelateMessageRequest", "PublishMessageRequest"),
    "process_instance": (
        "ActivateInstructions", "AncestorScope", "CreateProcessInstanceRequest", "MappingInstructions",
        "MigrateProcessInstanceRequest", "ModifyProcessInstanceRequest", "MoveInstructions",
        "ProcessInstanceStartInstructions", "RuntimeInstruction", "SourceElement", "TerminateInstructions",
        "VariableInstruction",
    ),
    "signal": ("BroadcastSignalRequest",),
    "user_task": ("UserTaskChanges",),
}  # fmt: skip
_BEGIN, _END = "    # Signatures: python -m tests.signatures", "    # fmt: on"


class Argument(NamedTuple):
    """One field as an argument."""

    wire: str
    python: str
    kind: str
    required: bool

    def shown(self, name: str) -> str:
        """Return it as it stands in a signature."""
        return f"{name}: {self.kind}" + ("" if self.required else " = ...")


def arguments(of: ast.ClassDef, source: str) -> list[Argument]:
    """Return the fields of a class."""
    found = []
    for node in of.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            given = {word.arg: word.value for word in node.value.keywords} if isinstance(node.value, ast.Call) else {}
            alias = given.get("alias")
            wire = str(alias.value) if isinstance(alias, ast.Constant) else node.target.id
            default = node.value is not None and not isinstance(node.value, ast.Call)
            required = not default and not {"default", "default_factory"} & {*given}
            kind = " ".join((ast.get_source_segment(source, node.annotation) or "").split())
            found.append(Argument(wire, node.target.id, kind, required))
    return found


def block(found: list[Argument]) -> list[str]:
    """Return the lines of both signatures."""
    lines = [_BEGIN, "    # fmt: off", "    if TYPE_CHECKING:"]
    for names in ([one.wire for one in found], [one.python for one in found]):
        lines += ["        @overload", "        def __init__("]
        line = "            self, *,"
        for argument in [one.shown(name) for one, name in zip(found, names, strict=True)]:
            if len(line) + len(argument) > 117:
                lines.append(line)
                line = "           "
            line += f" {argument},"
        lines += [line, "        ) -> None: ..."]
    return [*lines, "        def __init__(self, **arguments: Any) -> None: ...", _END]


def written(module: str) -> str:
    """Return a module's source with the signatures as they should be."""
    source = (MODELS / f"{module}.py").read_text(encoding="utf-8")
    lines = _without(source.splitlines())
    source = "\n".join(lines)
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    for node in reversed(classes):
        if node.name in CLASSES[module]:
            last = max(field.end_lineno or 0 for field in node.body if isinstance(field, ast.AnnAssign))
            lines[last:last] = ["", *block(arguments(node, source))]
    return "\n".join(lines) + "\n"


def _without(lines: list[str]) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in lines:
        if line.startswith(_BEGIN):
            inside = True
            if kept[-1] == "":
                kept.pop()
        if not inside:
            kept.append(line)
        inside = inside and line != _END
    return kept


if __name__ == "__main__":
    for name in CLASSES:
        (MODELS / f"{name}.py").write_text(written(name), encoding="utf-8")
