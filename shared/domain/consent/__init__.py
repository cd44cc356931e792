"""The consent decision: what may be done with a submission, on which basis, and why.

`question` reads what is asked, `decision` is what comes out, `evaluator` walks the order of evaluation, `channels`
decides about one way to contact somebody. The rules themselves are in agreement/jurisdictions.yaml.
Beside them: `words` (reasons as sentences), `cases` (a file of cases), `table` (the rules for a reader).
"""

from __future__ import annotations

from shared.domain.consent.decision import ConsentDecision
from shared.domain.consent.evaluator import decide
from shared.domain.consent.question import ConsentQuestion

__all__ = ["ConsentDecision", "ConsentQuestion", "decide"]
