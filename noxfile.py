"""The same checks on every Python that the package promises: ``nox`` for all, ``nox -s tests-3.12`` for one."""

from __future__ import annotations

import nox

nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the whole suite patched, as users run it."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "gevent.monkey", "--module", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and who imports whom."""
    session.install("--editable", ".[test]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the API pages from the docstrings into build/docs."""
    session.install("--editable", ".[embedded,metrics]", "pytest", "pdoc")
    # pdoc imports every module; it has no use for cooperative sockets.
    unpatched = {"CAMUNDA_CLIENT_PATCH": "0"}
    session.run("pdoc", "--docformat", "google", "-o", "build/docs", "camunda_client", env=unpatched)
