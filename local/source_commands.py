"""`leadgate source …`: add, check, test. What is wrong is said in plain words, one line each."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import source_file, source_trials
from local.agreement import COMPILED, HOME, compile_agreement
from local.plain_yaml import load
from local.platform_secrets import secrets_of
from local.unusable import Unusable
from shared.domain.agreement import Agreement, Source, from_compiled
from shared.sources.field_map import CANONICAL

GOOD, BAD, DOUBTFUL = "ok", "!!", "??"
SHORTEST_SECRET = 16
# Platforms that tell us the person's contact points under names that we know; for the others the file must.
TELL_THEMSELVES = ("linkedin", "meta", "google", "hubspot", "salesforce", "typeform")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: `mark` is ok, !! (wrong) or ?? (look at it)."""

    mark: str
    text: str


def run(chosen: argparse.Namespace) -> int:
    """0 when all is well, 1 when something is wrong."""
    return {"add": _add, "check": _check, "test": _test}[chosen.what](chosen)


# ------------------------------------------------------------------ add


def _add(chosen: argparse.Namespace) -> int:
    home = chosen.agreement or HOME
    path = home / "sources" / f"{chosen.source}.yaml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", chosen.source):
        raise Unusable(f"{chosen.source} is no name: small letters, digits and dashes, such as spring-ads.")
    if path.exists():
        raise Unusable(f"{path} is there already. Choose another name, or change that file by hand.")
    wanted = source_file.Wanted(
        chosen.source,
        chosen.platform,
        chosen.action,
        chosen.notice or _newest_notice(home),
        tuple(chosen.account),
        tuple(chosen.form),
        tuple(chosen.origin),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source_file.text(wanted), "utf-8")
    try:
        _compiled(home)
    except Unusable:
        path.unlink()  # nobody else can compile while a wrong file lies there
        raise
    print(f"wrote {path}", *source_file.next_steps(wanted, chosen.url), sep="\n")
    return 0


def _newest_notice(home: Path) -> str:
    files = [load(path) for path in sorted((home / "notices").glob("*.yaml"))]
    if not files:
        raise Unusable(f"There is no notice in {home / 'notices'}: a source needs one.")
    newest = max(files, key=lambda file: int(file["version"]))
    return f"{newest['notice_id']}@{newest['version']}"


def _compiled(home: Path) -> dict[str, Any]:
    """The agreement with the files as they are now. Raises Unusable with what the compiler says."""
    try:
        return compile_agreement(home)
    except (ValueError, OSError) as wrong:
        raise Unusable(f"The agreement is refused.\n{_shortened(str(wrong))}") from None


def _shortened(text: str) -> str:
    """pydantic's own words, without its web addresses and what was typed."""
    lines = (line for line in text.splitlines() if "errors.pydantic.dev" not in line)
    return "\n".join(re.sub(r" \[type=.*\]$", "", line) for line in lines)


# ------------------------------------------------------------------ check


def _check(chosen: argparse.Namespace) -> int:
    findings = list(_findings(chosen))
    print(*(f"{one.mark}  {one.text}" for one in findings), sep="\n")
    wrong = sum(one.mark == BAD for one in findings)
    print(f"{wrong} wrong" if wrong else "Nothing is wrong.")
    return 1 if wrong else 0


def _findings(chosen: argparse.Namespace) -> Iterator[Finding]:
    home = chosen.agreement or HOME
    compiled = _compiled(home)
    source, agreement = _source(home, chosen.source, compiled)
    yield Finding(GOOD, f"sources/{source.source_id}.yaml is well-formed: {source.platform}, {source.action}")
    yield _freshness(home, source, compiled)
    if not source.enabled:
        yield Finding(DOUBTFUL, "enabled: false, so every post is answered as if the source did not exist")
    notice = agreement.notices[source.notice]
    yield Finding(GOOD, f"notice {source.notice} is there, in {notice.lang}")
    yield from _boxes(source)
    yield _contact(source)
    yield from _secret(source, chosen.secrets)
    if chosen.url:
        yield from (Finding(GOOD if well else BAD, text) for well, text in source_trials.reach(chosen.url, source))


def _source(home: Path, source_id: str, compiled: dict[str, Any]) -> tuple[Source, Agreement]:
    agreement = from_compiled(compiled)
    if source_id not in agreement.sources:
        known = ", ".join(sorted(agreement.sources)) or "none"
        raise Unusable(f"There is no sources/{source_id}.yaml in {home}. There are: {known}.")
    return agreement.sources[source_id], agreement


def _freshness(home: Path, source: Source, compiled: dict[str, Any]) -> Finding:
    """What runs is the compiled agreement."""
    kept = home / COMPILED.name
    rows = json.loads(kept.read_text("utf-8")).get("sources", []) if kept.exists() else []
    known = {row["source_id"]: row for row in rows}
    if source.source_id not in known:
        return Finding(BAD, "it is not in the compiled agreement yet: run `make agreement`")
    if known[source.source_id] != next(row for row in compiled["sources"] if row["source_id"] == source.source_id):
        return Finding(BAD, "the compiled agreement holds an older state of it: run `make agreement`")
    return Finding(GOOD, "the compiled agreement holds it")


def _boxes(source: Source) -> Iterator[Finding]:
    if source.platform == "google":
        yield Finding(GOOD, f"Google sends no checkbox; the file states the basis: {_basis(source)}")
    elif not source.boxes:
        yield Finding(DOUBTFUL, "boxes: none, so no lead of this source ever permits marketing")
    for box in source.boxes:
        if source.platform not in ("linkedin", "meta", "typeform") and not box.attested_on:
            text = f"box {box.purpose}: without attested_on its tick counts for nothing, for nobody says how it looked"
            yield Finding(DOUBTFUL, text)


def _basis(source: Source) -> str:
    return source.basis.legal_basis if source.basis else "none"


def _contact(source: Source) -> Finding:
    """Can the person be reached at all with what the map reads?"""
    named = {*source.fields.values(), *source.places, *source.fields}
    if source.platform in TELL_THEMSELVES or named & {"email", "work_email", "phone", "work_phone"}:
        return Finding(GOOD, "an e-mail address or a phone number is among the fields")
    return Finding(
        BAD, f"fields: none is called email or phone, so nobody can be reached ({', '.join(CANONICAL[:3])} …)"
    )


# ------------------------------------------------------------------ the secret


def _secret(source: Source, path: Path | None) -> Iterator[Finding]:
    if source.platform in ("hubspot", "salesforce") and path is None:
        yield Finding(GOOD, "no secret is needed: these posts are public")
        return
    if path is None:
        yield Finding(DOUBTFUL, "the secret was not looked at: name its file with --secrets")
        return
    secrets = secrets_of(path)
    for name in secret_names(source):
        yield _one_secret(source, name, secrets.valid(source.platform, name, source.source_id))


def _one_secret(source: Source, name: str, values: tuple[str, ...]) -> Finding:
    place = f"{source.platform}.{name}" if source.platform == "meta" else f"{source.platform}.{source.source_id}.{name}"
    if not values:
        if source.platform in ("hubspot", "salesforce"):
            return Finding(GOOD, f"{place}: none, so only the public route is open")
        return Finding(BAD, f"{place}: there is none in that file, so every post is refused")
    if any(value != value.strip() for value in values):
        return Finding(BAD, f"{place}: it begins or ends with a space; was it copied with the line's end?")
    if len(set(values)) < len(values):
        return Finding(BAD, f"{place}: the same secret stands there twice")
    if any(len(value) < SHORTEST_SECRET for value in values):
        return Finding(DOUBTFUL, f"{place}: shorter than {SHORTEST_SECRET} characters; is it the whole one?")
    return Finding(GOOD, f"{place}: {len(values)} valid" + (" (one follows the other)" if len(values) > 1 else ""))


def secret_names(source: Source) -> tuple[str, ...]:
    names: Mapping[str, tuple[str, ...]] = {
        "linkedin": ("client_secret",),
        "meta": ("app_secret", "verify_token"),
        "google": ("google_key",),
        "salesforce": (),
    }
    return names.get(source.platform, ("secret",))


# ------------------------------------------------------------------ test


def _test(chosen: argparse.Namespace) -> int:
    home = chosen.agreement or HOME
    source, _ = _source(home, chosen.source, _compiled(home))
    secrets = secrets_of(chosen.secrets)
    named = {name: secrets.valid(source.platform, name, source.source_id) for name in secret_names(source)}
    failed = 0
    for trial in source_trials.trials(source, {name: values[0] for name, values in named.items() if values}):
        well, text = source_trials.tried(chosen.url, trial)
        failed += not well
        print(f"{GOOD if well else BAD}  {trial.story}: {text}", flush=True)
    print(f"{failed} went wrong" if failed else "All went as it should.")
    return 1 if failed else 0
