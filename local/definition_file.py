"""One definition file: its values, and the line on which each of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.plain_yaml import LOADER
from shared.domain.errors import LeadgateError

Place = tuple[str | int, ...]


class Unreadable(LeadgateError):
    """A file that cannot be read or is no YAML; the text names the file and, where there is one, the line."""

    def __init__(self, name: str, line: int, why: str) -> None:
        super().__init__(f"{name}:{line}: {why}" if line else f"{name} {why}")
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """`lines` has the line of every place (a path of keys and indexes), `doubled` the places whose key stands twice."""

    name: str
    plain: Any
    lines: Mapping[Place, int]
    doubled: tuple[tuple[Place, int], ...] = ()

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest part above it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(path: Path) -> DefinitionText:
    """The file as its author wrote it; raises Unreadable."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise Unreadable(shown(path), 0, f"cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable(shown(path), 0, "is not UTF-8 text.") from None
    return parse(text, shown(path))


def parse(text: str, name: str) -> DefinitionText:
    """The text's values and lines; raises Unreadable."""
    try:
        tree = yaml.compose(text, Loader=LOADER)
        places = list(_places(tree, (), ())) if tree else []
        plain = yaml.constructor.SafeConstructor().construct_document(tree) if tree else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(name, mark.line + 1 if mark else 1, f"this is no YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(name, 1, f"this is no YAML: {error}.") from None
    lines: dict[Place, int] = {(): 1}
    doubled = []
    for place, line in places:
        if place in lines:
            doubled.append((place, line))
        lines.setdefault(place, line)
    return DefinitionText(name, plain, lines, tuple(doubled))


def shown(path: Path) -> str:
    """The path as somebody in this folder would write it."""
    here = Path.cwd()
    full = path.resolve()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(path)


def _places(node: yaml.Node, place: Place, above: tuple[yaml.Node, ...]) -> Iterator[tuple[Place, int]]:
    if any(node is one for one in above):
        raise ValueError(f"line {node.start_mark.line + 1} contains itself")
    above = (*above, node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from _places(value, inner, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            inner = (*place, index)
            yield inner, item.start_mark.line + 1
            yield from _places(item, inner, above)


# ------------------------------------------------------------------ reading what may be of any shape


def entries(value: Any) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    return [item for item in listed(value) if isinstance(item, str)]


def whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""
