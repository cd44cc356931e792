"""A pytest plugin for `make mutants`: run whole test files instead of the single tests that were named.

mutmut names tests by the ids of an earlier collection in the same process. pytest escapes a backslash in an id again
each time it collects, does not find such a test any more, runs nothing, and mutmut takes that failure for a caught
mutant: nearly every mutant looks caught. Without names nothing can be missing.
"""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.args[:] = dict.fromkeys(argument.partition("::")[0] for argument in config.args)
