"""The command line of the course: ``python -m tutor COMMAND``.

The Makefile calls nothing else, so that people without make have the same commands.
Only the standard library is used here; a command that needs the environment is run
again inside ``.venv`` by :func:`tutor.house.setup.reenter`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from importlib import import_module

from tutor.house.setup import HouseError, inside, reenter


@dataclass(frozen=True)
class Command:
    """A command: its help, where it lives and whether it needs the environment."""

    help: str
    home: str
    environment: bool = True
    arguments: tuple[tuple[str, str], ...] = ()


COMMANDS = {
    "setup": Command("create or complete .venv", "setup:main", False),
    "book": Command("build the website into _build/html", "site:main"),
    "test": Command(
        "run all tests and compare every notebook cell with its stored output",
        "testing:main",
        arguments=(("paths", "test files or notebooks; none means all"),),
    ),
    "test-portable": Command(
        "run the notebooks once more as another processor would", "testing:portable"
    ),
    "outputs": Command(
        "execute chapters from their sources and store the outputs",
        "outputs:main",
        arguments=(("chapters", "such as words/word2vec; none means all"),),
    ),
    "claims": Command(
        "compute the stored results again (data/results)",
        "ledger:main",
        arguments=(("names", "studies; none means all"),),
    ),
    "bench": Command(
        "measure speed against the field's libraries",
        "bench:main",
        arguments=(("names", "benchmarks; none means all"),),
    ),
    "data": Command("fetch the packages that only carry data", "doctor:data"),
    "attribution": Command(
        "write the page of data and attribution from data/sources.toml",
        "doctor:attribution",
    ),
    "doctor": Command(
        "say what is installed, what is missing and the remedy", "doctor:main", False
    ),
    "serve": Command("build the website and show it on this machine", "site:serve"),
    "address": Command(
        "write the public address of the repository wherever it is needed",
        "address:main",
        False,
        (("url", "the repository, and after it the site's address if it differs"),),
    ),
    "pins": Command("freeze the environment into constraints.txt", "pins:main"),
    "lint": Command("ruff and mypy over the package and its tests", "testing:lint"),
    "clean": Command("remove what was built; .venv and data stay", "site:clean", False),
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m tutor",
        description="Build, test and measure the course.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help)
        for argument, text in command.arguments:
            sub.add_argument("arguments", nargs="*", metavar=argument, help=text)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    options = parser().parse_args(argv)
    command = COMMANDS[options.command]
    try:
        if command.environment and not inside():
            return reenter(argv)
        module, function = command.home.split(":")
        run = getattr(import_module(f"tutor.house.{module}"), function)
        return int(run(*getattr(options, "arguments", [])) or 0)
    except HouseError as error:
        print(f"tutor {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"tutor {options.command}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
