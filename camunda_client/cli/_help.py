"""What ``--help`` says beside the arguments: one screen a command, with examples; ``--help-all`` has all."""

from __future__ import annotations

import argparse
from typing import Any, Final

EPILOG: Final = """\
examples:
  camunda-client demo --stay        see 500 instances worked at once, on a page in your browser
  camunda-client engine             run an embedded Camunda on 127.0.0.1:8080
  camunda-client worker app.py      work jobs for the handlers of app.py
  camunda-client COMMAND --help     the options of one command, with examples

exit codes:
  0      done; every job in hand was answered, or handed back untouched
  1      it failed; handlers were stopped at the drain's deadline, or jobs left unanswered
  2      wrong arguments, configuration or target
  3      blocking calls can't be made cooperative any more (CAMUNDA_CLIENT_PATCH=strict)
  128+n  signal n came again, more than a second after the first

environment, beside what camunda-client config lists:
  CAMUNDA_CLIENT_PATCH  1 = make blocking calls cooperative (default), 0 = don't, strict = or end
  CAMUNDA_LOG_LEVEL     DEBUG, INFO (default), WARNING, ERROR or CRITICAL
  NO_COLOR              set to anything: no colours"""

_EXAMPLES: Final = {
    "worker": """\
examples:
  camunda-client worker app.py
  camunda-client worker shop.handlers:configure --processes 4 --status-port 9464
  camunda-client worker app.py shop.billing --types 'billing-*' --reload
  camunda-client worker --map workers.yaml --check
  camunda-client worker app.py --summary 10 --log-jobs failed""",
    "deploy": """\
examples:
  camunda-client deploy order.bpmn prices.dmn
  camunda-client deploy models/*.bpmn --tenant acme --json""",
    "start": """\
examples:
  camunda-client start order --variables '{"amount": 5}'
  camunda-client start order --count 100""",
    "topology": """\
examples:
  camunda-client topology
  camunda-client topology --json | jq .brokers""",
    "config": """\
examples:
  camunda-client config
  camunda-client config api.job.timeout
  camunda-client config CAMUNDA_REST_ADDRESS
  camunda-client config --target app.py --json""",
    "demo": """\
examples:
  camunda-client demo
  camunda-client demo --instances 2000 --stay""",
    "engine": """\
examples:
  camunda-client engine --deploy order.bpmn
  camunda-client engine --port 0 --dialect 8.6
  camunda-client engine --data ./engine --fsync""",
    "doctor": """\
examples:
  camunda-client doctor
  camunda-client doctor app.py --bpmn 'models/*.bpmn'
  camunda-client doctor app.py --json""",
    "job": """\
examples:
  camunda-client job run 2251799813685251 --file app.py --dry
  camunda-client job run --type charge-card --file app.py --pdb""",
    "jobs": """\
examples:
  camunda-client jobs list --type charge-card --state FAILED
  camunda-client jobs list --process order --json""",
    "map": """\
examples:
  camunda-client map init shop.billing > workers.yaml
  camunda-client map schema > workers.schema.json""",
    "incidents": """\
examples:
  camunda-client incidents list
  camunda-client incidents resolve 2251799813685251 --retries 3""",
}


_USAGE: Final = {
    "worker": "[TARGET ...] [options]",
    "doctor": "[TARGET ...] [options]",
    "engine": "[options]",
    "start": "PROCESS_ID [options]",
}


#: What few people need: in ``--help-all`` only.
_RARE: Final = {
    "worker": {
        "--camunda7", "--camunda7-jobs", "--camunda7-json", "--exclude", "--capture-print", "--exit-timeout",
        "--status-host", "--admin-token-file", "--admin-remote", "--show-variables", "--fast-requests",
        "--fast-requests=pooled", "--no-mend", "--patch", "--integrations",
    },
    "doctor": {"--camunda7", "--camunda7-jobs", "--camunda7-json", "--exclude", "--import-timeout"},
}  # fmt: skip


class Formatter(argparse.HelpFormatter):
    """Keeps the lines of texts that have several, and has room for the longest arguments beside their texts."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=27)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in text.splitlines())


class _HelpAll(argparse.Action):
    """Prints the help with the arguments that ``--help`` leaves out."""

    def __init__(self, hidden: dict[argparse.Action, str | None], **about: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **about)
        self._hidden = hidden

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: Any) -> None:
        for action, text in self._hidden.items():
            action.help = text
        parser.print_help()
        parser.exit()


def finish(commands: Any) -> None:
    """Let each command's help fit a screen, and end with its examples."""
    for name, parser in commands.choices.items():
        parser.formatter_class, parser.epilog = Formatter, _EXAMPLES[name]
        if name in _USAGE:
            # All options in brackets would take a third of the screen, and are below.
            parser.usage = f"{parser.prog} {_USAGE[name]}"
        if name in _RARE:
            _hide(parser, _RARE[name])


def _hide(parser: argparse.ArgumentParser, names: set[str]) -> None:
    hidden = {action: action.help for action in parser._actions if names.intersection(action.option_strings)}
    for action in hidden:
        action.help = argparse.SUPPRESS
    text = f"all options: {len(hidden)} more, which few people need"
    parser.add_argument("--help-all", action=_HelpAll, hidden=hidden, help=text)
