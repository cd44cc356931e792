"""Every kind of tampering is found with its code; an untouched ledger has no finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.key_file_signer import KeyFileSigner
from shared.domain.identity import canonical
from shared.domain.ledger_entry import Head, day_shard, entry_hash
from shared.domain.ledger_proof import StoredEntry, concerns, read_canonical, read_core
from shared.domain.seal import Seal
from tests.ledger.history import (
    ADA,
    BOB,
    DAYS,
    EVE,
    NAME,
    NOW,
    Ledger,
    a_chain,
    a_ledger,
    an_entry,
    days_after,
    head_of,
    seals_of,
    stored,
    without_body,
)

FORGER = KeyFileSigner(NAME, Ed25519PrivateKey.from_private_bytes(bytes(32)))


def edited(core: str, **changes: Any) -> str:
    return canonical({**json.loads(core), **changes})


# ------------------------------------------------------------------ tampering, each with the code that tells it


def edit_body(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, body='{"purpose":"mkt_phone","seq":1}')


def edit_salt(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, salt="00" * 32)


def lose_the_salt_only(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, salt=None)


def edit_core(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, core=edited(ledger.chain(ADA)[1].core, type="consent_refused"))


def edit_core_and_fix_its_hash(ledger: Ledger) -> Ledger:
    core = edited(ledger.chain(ADA)[1].core, type="consent_refused")
    return ledger.changed(ADA, 2, core=core, hash=entry_hash(core.encode()))


def edit_the_last_core_with_hash_and_head(ledger: Ledger) -> Ledger:
    core = edited(ledger.chain(ADA)[2].core, type="consent_refused")
    digest = entry_hash(core.encode())
    changed = ledger.changed(ADA, 3, core=core, hash=digest, day_shard=day_shard(DAYS[2], digest))
    return changed.with_head(head_of(changed.chain(ADA)))


def drop_in_the_middle(ledger: Ledger) -> Ledger:
    return ledger.with_chain(ADA, [entry for entry in ledger.chain(ADA) if not entry.sk.endswith("2")])


def drop_the_tail(ledger: Ledger) -> Ledger:
    return ledger.with_chain(ADA, ledger.chain(ADA)[:-1])


def drop_the_tail_and_rewrite_the_head(ledger: Ledger) -> Ledger:
    shorter = ledger.chain(ADA)[:-1]
    return ledger.with_chain(ADA, shorter).with_head(head_of(shorter))


def drop_the_whole_chain(ledger: Ledger) -> Ledger:
    return ledger.with_chain(ADA, [])


def drop_the_whole_chain_and_its_head(ledger: Ledger) -> Ledger:
    return replace(ledger.with_chain(ADA, []), heads=tuple(one for one in ledger.heads if one.chain != ADA))


def reorder(ledger: Ledger) -> Ledger:
    one, two, three = ledger.chain(ADA)
    return ledger.with_chain(ADA, [replace(two, sk=one.sk), replace(one, sk=two.sk), three])


def swap_between_chains(ledger: Ledger) -> Ledger:
    ada, bob = ledger.chain(ADA), ledger.chain(BOB)
    ada[0], bob[0] = replace(bob[0], pk=ada[0].pk), replace(ada[0], pk=bob[0].pk)
    return ledger.with_chain(ADA, ada).with_chain(BOB, bob)


def move_to_what_is_no_chain(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, pk="CHAIN#ada")


def rewrite_all_consistently(ledger: Ledger) -> Ledger:
    rewritten = a_chain(ADA, DAYS[:3], purpose="mkt_phone")
    return ledger.with_chain(ADA, rewritten).with_head(head_of(rewritten))


def add_a_back_dated_entry(ledger: Ledger) -> Ledger:
    longer = [*ledger.chain(ADA), stored(an_entry(head_of(ledger.chain(ADA)), DAYS[2]))]
    return ledger.with_chain(ADA, longer).with_head(head_of(longer))


def lose_a_body(ledger: Ledger) -> Ledger:
    return ledger.with_chain(ADA, map(without_body, ledger.chain(ADA)))


def fake_an_erasure(ledger: Ledger) -> Ledger:
    erased = stored(an_entry(head_of(ledger.chain(ADA)), days_after(DAYS[3], 1), "erased"))
    entries = [*map(without_body, ledger.chain(ADA)), without_body(erased)]
    return replace(ledger.with_chain(ADA, entries), heads=(head_of(ledger.chain(BOB)),))


def fake_an_erasure_on_a_day_that_has_one(ledger: Ledger) -> Ledger:
    erased = stored(an_entry(head_of(ledger.chain(ADA)), DAYS[3], "erased"))
    entries = [*map(without_body, ledger.chain(ADA)), without_body(erased)]
    return replace(ledger.with_chain(ADA, entries), heads=(head_of(ledger.chain(BOB)),))


def lose_a_body_after_the_erasure(ledger: Ledger) -> Ledger:
    longer = [*ledger.chain(EVE), without_body(stored(an_entry(head_of(ledger.chain(EVE)), DAYS[3])))]
    return ledger.with_chain(EVE, longer)


def forget_the_record_of_an_erasure(ledger: Ledger) -> Ledger:
    return replace(ledger, erasures={})


def lose_a_head(ledger: Ledger) -> Ledger:
    return replace(ledger, heads=ledger.heads[1:])


def hide_from_the_index(ledger: Ledger) -> Ledger:
    return ledger.changed(ADA, 2, day_shard="2020-01-01#0")


def store_a_core_that_is_not_canonical(ledger: Ledger) -> Ledger:
    core = ledger.chain(ADA)[1].core.replace(",", ", ", 1)
    return ledger.changed(ADA, 2, core=core, hash=entry_hash(core.encode()))


def with_seal(ledger: Ledger, number: int, **changes: Any) -> Ledger:
    seals = list(ledger.seals)
    seals[number] = replace(seals[number], **changes)
    return replace(ledger, seals=tuple(seals))


def forge_a_signature(ledger: Ledger) -> Ledger:
    return replace(ledger, seals=seals_of(ledger.entries, signer=FORGER))


def rewrite_all_and_seal_it_again(ledger: Ledger) -> Ledger:
    return forge_a_signature(rewrite_all_consistently(ledger))


def garble_a_checkpoint(ledger: Ledger) -> Ledger:
    return with_seal(ledger, 1, checkpoint="nothing")


def edit_a_leaf(ledger: Ledger) -> Ledger:
    return with_seal(ledger, 1, leaves=(*ledger.seals[1].leaves[:-1], "00" * 32))


def drop_a_leaf(ledger: Ledger) -> Ledger:
    return with_seal(ledger, 1, leaves=ledger.seals[1].leaves[:-1])


def write_no_hash_as_a_leaf(ledger: Ledger) -> Ledger:
    return with_seal(ledger, 1, leaves=(*ledger.seals[1].leaves[:-1], "leaf"))


def call_a_checkpoint_another_day(ledger: Ledger) -> Ledger:
    return with_seal(ledger, 1, day="2026-02-29")


def drop_the_first_checkpoint(ledger: Ledger) -> Ledger:
    return replace(ledger, seals=ledger.seals[1:])


def drop_a_checkpoint_in_the_middle(ledger: Ledger) -> Ledger:
    return replace(ledger, seals=(ledger.seals[0], *ledger.seals[2:]))


def drop_the_last_checkpoints(ledger: Ledger) -> Ledger:
    return replace(ledger, seals=ledger.seals[:2])


def drop_all_checkpoints(ledger: Ledger) -> Ledger:
    return replace(ledger, seals=())


def cut_the_end_off_everything(ledger: Ledger) -> Ledger:
    """The tail, the head and the last checkpoints together: only the missing days tell."""
    return replace(drop_the_tail_and_rewrite_the_head(ledger), seals=ledger.seals[:2])


TAMPERING = [
    (edit_body, "BODY_MISMATCH"),
    (edit_salt, "BODY_MISMATCH"),
    (lose_the_salt_only, "BODY_MISMATCH"),
    (edit_core, "HASH_MISMATCH"),
    (edit_core_and_fix_its_hash, "PREV_MISMATCH"),
    (edit_the_last_core_with_hash_and_head, "SEALED_ENTRY_MISSING"),
    (drop_in_the_middle, "SEQ_GAP"),
    (drop_the_tail, "HEAD_MISMATCH"),
    (drop_the_tail_and_rewrite_the_head, "SEALED_ENTRY_MISSING"),
    (drop_the_whole_chain, "HEAD_MISMATCH"),
    (drop_the_whole_chain_and_its_head, "SEALED_ENTRY_MISSING"),
    (reorder, "SEQ_GAP"),
    (swap_between_chains, "WRONG_CHAIN"),
    (move_to_what_is_no_chain, "WRONG_CHAIN"),
    (rewrite_all_consistently, "SEALED_ENTRY_MISSING"),
    (rewrite_all_consistently, "UNSEALED_ENTRY"),
    (add_a_back_dated_entry, "UNSEALED_ENTRY"),
    (lose_a_body, "BODY_MISSING_WITHOUT_ERASURE"),
    (fake_an_erasure, "BODY_MISSING_WITHOUT_ERASURE"),
    (fake_an_erasure_on_a_day_that_has_one, "BODY_MISSING_WITHOUT_ERASURE"),
    (lose_a_body_after_the_erasure, "BODY_MISSING_WITHOUT_ERASURE"),
    (forget_the_record_of_an_erasure, "BODY_MISSING_WITHOUT_ERASURE"),
    (lose_a_head, "HEAD_MISMATCH"),
    (hide_from_the_index, "INDEX_MISMATCH"),
    (store_a_core_that_is_not_canonical, "NOT_CANONICAL"),
    (forge_a_signature, "BAD_SIGNATURE"),
    (rewrite_all_and_seal_it_again, "BAD_SIGNATURE"),
    (garble_a_checkpoint, "BAD_SIGNATURE"),
    (edit_a_leaf, "BAD_SIGNATURE"),
    (drop_a_leaf, "BAD_SIGNATURE"),
    (write_no_hash_as_a_leaf, "BAD_SIGNATURE"),
    (call_a_checkpoint_another_day, "BAD_SIGNATURE"),
    (drop_the_first_checkpoint, "CHECKPOINT_CHAIN"),
    (drop_a_checkpoint_in_the_middle, "CHECKPOINT_CHAIN"),
    (drop_the_last_checkpoints, "CHECKPOINT_CHAIN"),
    (drop_all_checkpoints, "UNSEALED_ENTRY"),
    (cut_the_end_off_everything, "CHECKPOINT_CHAIN"),
]
ONLY_THE_SEAL_TELLS = [
    edit_the_last_core_with_hash_and_head,
    drop_the_tail_and_rewrite_the_head,
    drop_the_whole_chain_and_its_head,
    rewrite_all_consistently,
    add_a_back_dated_entry,
]


def test_an_untouched_ledger_has_no_finding() -> None:
    assert a_ledger().findings() == []


@pytest.mark.parametrize(("tamper", "code"), TAMPERING, ids=[f"{tamper.__name__}-{code}" for tamper, code in TAMPERING])
def test_tampering_is_found_with_its_code(tamper: Callable[[Ledger], Ledger], code: str) -> None:
    assert code in tamper(a_ledger()).codes()


@pytest.mark.parametrize("tamper", ONLY_THE_SEAL_TELLS)
def test_what_is_consistent_in_itself_is_told_by_the_seal_alone(tamper: Callable[[Ledger], Ledger]) -> None:
    assert tamper(a_ledger()).codes() <= {"SEALED_ENTRY_MISSING", "UNSEALED_ENTRY"}


def test_fresh_entries_need_no_checkpoint_yet() -> None:
    ledger = a_ledger()
    fresh = a_chain(ADA, (*DAYS[:3], "2026-03-07"))

    assert ledger.with_chain(ADA, fresh).with_head(head_of(fresh)).findings() == []


def test_an_entry_must_be_sealed_when_its_day_is_over_for_48_hours() -> None:
    ledger = a_ledger()
    ledger = replace(ledger, trust=replace(ledger.trust, now=NOW + timedelta(days=1)))

    assert ledger.codes() == {"CHECKPOINT_CHAIN"}


def test_findings_can_be_narrowed_to_one_chain_or_one_day() -> None:
    findings = edit_body(drop_the_tail(a_ledger())).findings()

    of_bob = concerns(findings, BOB, None, ())
    of_ada = concerns(findings, ADA, None, DAYS[:3])
    of_the_second_day = concerns(findings, None, DAYS[1], ())

    assert of_bob == []
    assert {finding.code for finding in of_ada} == {"BODY_MISMATCH", "HEAD_MISMATCH", "SEALED_ENTRY_MISSING"}
    assert {finding.code for finding in of_the_second_day} >= {"BODY_MISMATCH"}


# ------------------------------------------------------------------ random histories

HISTORIES = st.lists(st.lists(st.sampled_from(DAYS), min_size=1, max_size=5).map(sorted), min_size=1, max_size=5)


def a_history(chains: list[list[str]], erased: frozenset[int]) -> Ledger:
    entries: list[StoredEntry] = []
    visible: list[StoredEntry] = []
    heads: list[Head] = []
    erasures: dict[str, int] = {}
    for number, days in enumerate(chains):
        kinds = ["consent_given"] * len(days)
        if number in erased:
            kinds[-1] = "erased"
            erasures[days[-1]] = erasures.get(days[-1], 0) + 1
        chain = a_chain(f"{number:032x}", days, kinds)
        entries += chain
        visible += map(without_body, chain) if number in erased else chain
        heads += [] if number in erased else [head_of(chain)]
    ledger = a_ledger()
    return replace(ledger, entries=tuple(visible), heads=tuple(heads), seals=seals_of(entries), erasures=erasures)


@settings(max_examples=40, deadline=None)
@given(HISTORIES, st.frozensets(st.integers(0, 4)))
def test_an_honest_history_has_no_finding(chains: list[list[str]], erased: frozenset[int]) -> None:
    assert a_history(chains, erased).findings() == []


def flipped(text: str, place: int, bit: int) -> str:
    """The text with one bit of one byte turned over; what is no UTF-8 any more stays visible as such."""
    raw = bytearray(text.encode())
    raw[place % len(raw)] ^= 1 << bit
    return raw.decode("utf-8", "surrogateescape")


ENTRY_FIELDS = [one.name for one in fields(StoredEntry)]


@settings(max_examples=400, deadline=None)
@given(entry=st.integers(0, 6), name=st.sampled_from(ENTRY_FIELDS), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_in_any_field_of_any_entry_is_found(entry: int, name: str, place: int, bit: int) -> None:
    ledger = a_ledger()
    before = getattr(ledger.entries[entry], name)
    if before is None:
        return
    entries = list(ledger.entries)

    entries[entry] = replace(entries[entry], **{name: flipped(before, place, bit)})

    assert replace(ledger, entries=tuple(entries)).findings()


@settings(max_examples=300, deadline=None)
@given(number=st.integers(0, 3), part=st.integers(0, 5), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_in_any_checkpoint_is_found(number: int, part: int, place: int, bit: int) -> None:
    ledger = a_ledger()
    seal = ledger.seals[number]
    if part == 0:
        changed = replace(seal, day=flipped(seal.day, place, bit))
    elif part < 4:
        changed = replace(seal, checkpoint=flipped(seal.checkpoint, place, bit))
    else:
        which = place % len(seal.leaves)
        leaf = flipped(seal.leaves[which], place // 7, bit)
        changed = replace(seal, leaves=(*seal.leaves[:which], leaf, *seal.leaves[which + 1 :]))

    assert replace(ledger, seals=(*ledger.seals[:number], changed, *ledger.seals[number + 1 :])).findings()


@settings(max_examples=100, deadline=None)
@given(
    which=st.integers(0, 1), name=st.sampled_from(["chain", "hash"]), place=st.integers(0, 63), bit=st.integers(0, 7)
)
def test_a_flipped_bit_in_any_head_is_found(which: int, name: str, place: int, bit: int) -> None:
    ledger = a_ledger()
    heads = list(ledger.heads)

    changes: dict[str, Any] = {name: flipped(getattr(heads[which], name), place, bit)}
    heads[which] = replace(heads[which], **changes)

    assert replace(ledger, heads=tuple(heads)).findings()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(7)), st.integers(1, 6))
def test_no_entry_can_be_left_out(order: list[int], kept: int) -> None:
    ledger = a_ledger()

    assert replace(ledger, entries=tuple(ledger.entries[number] for number in order[:kept])).findings()


# ------------------------------------------------------------------ the canonical form

CORE = a_ledger().entries[0].core


def test_the_core_of_an_entry_is_read() -> None:
    core = read_core(CORE)

    assert core is not None
    assert (core.chain, core.seq, core.day, core.kind) == (ADA, 1, DAYS[0], "consent_given")


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"chain": "x"},
        {"chain": 1},
        {"prev": "AB" * 32},
        {"body": None},
        {"day": "2026-02-30"},
        {"day": "2026-3-2"},
        {"seq": 0},
        {"seq": True},
        {"rules": None},
        {"type": 1},
        {"notice": "x"},
    ],
)
def test_what_lacks_a_member_of_the_format_is_no_core(changes: dict[str, Any]) -> None:
    assert read_core(edited(CORE, **changes)) is None


def test_a_core_may_say_more_and_need_not_name_a_notice() -> None:
    assert read_core(edited(CORE, reason="art17", notice=None)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        '{"a": 1}',
        '{"b":1,"a":1}',
        '{"a":1,"a":1}',
        '{"a":1.0}',
        '{"a":NaN}',
        '{"a":9007199254740992}',
        '{"a":["e\u0301"]}',
        '{"\u00e9":1}',
        '{"a":"\ud800"}',
        "[" * 100_000,
    ],
)
def test_only_the_one_text_of_a_value_is_canonical(text: str) -> None:
    assert read_canonical(text) is None


def test_every_allowed_value_has_a_canonical_text() -> None:
    value = {"a": [None, True, -9007199254740991, "\u00e9"], "b": {}}

    assert read_canonical(canonical(value)) == value


def test_a_seal_without_leaves_continues_nothing() -> None:
    ledger = a_ledger()

    assert "CHECKPOINT_CHAIN" in replace(ledger, seals=(Seal(DAYS[0], "", ()), *ledger.seals[1:])).codes()
