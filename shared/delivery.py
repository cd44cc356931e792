"""What delivers the outbox, put together from the settings: the same for the relay and for the sweeper, which may not
import each other. A room of its own, as adapters know no journeys and journeys no adapters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from shared.adapters import aws, aws_mail, aws_offers
from shared.adapters.kms_cipher import KmsCipher
from shared.adapters.transport import KMS
from shared.domain.identity import Keyring
from shared.domain.lead import Lead
from shared.domain.message import Message
from shared.journeys.assign import Assign, company_of
from shared.journeys.confirmation import Confirmation, MailLetter, TextLetter
from shared.journeys.deliver import Deliver
from shared.journeys.enclose import Enclose, by_reference
from shared.journeys.promises import Watch
from shared.settings import Settings


def delivery(settings: Settings) -> Deliver:
    """The journey with its real surroundings. The keys are fetched when first needed, then kept."""

    @cache
    def keyring() -> Keyring:
        return aws.keyring(settings)

    store, links = aws_mail.permissions(settings), settings.links_url
    free_mail = frozenset(aws_mail.compiled()["definitions"]["default"]["free_mail"])
    budgets = aws_mail.compiled()["proof"]
    mail = MailLetter(aws_mail.mailer(settings), keyring, aws_mail.templates, links, budgets["mail"], free_mail)
    text = TextLetter(aws_mail.texter(settings), keyring, aws_mail.text_templates, links, budgets["text"])
    offers, agreed = aws_offers.store(settings), aws_offers.agreed()

    def companies(lead: Lead) -> str | None:
        return company_of(lead, keyring, free_mail) if agreed.routing.existing_owner == "company" else None

    return Deliver(
        ledger=store,
        hand_off=aws.hand_off(settings),
        clock=aws.now,
        mail=Confirmation(store, mail, keyring, aws.now),
        text=Confirmation(store, text, keyring, aws.now),
        assign=Assign(offers, agreed, aws.now, aws.pause, companies),
        nurture=aws_offers.nurture(settings),
        tests=aws_offers.tests(settings),
        let_go=Watch(offers, agreed, aws.now, aws.pause).let_go,
        enclose=enclosing(settings),
    )


def enclosing(settings: Settings) -> Callable[[Message, Lead | None], Message]:
    """What puts the person into messages, where the stack has a key for it; else they stay as they are."""
    if not settings.enclosure_key_id:
        return by_reference
    return Enclose(KmsCipher(aws.transport(settings, KMS), settings.enclosure_key_id), aws.now)
