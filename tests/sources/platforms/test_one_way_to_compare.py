"""Only `compare_digest` compares secrets and signatures, and only one module touches them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sources import signatures

ROOM = Path(signatures.__file__).parent
MODULES = sorted(ROOM.glob("*.py"))
SECRET_WORDS = re.compile(r"secret|signature|digest|hmac|google_key|verify_token|client_secret", re.IGNORECASE)
EQUALITY = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def comparisons(path: Path) -> Iterator[ast.Compare]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare) and any(isinstance(op, EQUALITY) for op in node.ops):
            yield node


def calls(path: Path, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
    ]


def test_the_verifiers_compare_nothing_by_equality() -> None:
    allowed = {"match is None", "key is None", "verdict.reason in MENDABLE"}

    assert {ast.unparse(node) for node in comparisons(ROOM / "signatures.py")} <= allowed


def test_one_line_compares_for_all_platforms() -> None:
    found = calls(ROOM / "signatures.py", "compare_digest")

    assert [ast.unparse(call) for call in found] == ["hmac.compare_digest(given, expected(key))"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_reader_compares_a_secret(path: Path) -> None:
    assert not [ast.unparse(node) for node in comparisons(path) if SECRET_WORDS.search(ast.unparse(node))]


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem != "signatures"], ids=lambda path: path.stem)
def test_no_other_module_makes_or_compares_a_digest_of_a_secret(path: Path) -> None:
    modules = {alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for alias in node.names} | {
        node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)
    }

    assert "hmac" not in modules
    assert calls(path, "compare_digest") == []


def test_text_is_turned_into_bytes_before_it_is_compared() -> None:
    """`compare_digest` raises on text that is not ASCII."""
    assert signatures.shared_secret("ключ", ["ключ"]) == signatures.Accepted(0)
    assert signatures.shared_secret("\ud800", ["ключ"]) == signatures.Refused("wrong_secret")
    assert signatures.shared_secret("ключ", ["\ud800"]) == signatures.Refused("wrong_secret")
