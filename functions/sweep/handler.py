"""The sweeper: on a schedule, whatever the relay did not deliver. It needs no stream."""

from __future__ import annotations

from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws, aws_mail, aws_offers
from shared.domain.errors import TryAgain
from shared.domain.identity import Keyring
from shared.journeys.assign import Assign
from shared.journeys.confirmation import Confirmation, MailLetter, TextLetter
from shared.journeys.deliver import Deliver
from shared.journeys.promises import Watch
from shared.settings import from_environment

SETTINGS = from_environment()


@cache
def deliver() -> Deliver:
    store, proof = aws_mail.permissions(SETTINGS), aws_mail.compiled()["proof"]
    free_mail, links = frozenset(aws_mail.compiled()["definitions"]["default"]["free_mail"]), SETTINGS.links_url
    mail = MailLetter(aws_mail.mailer(SETTINGS), keyring, aws_mail.templates, links, proof["mail"], free_mail)
    text = TextLetter(aws_mail.texter(SETTINGS), keyring, aws_mail.text_templates, links, proof["text"])
    mailed, texted = (Confirmation(store, letter, keyring, aws.now) for letter in (mail, text))
    assign = Assign(aws_offers.store(SETTINGS), aws_offers.agreed(), aws.now, aws.pause)
    queues = aws.hand_off(SETTINGS), aws_offers.nurture(SETTINGS), aws_offers.tests(SETTINGS)
    return Deliver(store, queues[0], aws.now, mailed, texted, assign, *queues[1:])


@cache
def watch() -> Watch:
    return Watch(aws_offers.store(SETTINGS), aws_offers.agreed(), aws.now, aws.pause)


@cache
def keyring() -> Keyring:
    return aws.keyring(SETTINGS)


def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """Counts of what became of the overdue messages, and of the promises that are due; a failure is raised after the
    others were tried, so the alarm sees it.
    """
    counts, kept = deliver().sweep(), watch().sweep()
    for outcome, times in counts.items():
        telemetry.handed_off(outcome, times)
    for outcome, times in kept.items():
        telemetry.count("PromiseDue", times, outcome=outcome)
    if counts["failed"] or kept["failed"]:
        raise TryAgain(f"{counts['failed']} messages and {kept['failed']} promises must be tried again")
    return {**counts, **{f"promises_{outcome}": times for outcome, times in kept.items()}}
