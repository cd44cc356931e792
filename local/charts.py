"""Charts as inline SVG for self-contained pages: no script, no font, no request; every chart says its figures as text.

Colours keep a contrast of 3:1 against white and are told apart without colour by order, label and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, SAID, BAR, GAP = 410, 158, 96, 18, 8
COLOURS = {"old": "#5b6b7b", "new": "#0b6bcb", "good": "#1a7f4b", "bad": "#b3261e", "open": "#767676"}
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1f24;
  background: #fff; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { max-width: 44rem; } svg { width: 100%; height: auto; max-width: 34rem; }
svg text { font: 12px system-ui, sans-serif; fill: #1b1f24; } svg .faint { fill: #57606a; }
table { border-collapse: collapse; min-width: min(100%, 44rem); } th[scope=row] { min-width: 8.5rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #d0d7de; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 44rem;
  background: #f6f8fa; padding: .6rem .8rem; font-size: .85rem; }
.scroll { overflow-x: auto; } :focus-visible { outline: 3px solid #0969da; outline-offset: 2px; }
.warning { border-left: 4px solid #9a6700; background: #fff8e5; padding: .5rem .8rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; padding: 0; }
.tiles li { list-style: none; border: 1px solid #d0d7de; border-radius: 8px; padding: .6rem .8rem; }
.tiles strong { display: block; font-size: 1.5rem; line-height: 1.2; } .tiles span { color: #57606a; font-size: .9rem; }
.key span { display: inline-block; margin-right: 1.2rem; }
.key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: 2px; }
""".strip()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a name, its value, how the value is written, and the colour's name; `low` and `high` are an interval."""

    name: str
    value: float
    said: str
    colour: str = "new"
    low: float | None = None
    high: float | None = None


def page(title: str, parts: Iterable[str], lang: str = "en") -> str:
    """A whole page that needs nothing else."""
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(part for part in parts if part) + "\n</section>"


def paragraph(text: str, css: str = "") -> str:
    return f'<p class="{css}">{escape(text)}</p>' if css else f"<p>{escape(text)}</p>"


def tiles(figures: Iterable[tuple[str, str]]) -> str:
    """Large figures with what each is."""
    cells = "".join(f"<li><strong>{escape(value)}</strong><span>{escape(name)}</span></li>" for value, name in figures)
    return f'<ul class="tiles">{cells}</ul>'


def key(names: Mapping[str, str]) -> str:
    """What each colour stands for."""
    spans = (
        f'<span><i style="background:{COLOURS[colour]}"></i>{escape(name)}</span>' for colour, name in names.items()
    )
    return f'<p class="key">{"".join(spans)}</p>'


def bars(title: str, rows: Sequence[Bar], top: float | None = None) -> str:
    """Horizontal bars from zero, one under the other, with their values in words and intervals as whiskers."""
    most = top or max((max(row.value, row.high or 0) for row in rows), default=0) or 1
    height = len(rows) * (BAR + GAP) + GAP
    room = WIDTH - LABEL - SAID
    drawn = "".join(_bar(row, number * (BAR + GAP) + GAP, room / most) for number, row in enumerate(rows))
    said = "; ".join(f"{row.name}: {row.said}" for row in rows)
    return _svg(title, said, height, drawn)


def columns(title: str, names: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Columns over time, one colour per series, the highest value written on the axis."""
    most = max((value for values in series.values() for value in values), default=0) or 1
    height, foot, left = 200, 24, 44
    step = (WIDTH - left) / max(1, len(names))
    width = max(1.0, step * 0.8 / max(1, len(series)))
    drawn = [f'<text x="0" y="14" class="faint">{most:g}</text><text x="0" y="{height - foot}" class="faint">0</text>']
    for place, (colour, values) in enumerate(series.items()):
        for number, value in enumerate(values):
            tall = value / most * (height - foot - 8)
            x = left + number * step + place * width
            drawn.append(
                f'<rect x="{x:.1f}" y="{height - foot - tall:.1f}" width="{width:.1f}" height="{tall:.1f}" '
                f'fill="{COLOURS[colour]}"/>'
            )
    every = max(1, -(-len(names) // 6))
    drawn += [
        f'<text x="{left + number * step:.1f}" y="{height - 6}" class="faint">{escape(name)}</text>'
        for number, name in enumerate(names)
        if number % every == 0 and left + number * step < WIDTH - 60
    ]
    said = "; ".join(f"{colour}: " + ", ".join(f"{value:g}" for value in values) for colour, values in series.items())
    return _svg(title, said, height, "".join(drawn))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names the row and whose others are figures."""
    heads = "".join(f'<th scope="col"{"" if first else _NUMBER}>{escape(cell)}</th>' for first, cell in _first(head))
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>' if first else f"<td{_NUMBER}>{escape(cell)}</td>"
            for first, cell in _first(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def lines(text: str) -> str:
    """Lines to copy, as they are."""
    return f"<pre>{escape(text)}</pre>"


_NUMBER = ' class="number"'


def _first(cells: Sequence[str]) -> Iterable[tuple[bool, str]]:
    return ((number == 0, cell) for number, cell in enumerate(cells))


def _bar(row: Bar, y: int, scale: float) -> str:
    length = row.value * scale
    whisker = ""
    if row.low is not None and row.high is not None:
        low, high, middle = LABEL + row.low * scale, LABEL + row.high * scale, y + BAR / 2
        whisker = (
            f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {y + 4}v10M{high:.1f} {y + 4}v10" stroke="#1b1f24"/>'
        )
    end = LABEL + max(length, (row.high or 0) * scale) + 6
    return (
        f'<text x="0" y="{y + 13}">{escape(_short(row.name))}</text>'
        f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[row.colour]}" rx="2"/>{whisker}'
        f'<text x="{end:.1f}" y="{y + 13}">{escape(row.said)}</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _svg(title: str, said: str, height: float, drawn: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(f"{title}. {said}", quote=True)}">'
        f"{drawn}</svg>"
    )
