"""The seal in AWS: the index of the real table, a KMS key that signs, objects that are locked (ministack)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from shared.adapters import s3_objects, seal_aws
from shared.adapters.aws import now
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.s3_objects import S3Objects
from shared.adapters.seal_store import DynamoDayIndex, KmsSigner, S3Seals
from shared.adapters.transport import AwsRefused, Credentials, Plain
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.ledger_entry import append, day_shard, first_head
from shared.domain.seal import Seal, is_signed, read_checkpoint
from shared.journeys.seal_day import SealDay
from shared.settings import from_environment
from tests.ledger.history import DAYS, TRUST
from tests.support.clouds import REGION, Cloud, fresh_tables

NAME = "ledger.example.com/aws"
NUMBERS = itertools.count(1)
SEAL = Seal(DAYS[0], "checkpoint\n", ("ab" * 32,))


@pytest.fixture
def bucket(ministack_cloud: Cloud) -> str:
    name = f"seals-{next(NUMBERS)}"
    ministack_cloud.client("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def objects(url: str) -> S3Objects:
    return S3Objects(url, REGION, Credentials("test", "test", "a token"), now)


def seals_in(cloud: Cloud, bucket: str) -> S3Seals:
    return S3Seals(objects(f"{cloud.url}/{bucket}"), now, timedelta(days=3653))


def a_kms_key(cloud: Cloud) -> KmsSigner:
    key = cloud.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return KmsSigner(cloud.kms(), key, NAME)


def write_entries(cloud: Cloud, tables: Tables, count: int) -> set[str]:
    entries = [
        append(first_head(f"{number:032x}"), "consent_given", DAYS[0], None, "1", {}, b"salt" * 8)
        for number in range(count)
    ]
    for entry in entries:
        item = {"pk": f"CHAIN#{entry.chain}", "sk": "EVT#0000000001", "hash": entry.hash, "day_shard": entry.day_shard}
        typed = {name: {"S": value} for name, value in item.items()}
        cloud.client("dynamodb").put_item(TableName=tables.ledger, Item=typed)
    return {entry.hash for entry in entries}


def test_a_day_is_sealed_by_kms_and_locked_in_s3(ministack_cloud: Cloud, bucket: str) -> None:
    tables = fresh_tables(ministack_cloud)
    hashes = write_entries(ministack_cloud, tables, 20)
    signer, store = a_kms_key(ministack_cloud), seals_in(ministack_cloud, bucket)
    index = DynamoDayIndex(ministack_cloud.dynamodb(), tables.ledger)

    (made,) = SealDay(index, store, signer, lambda: datetime(2026, 3, 3, 0, 15, tzinfo=UTC))()

    checkpoint = read_checkpoint(store.read(DAYS[0]).checkpoint)
    assert set(made.leaves[1:]) == hashes
    assert checkpoint is not None
    assert is_signed(checkpoint, [signer.key()], TRUST.check)
    lock = ministack_cloud.client("s3").get_object_retention(Bucket=bucket, Key=f"seals/{DAYS[0]}.json")["Retention"]
    assert lock["Mode"] == "COMPLIANCE"
    assert lock["RetainUntilDate"] > datetime.now(UTC) + timedelta(days=3650)


def test_a_seal_is_written_once_and_stays_as_it_was(ministack_cloud: Cloud, bucket: str) -> None:
    store = seals_in(ministack_cloud, bucket)

    first, second = store.write(SEAL), store.write(Seal(DAYS[0], "another\n", ()))

    assert (first, second) == (True, False)
    assert store.read(DAYS[0]) == SEAL


def test_sealed_days_come_in_order_and_strange_objects_are_passed_over(ministack_cloud: Cloud, bucket: str) -> None:
    store = seals_in(ministack_cloud, bucket)
    for day in (DAYS[2], DAYS[0]):
        store.write(Seal(day, "", ()))
    ministack_cloud.client("s3").put_object(Bucket=bucket, Key="seals/read me.txt", Body=b"")

    assert store.days() == [DAYS[0], DAYS[2]]


def test_a_bucket_without_lock_is_refused(ministack_cloud: Cloud) -> None:
    ministack_cloud.client("s3").create_bucket(Bucket="unlocked")

    with pytest.raises(CannotHappen):
        seals_in(ministack_cloud, "unlocked").write(SEAL)


def test_a_missing_seal_is_a_broken_promise(ministack_cloud: Cloud, bucket: str) -> None:
    with pytest.raises(CannotHappen, match="no such seal"):
        seals_in(ministack_cloud, bucket).read(DAYS[0])


def test_a_bucket_out_of_reach_is_tried_again() -> None:
    with pytest.raises(TryAgain):
        S3Seals(objects("http://127.0.0.1:9/bucket"), now, timedelta(days=1)).days()


@pytest.mark.parametrize(
    ("status", "data", "error"),
    [
        (500, b"", TryAgain),
        (503, b"<Error><Code>SlowDown</Code></Error>", TryAgain),
        (409, b"<Error><Code>ConditionalRequestConflict</Code></Error>", TryAgain),
        (400, b"<Error><Code>RequestTimeout</Code></Error>", TryAgain),
        (403, b"<Error><Code>AccessDenied</Code></Error>", CannotHappen),
        (404, b"\xff", CannotHappen),
    ],
)
def test_a_refusal_of_s3_says_whether_to_try_again(
    monkeypatch: pytest.MonkeyPatch, status: int, data: bytes, error: type[Exception]
) -> None:
    answer = s3_objects.Answer(status, data)
    monkeypatch.setattr(S3Objects, "_call", lambda *_: answer)

    with pytest.raises(error):
        objects("http://127.0.0.1/bucket").get("seals/x", "1")


def test_a_long_list_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {
        None: b"<IsTruncated>true</IsTruncated><NextKeyMarker>a&amp;b</NextKeyMarker>"
        b"<NextVersionIdMarker>2</NextVersionIdMarker>"
        b"<Version><Key>a&amp;b</Key><VersionId>2</VersionId></Version>",
        "a&b": b"<IsTruncated>false</IsTruncated><Version><Key>a&amp;b</Key><VersionId>1</VersionId></Version>"
        b"<DeleteMarker><Key>c</Key><VersionId>9</VersionId></DeleteMarker>",
    }

    def call(_self: S3Objects, _method: str, _key: str, query: dict[str, str], *_: Any) -> s3_objects.Answer:
        return s3_objects.Answer(200, pages[query.get("key-marker")])

    monkeypatch.setattr(S3Objects, "_call", call)

    assert objects("http://127.0.0.1/bucket").first_versions("a") == {"a&b": "1"}


def test_a_seal_that_was_overwritten_or_deleted_is_read_as_it_was_first(ministack_cloud: Cloud, bucket: str) -> None:
    store, s3, key = seals_in(ministack_cloud, bucket), ministack_cloud.client("s3"), f"seals/{DAYS[0]}.json"
    store.write(SEAL)

    s3.put_object(Bucket=bucket, Key=key, Body=b"forged")
    s3.delete_object(Bucket=bucket, Key=key)

    assert store.read(DAYS[0]) == SEAL
    assert store.days() == [DAYS[0]]


def test_the_signature_is_the_one_that_botocore_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment.replace(tzinfo=None))
    ours = S3Objects(
        "https://bucket.s3.eu-central-1.amazonaws.com", "eu-central-1", Credentials("id", "secret"), lambda: moment
    )
    headers = {"content-type": "application/json", "if-none-match": "*", "x-amz-object-lock-mode": "COMPLIANCE"}
    request = botocore.awsrequest.AWSRequest(
        "PUT", "https://bucket.s3.eu-central-1.amazonaws.com/seals/2026-03-02.json", headers, b"{}"
    )
    request.context["payload_signing_enabled"] = True

    botocore.auth.S3SigV4Auth(botocore.credentials.Credentials("id", "secret"), "s3", "eu-central-1").add_auth(request)
    signed = ours._signed("PUT", "/seals/2026-03-02.json", "", "bucket.s3.eu-central-1.amazonaws.com", headers, b"{}")

    assert signed["authorization"] == request.headers["Authorization"]


class Scripted:
    """A transport that gives these answers one after the other."""

    def __init__(self, *answers: Plain | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Plain] = []

    def send(self, operation: str, body: Plain) -> Plain:
        self.asked.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_index_is_read_page_by_page_and_shard_by_shard() -> None:
    pages = [{"Items": [{"hash": {"S": f"{number}"}}]} for number in range(9)]
    transport = Scripted({**pages[0], "LastEvaluatedKey": {"hash": {"S": "0"}}}, *pages[1:])

    found = list(DynamoDayIndex(transport, "ledger").hashes(DAYS[0]))

    shards = [body["ExpressionAttributeValues"][":shard"]["S"] for body in transport.asked]
    assert found == [str(number) for number in range(9)]
    assert shards == [f"{DAYS[0]}#{number}" for number in (0, *range(8))]
    assert transport.asked[1]["ExclusiveStartKey"] == {"hash": {"S": "0"}}


@pytest.mark.parametrize(
    "use",
    [
        lambda transport: list(DynamoDayIndex(transport, "ledger").hashes(DAYS[0])),
        lambda transport: KmsSigner(transport, "key", NAME).sign(b"text"),
    ],
)
def test_a_refused_call_is_a_broken_promise(use: Callable[[Scripted], object]) -> None:
    with pytest.raises(CannotHappen):
        use(Scripted(AwsRefused("AccessDeniedException")))


def test_every_entry_has_its_shard_and_the_shards_are_eight() -> None:
    shards = {day_shard(DAYS[0], f"{digit:x}" + "0" * 63) for digit in range(16)}

    assert shards == {f"{DAYS[0]}#{number}" for number in range(8)}


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [("", "https://b.s3.eu-west-1.amazonaws.com"), ("http://127.0.0.1:4566/", "http://127.0.0.1:4566/b")],
)
def test_the_bucket_has_its_own_name_in_aws_and_a_path_elsewhere(endpoint: str, expected: str) -> None:
    settings = from_environment({"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-west-1", "SEALS_BUCKET": "b"})

    assert seal_aws.seals(settings, {}).objects.url == expected


def test_the_door_seals_and_says_how_much(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Leadgate/test")
    import functions.seal.handler as door

    made = [Seal(DAYS[0], "", ("link", "one", "two"))]
    monkeypatch.setattr(door, "seal_day", lambda: lambda: made)

    assert door.handler({}, SimpleNamespace()) == {"days": 1, "entries": 2}
    assert '"DaySealed"' in capsys.readouterr().out


def test_the_door_is_put_together_from_the_settings() -> None:
    import functions.seal.handler as door

    assert isinstance(door.seal_day(), SealDay)


def test_a_stored_seal_is_plain_json(ministack_cloud: Cloud, bucket: str) -> None:
    seals_in(ministack_cloud, bucket).write(SEAL)

    stored = ministack_cloud.client("s3").get_object(Bucket=bucket, Key=f"seals/{DAYS[0]}.json")["Body"].read()

    assert json.loads(stored) == {"day": DAYS[0], "checkpoint": "checkpoint\n", "leaves": ["ab" * 32]}
