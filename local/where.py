"""Where a command finds its stack: in the ready file of a running `leadgate serve`, or in its own environment."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.unusable import Unusable

WAY = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
OTHER_NAMES = {"AWS_REGION": "region", "LEADGATE_TEST_SECRET": "test_secret"}
"""Variables that the ready file does not call by their own names in small letters."""


def add_to(command: argparse.ArgumentParser, tables: str) -> argparse._MutuallyExclusiveGroup:
    """`--ready-file` or `--tables`: one of them must be given, or another way that is added to this group."""
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    where.add_argument("--tables", action="store_true", help=tables)
    return where


class Ready(dict[str, str]):
    """What a local stack tells of itself. Raises Unusable for what it does not tell."""

    def __missing__(self, name: str) -> str:
        raise Unusable(f"The ready file names no {name}. Is it from this version of `leadgate serve`?")

    def environment(self, needed: Iterable[str]) -> dict[str, str]:
        """How to sign, and what is needed more, under the functions' own names."""
        return {name: self[OTHER_NAMES.get(name, name.lower())] for name in (*WAY, *needed)}


def read(path: Path) -> Ready:
    """A ready file. Raises Unusable."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}."
        raise Unusable(f"{why} Is `leadgate serve` running? `leadgate serve --ready-file F` writes it.") from None
    except ValueError:
        told = None
    if not isinstance(told, dict) or "region" not in told:
        raise Unusable(f"{path} is no ready file of `leadgate serve`.")
    return Ready(told)


def environment_of(chosen: argparse.Namespace, needed: Iterable[str]) -> Mapping[str, str]:
    """The functions' variables of the stack that the options name, these among them. Raises Unusable."""
    return read(chosen.ready_file).environment(needed) if chosen.ready_file else of_account(needed)


def of_account(needed: Iterable[str], environment: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """An environment that has all of these. Raises Unusable."""
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        raise Unusable(f"Set {', '.join(missing)} (and AWS credentials and region) as the functions have them.")
    return environment
