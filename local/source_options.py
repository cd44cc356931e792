"""The words of `leadgate source`; what it does is imported when it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

PLATFORMS = (
    "linkedin",
    "meta",
    "google",
    "hubspot",
    "salesforce",
    "typeform",
    "webflow",
    "contact-form-7",
    "elementor",
)
HERE = "http://127.0.0.1:8080"
EXAMPLES = """example:
  leadgate source add spring-ads --platform google --url https://api.example.com/prod
  make agreement                                     the file counts from then on
  leadgate source check spring-ads --secrets secrets.json
  leadgate source test spring-ads --secrets secrets.json --url http://127.0.0.1:8080

The secrets are one JSON file, as `leadgate serve --secrets FILE` takes it and Secrets Manager keeps it:
  {"google": {"spring-ads": {"google_key": ["..."]}}}
Exit codes: 0 all is well, 1 something is wrong (and the text says what), 2 a wrong command."""
ADD_EXAMPLE = """example:
  leadgate source add my-ads --platform linkedin --account urn:li:sponsoredAccount:1234567
  leadgate source add old-site --platform hubspot --account 12345678 --form FORM-GUID --origin https://www.example.com
  leadgate source add contact --platform typeform --form g8hcyeXS --action contact_request"""
CHECK_EXAMPLE = """example:
  leadgate source check my-ads --secrets secrets.json --url https://api.example.com/prod"""
TEST_EXAMPLE = """example:
  leadgate serve --secrets secrets.json              in another terminal
  leadgate source test my-ads --secrets secrets.json

The lead is called Test Lead, lives at example.com and is marked as a test: it is recorded, and sales never gets it."""


def add_to(commands: Commands) -> None:
    """Register `source` and its own commands."""
    source = _parser(commands, "source", "connect a platform or a form of others: add, check, test", EXAMPLES)
    own = source.add_subparsers(dest="what", metavar="what", required=True)
    _add_options(own)
    _check_options(own)
    _test_options(own)


def _parser(commands: Commands, name: str, purpose: str, example: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_options(own: Commands) -> None:
    add = _parser(own, "add", "write the source's file with comments, and say what to do next", ADD_EXAMPLE)
    add.add_argument("source", metavar="SOURCE", help="its name: small letters, digits and dashes")
    add.add_argument("--platform", required=True, choices=PLATFORMS)
    add.add_argument("--action", default="contact_request", metavar="A", help="the act (default contact_request)")
    add.add_argument("--notice", metavar="N", help="the notice, such as website-privacy@1 (default: the newest)")
    add.add_argument("--account", action="append", default=[], metavar="ID", help="ad account, page, portal or oid")
    add.add_argument("--form", action="append", default=[], metavar="ID", help="only these forms (default: all)")
    add.add_argument("--origin", action="append", default=[], metavar="URL", help="a site whose pages may post")
    add.add_argument("--url", default=HERE, metavar="URL", help=f"where Leadgate is reached (default {HERE})")
    _folder(add)


def _check_options(own: Commands) -> None:
    check = _parser(own, "check", "is the file right, the secret there, the address reached?", CHECK_EXAMPLE)
    check.add_argument("source", metavar="SOURCE")
    check.add_argument("--secrets", type=Path, metavar="FILE", help="look for the source's secret in this file")
    check.add_argument("--url", metavar="URL", help="look whether Leadgate is reached there")
    _folder(check)


def _test_options(own: Commands) -> None:
    test = _parser(own, "test", "play the platform: its handshake, a test lead, and a forged one", TEST_EXAMPLE)
    test.add_argument("source", metavar="SOURCE")
    test.add_argument("--secrets", type=Path, metavar="FILE", help="what we share with the platform")
    test.add_argument("--url", default=HERE, metavar="URL", help=f"where Leadgate is reached (default {HERE})")
    _folder(test)


def _folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("--agreement", type=Path, metavar="DIR", help="another agreement folder than the repository's")


def run(chosen: argparse.Namespace) -> int:
    from local import source_commands

    return source_commands.run(chosen)
