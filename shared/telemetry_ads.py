"""What the operators see of ad leads; apart from `telemetry`, so that no other door loads the journeys of ad leads."""

from __future__ import annotations

from shared.journeys.ad_ports import NotConnected
from shared.journeys.fetch_lead import Outcome
from shared.journeys.pull_leads import Swept
from shared.telemetry import count, failed, logger, note

# What alarms read: without dimensions of their own.
SUMMED = {"captured": "SubmissionAccepted", "parked": "AdLeadParked"}


def fetched(platform: str, source_id: str, outcome: Outcome) -> None:
    """What became of one ad lead."""
    count("AdLead", platform=platform, outcome=outcome.word)
    metric = SUMMED.get(outcome.word)
    if metric:
        count(metric)
    note("ad_lead", source_id=source_id, outcome=outcome.word, reason=outcome.reason, lead_id=outcome.lead_id)


def trouble(error: Exception) -> None:
    """What keeps ad leads waiting; a connection that an operator must mend rings by itself."""
    failed(error)
    if isinstance(error, NotConnected):
        count("PlatformNotConnected")


def pulled(source_id: str, swept: Swept) -> None:
    """What one sweep of a source found."""
    for outcome, times in swept.outcomes.items():
        count("AdLeadPulled", times, outcome=outcome)
    summed = {metric: swept.outcomes[word] for word, metric in SUMMED.items()}
    for metric, times in {**summed, "PushMissed": swept.push_missed}.items():
        if times:
            count(metric, times)
    if swept.too_quiet:
        logger.warning("source_too_quiet", source_id=source_id)
        count("SourceTooQuiet")
    note("pulled", source_id=source_id, is_whole=swept.is_whole, push_missed=swept.push_missed, **swept.outcomes)
