"""What a lead adds to the stored sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.history import History
from shared.domain.stored_sums import PEERS, parts_of
from tests.adapters.contract import an_intake
from tests.builders import DEFINITION, a_question

JUDGED = an_intake(a_question(), 1).lead


def test_who_is_judged_has_peers() -> None:
    assert parts_of(JUDGED, History("a"), DEFINITION)[PEERS].cells == {JUDGED.ruled_by: {str(int(JUDGED.score)): 1}}


@pytest.mark.parametrize(
    "changes", [{"verdicts": {}, "tallies": {}, "score": 0.0}, {"is_test": True}, {"stage": "withdrawn"}]
)
def test_who_may_not_be_judged_tested_only_or_left_is_nobodys_peer(changes: dict[str, Any]) -> None:
    assert PEERS not in parts_of(replace(JUDGED, **changes), History("a"), DEFINITION)
