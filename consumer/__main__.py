"""Read the hand-off queue: print what to do, or keep a CRM up to date.

    python -m consumer --ready-file ready.json --once
    python -m consumer --ready-file ready.json --state state.sqlite --hubspot https://api.hubapi.com

In AWS the file holds api_url, region and hand_off_queue_url; the role needs the template's SalesConsumerPolicy. The
tool's token is read from CRM_TOKEN.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import boto3

from consumer.aws import LeadApi, SqsQueue
from consumer.crm import Caller, Fields, in_words
from consumer.enclosure import Enclosure, nobody_to_ask
from consumer.hubspot import HubSpot
from consumer.reading import Consumer, Sink, Work
from consumer.salesforce import Salesforce
from consumer.store import MemoryStore, SqliteStore, Store

FIELDS = {
    "hubspot": "email=email first_name=firstname last_name=lastname company=company job_title=jobtitle phone=phone "
    "country=country",
    "salesforce": "email=Email first_name=FirstName last_name=LastName company=Company job_title=Title phone=Phone "
    "country=Country",
}


@dataclass(frozen=True, slots=True)
class Printed:
    """Keeps Sink on the screen: whom to contact, and why."""

    def keep(self, work: Work) -> None:
        person = work.lead["person"]
        who, said = person.get("email") or person.get("phone"), in_words(work.told)
        print(f"{who}, score {work.lead['score']}: {said or work.told.get('change') or work.kind}", flush=True)

    def forget(self, lead_id: str) -> None:
        print(f"{lead_id}: erased", flush=True)


def fields_of(text: str) -> Fields:
    """The pairs of `crm` in the definition, written ours=theirs."""
    return dict(pair.split("=", 1) for pair in text.split())


def sink_of(chosen: argparse.Namespace) -> Sink:
    def token() -> str:
        return os.environ.get("CRM_TOKEN", "")

    if chosen.hubspot:
        fields = fields_of(chosen.fields or FIELDS["hubspot"])
        return HubSpot(Caller(chosen.hubspot, token), fields, chosen.subscription_id)
    if chosen.salesforce:
        return Salesforce(Caller(chosen.salesforce, token), fields_of(chosen.fields or FIELDS["salesforce"]))
    return Printed()


def reader_of(chosen: argparse.Namespace, session: boto3.Session, ready: Mapping[str, str], store: Store) -> Consumer:
    """Who asks for each lead, or who opens the person in the message and asks only where there is a door."""
    fetch = LeadApi(session, ready["api_url"]) if "api_url" in ready else nobody_to_ask
    if not chosen.enclosed:
        return Consumer(fetch, store, sink_of(chosen))
    kms = session.client("kms", endpoint_url=ready.get("aws_endpoint_url"))
    return Consumer(fetch, store, sink_of(chosen), Enclosure(kms, ready["enclosure_key_id"]))


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m consumer", description="Read Leadgate's hand-off queue.")
    parser.add_argument("--ready-file", type=Path, required=True, help="what `leadgate serve --ready-file` wrote")
    parser.add_argument("--once", action="store_true", help="end when the queue is empty")
    parser.add_argument("--enclosed", action="store_true", help="open the person in the message instead of asking")
    parser.add_argument("--state", type=Path, help="remember there what is done; default: only while it runs")
    tool = parser.add_mutually_exclusive_group()
    tool.add_argument("--hubspot", metavar="URL", help="such as https://api.hubapi.com")
    tool.add_argument("--salesforce", metavar="URL", help="such as https://yours.my.salesforce.com")
    parser.add_argument("--subscription-id", default="", help="HubSpot's type of marketing mail")
    parser.add_argument("--fields", default="", help='"email=email …" as the definition\'s crm section has it')
    return parser


def main(argv: list[str] | None = None) -> int:
    parser = options()
    chosen = parser.parse_args(argv)
    if not chosen.ready_file.exists():
        parser.error(f"{chosen.ready_file} is not there: start `leadgate serve --ready-file {chosen.ready_file}` first")
    ready: dict[str, str] = json.loads(chosen.ready_file.read_text("utf-8"))
    keys = ready.get("aws_access_key_id"), ready.get("aws_secret_access_key")  # in AWS the role gives them
    session = boto3.Session(*keys, region_name=ready["region"])
    store: Store = SqliteStore(chosen.state) if chosen.state else MemoryStore()
    consumer = reader_of(chosen, session, ready, store)
    sqs = session.client("sqs", endpoint_url=ready.get("aws_endpoint_url"))
    SqsQueue(sqs, ready["hand_off_queue_url"]).work_off(consumer, chosen.once, 1 if chosen.once else 20)
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
