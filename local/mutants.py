"""The mutation score of the consent decision, from what `mutmut results --all true` prints; `make mutants` calls this.

A mutant is caught when a test failed; everything else is a survivor, also one that took too long or that has no test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

GATE = 95.0


def by_module(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """The status of each mutant by module, from lines such as `shared.domain.x.x_f__mutmut_1: killed`."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        name, _, status = line.strip().partition(": ")
        if "__mutmut_" in name:
            found.setdefault(name.rpartition(".")[0], {})[name] = status
    return found


def survivors(mutants: Mapping[str, str]) -> list[str]:
    return [f"{name}: {status}" for name, status in mutants.items() if status != "killed"]


def score(mutants: Mapping[str, str]) -> float:
    """Per cent caught; nothing measured is a score of nothing."""
    return 100 * (len(mutants) - len(survivors(mutants))) / len(mutants) if mutants else 0.0


def report(modules: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A row for each module and one for all, then every survivor."""
    everything = {name: status for mutants in modules.values() for name, status in mutants.items()}
    rows = [_row(module, mutants) for module, mutants in sorted(modules.items())]
    return ["| module | mutants | caught | score |", "| --- | --- | --- | --- |", *rows, _row("all", everything)] + [
        f"survived: {line}" for line in survivors(everything)
    ]


def _row(name: str, mutants: Mapping[str, str]) -> str:
    return f"| {name} | {len(mutants)} | {len(mutants) - len(survivors(mutants))} | {score(mutants):.1f} % |"


def main(lines: Iterable[str]) -> int:
    """Print the report; 1 when the score is below the gate."""
    modules = by_module(lines)
    print("\n".join(report(modules)))
    return int(score({name: status for mutants in modules.values() for name, status in mutants.items()}) < GATE)


if __name__ == "__main__":
    sys.exit(main(sys.stdin))
