"""Files of the repository that are made from others: a command writes one, or says with --check whether it is fresh."""

from __future__ import annotations

import argparse
from pathlib import Path


def options(module: str, description: str, argv: list[str] | None) -> argparse.Namespace:
    """`check` of the words that the module was called with."""
    called = f"python -m local.{module}"
    parser = argparse.ArgumentParser(prog=called, description=description, epilog=f"example: {called} --check")
    parser.add_argument("--check", action="store_true", help="write nothing, only say whether what is there is fresh")
    return parser.parse_args(argv)


def settle(path: Path, text: str, only_check: bool, target: str) -> int:
    """Write the file, or say whether it holds this text; `target` of make writes it. 1 when it is stale."""
    name = f"{path.parent.name}/{path.name}"
    if not only_check:
        path.write_text(text, "utf-8")
        print(f"wrote {name} ({len(text.encode('utf-8')):,} bytes)")
        return 0
    fresh = is_fresh(path, text)
    print(f"{name} is fresh" if fresh else f"{name} is stale: run `make {target}`")
    return 0 if fresh else 1


def is_fresh(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text
