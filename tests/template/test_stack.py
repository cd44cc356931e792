"""Promises of `template.yaml` that a reviewer would otherwise have to check by eye."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local import template as templates
from local.triggers import passes
from shared.adapters.permission_items import GONE_AT
from tests.template.expanded import actions, as_list, expanded, of_type, statements

ROOT = templates.TEMPLATE.parent
PUBLIC = {
    ("POST", "/v1/forms/{form_id}/submissions"),
    ("OPTIONS", "/v1/forms/{form_id}/submissions"),
    ("GET", "/v1/forms/{form_id}"),
    ("OPTIONS", "/v1/forms/{form_id}"),
    ("GET", "/v1/confirm/{token}"),
    ("POST", "/v1/confirm/{token}"),
    ("GET", "/c/{token}"),
    ("POST", "/c/{token}"),
    ("GET", "/v1/preferences/{token}"),
    ("POST", "/v1/preferences/{token}"),
    ("GET", "/u/{token}"),
    ("POST", "/u/{token}"),
    ("POST", "/v1/privacy/opt-out"),
    ("OPTIONS", "/v1/privacy/opt-out"),
    ("POST", "/v1/engagement"),
    ("OPTIONS", "/v1/engagement"),
    ("GET", "/v1/webhooks/linkedin/{source_id}"),
    ("POST", "/v1/webhooks/linkedin/{source_id}"),
    ("GET", "/v1/webhooks/meta"),
    ("POST", "/v1/webhooks/meta"),
    ("POST", "/v1/webhooks/google/{source_id}"),
    ("POST", "/submissions/v3/integration/submit/{portalId}/{formGuid}"),
    ("OPTIONS", "/submissions/v3/integration/submit/{portalId}/{formGuid}"),
    ("POST", "/submissions/v3/integration/secure/submit/{portalId}/{formGuid}"),
    ("OPTIONS", "/submissions/v3/integration/secure/submit/{portalId}/{formGuid}"),
    ("POST", "/servlet/servlet.WebToLead"),
    ("POST", "/v1/sources/{source_id}/submissions"),
    ("GET", "/.well-known/gpc.json"),
    ("GET", "/.well-known/security.txt"),
}
UNSCOPABLE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Objects are named at run time; one folder of one bucket is as narrow as S3 can be told.
OBJECTS_OF_A_FOLDER = re.compile(r"(?<=Bucket\.Arn\})/[\w-]+/\*")
REWRITES = {"UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"}
FUNCTIONS = sorted(templates.functions(templates.read()))
STAGES = ("dev", "staging", "prod")


def role_of(function: str) -> Mapping[str, Any]:
    role: str = expanded()[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    resource: Mapping[str, Any] = expanded()[role]
    return resource


# ------------------------------------------------------------------ permissions


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_role_of_its_own_with_nothing_attached(function: str) -> None:
    roles = [expanded()[name]["Properties"]["Role"]["Fn::GetAtt"][0] for name in FUNCTIONS]

    assert len(set(roles)) == len(FUNCTIONS)
    assert "ManagedPolicyArns" not in role_of(function)["Properties"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_allows_a_star(function: str) -> None:
    for statement in statements(role_of(function)):
        assert not any("*" in action for action in actions(statement))
        if not set(actions(statement)) <= UNSCOPABLE:
            assert "*" not in OBJECTS_OF_A_FOLDER.sub("", json.dumps(statement["Resource"]))


def test_writers_may_add_to_the_ledger_and_nothing_else() -> None:
    allowed = {
        (function, action)
        for function in FUNCTIONS
        for statement in statements(role_of(function))
        if "ConsentLedgerTable" in json.dumps(statement["Resource"])
        for action in actions(statement)
    }

    assert allowed == {
        ("CaptureFunction", "dynamodb:PutItem"),
        ("FetchAdLeadsFunction", "dynamodb:PutItem"),
        ("PermissionPagesFunction", "dynamodb:PutItem"),
        ("ReceiveGoogleFunction", "dynamodb:PutItem"),
        ("ReceivePartnerFormFunction", "dynamodb:PutItem"),
        ("SealFunction", "dynamodb:Query"),
    }


def test_the_ledger_itself_refuses_to_be_rewritten() -> None:
    policy = expanded()["ConsentLedgerTable"]["Properties"]["ResourcePolicy"]["PolicyDocument"]
    always, but_once = policy["Statement"]

    assert {(one["Effect"], one["Principal"]) for one in policy["Statement"]} == {("Deny", "*")}
    assert {*actions(always), *actions(but_once)} == {f"dynamodb:{action}" for action in REWRITES}
    assert actions(but_once) == ["dynamodb:UpdateItem"]
    assert "Condition" not in always


def test_one_role_alone_may_take_salt_and_body_out_of_the_ledger() -> None:
    policy = expanded()["ConsentLedgerTable"]["Properties"]["ResourcePolicy"]["PolicyDocument"]
    own = expanded()["EraseLedgerPolicy"]["Properties"]
    by_action = {action: one for one in own["PolicyDocument"]["Statement"] for action in actions(one)}
    touched = {"dynamodb:Attributes": ["pk", "sk", "salt", "body"]}

    assert policy["Statement"][1]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["EraseRole", "Arn"]}}
    }
    assert [name for name, one in of_type("AWS::IAM::Policy").items() if "ConsentLedgerTable" in json.dumps(one)] == [
        "EraseLedgerPolicy"
    ]
    assert own["Roles"] == [{"Ref": "EraseRole"}]
    assert set(by_action) == {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}
    for action in ("dynamodb:Query", "dynamodb:UpdateItem"):
        assert by_action[action]["Condition"]["ForAllValues:StringEquals"] == touched
    assert "ConsentLedgerTable" not in json.dumps(role_of("EraseFunction"))


def test_the_door_that_shows_forms_touches_no_data() -> None:
    touched = {action.split(":")[0] for one in statements(role_of("ShowFormFunction")) for action in actions(one)}

    assert touched == {"logs", "xray"}


def test_the_door_for_those_who_knock_reaches_no_table() -> None:
    touched = {action.split(":")[0] for one in statements(role_of("ReceiveWebhookFunction")) for action in actions(one)}

    assert touched == {"secretsmanager", "sqs", "kms", "logs", "xray"}


# ------------------------------------------------------------------ persons in messages


ENCLOSING = ("EnclosureKey", "EnclosePersonsPolicy", "EnclosedConsumerPolicy")
DELIVERING = ("RelayFunction", "SweepFunction")
HAND_OFF = ("HandOffQueue", "HandOffDeadLetterQueue")


def test_nothing_encloses_persons_unless_somebody_says_so() -> None:
    unsaid, said = templates.read(), templates.read(HandOffPayload="enclosed")
    arn = dict.fromkeys(("LeadsTable", "HandOffQueue", "NurtureQueue", "SelfTestQueue", "KeysSecret.Id"), "")

    kinds = {name: expanded()[name]["Type"] for name in ENCLOSING}

    assert {expanded()[name]["Condition"] for name in ENCLOSING} == {"EnclosesPersons"}
    assert not [name for name, kind in kinds.items() if name in templates.resources(unsaid, kind)]
    assert [name for name, kind in kinds.items() if name in templates.resources(said, kind)] == list(ENCLOSING)
    for function in DELIVERING:
        assert templates.environment(unsaid, function, arn)["ENCLOSURE_KEY_ID"] == ""
        known = {**arn, "EnclosureKey.Arn": "its key"}
        assert templates.environment(said, function, known)["ENCLOSURE_KEY_ID"] == "its key"


def test_who_encloses_persons_cannot_open_them_and_who_opens_them_reaches_nothing_else() -> None:
    key, a_message = {"Fn::GetAtt": ["EnclosureKey", "Arn"]}, ["lead_id", "message_id"]
    enclose, opens = (expanded()[name]["Properties"] for name in ENCLOSING[1:])
    (encrypt,) = enclose["PolicyDocument"]["Statement"]
    *reads, decrypt = opens["PolicyDocument"]["Statement"]

    assert enclose["Roles"] == [{"Ref": "RelayRole"}, {"Ref": "SweepRole"}]
    assert (actions(encrypt), actions(decrypt)) == (["kms:Encrypt"], ["kms:Decrypt"])
    assert encrypt["Resource"] == decrypt["Resource"] == key
    for statement in (encrypt, decrypt):
        assert statement["Condition"] == {"Null": {f"kms:EncryptionContext:{name}": "false" for name in a_message}}
    assert {action.split(":")[0] for one in reads for action in actions(one)} == {"sqs", "kms"}
    assert "EnclosureKey" not in json.dumps([role_of(function) for function in FUNCTIONS])


def test_the_deletion_of_the_persons_key_can_be_called_off_for_longer_than_a_message_lives() -> None:
    live, dead = (expanded()[name]["Properties"]["MessageRetentionPeriod"] for name in HAND_OFF)

    assert expanded()["EnclosureKey"]["Properties"]["PendingWindowInDays"] * 24 * 3600 > live + dead
    assert expanded()["EnclosureKey"]["Properties"]["EnableKeyRotation"] is True


# ------------------------------------------------------------------ the API


def test_every_route_without_a_lock_is_meant_to_be_public() -> None:
    open_routes = {(route.method, route.path) for route in templates.routes(templates.read()) if route.auth == "NONE"}

    assert open_routes == PUBLIC


def test_a_route_that_says_nothing_is_closed() -> None:
    api = templates.resources(templates.read(), "AWS::Serverless::Api")["Api"]

    assert api["Auth"] == {"DefaultAuthorizer": "AWS_IAM", "InvokeRole": "NONE"}


def test_the_gateway_wants_a_signature_for_a_lead() -> None:
    paths = expanded()["Api"]["Properties"]["Body"]["paths"]
    closed = {(method.upper(), path) for path in paths for method in paths[path] if _is_closed(paths[path][method])}

    assert closed == {
        ("GET", "/v1/leads/{lead_id}"),
        ("DELETE", "/v1/leads/{lead_id}"),
        ("POST", "/v1/leads/{lead_id}/dispositions"),
        ("POST", "/v1/erasures"),
        ("POST", "/v1/events"),
    }


def _is_closed(operation: Mapping[str, Any]) -> bool:
    return bool(operation["security"] == [{"AWS_IAM": []}])


def test_bodies_arrive_byte_for_byte() -> None:
    assert expanded()["Api"]["Properties"]["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_access_logs_name_no_visitor() -> None:
    written = expanded()["ApiStage"]["Properties"]["AccessLogSetting"]["Format"]

    assert json.loads(written)["route"] == "$context.resourcePath"
    assert not re.search(r"sourceIp|userAgent|identity|caller|\$context\.path|authorizer|querystring", written)


def test_posting_a_form_and_reporting_from_a_page_are_throttled_each_by_itself() -> None:
    settings = expanded()["ApiStage"]["Properties"]["MethodSettings"]
    limited = {
        (setting["HttpMethod"], setting["ResourcePath"]) for setting in settings if "ThrottlingRateLimit" in setting
    }

    assert limited == {
        ("*", "/*"),
        ("POST", "/~1v1~1forms~1{form_id}~1submissions"),
        ("POST", "/~1v1~1engagement"),
        ("POST", "/~1submissions~1v3~1integration~1submit~1{portalId}~1{formGuid}"),
        ("POST", "/~1servlet~1servlet.WebToLead"),
    }


def test_what_the_gateway_refuses_is_a_problem_document() -> None:
    answers = expanded()["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    assert {"THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(answers)
    for answer in answers.values():
        body = answer["responseTemplates"]["application/json"].replace("$context.status", "418")
        assert json.loads(body)["type"].startswith("urn:leadgate:problem:")
        assert answer["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


# ------------------------------------------------------------------ queues and triggers


def test_every_queue_has_a_dead_letter_queue_or_is_one() -> None:
    for queue in of_type("AWS::SQS::Queue").values():
        assert "RedrivePolicy" in queue["Properties"] or {"DeadLetters", "ReadOnlyBy"} & set(queue["Metadata"])


def test_only_what_nobody_needs_to_read_does_without_a_dead_letter_queue() -> None:
    queues = of_type("AWS::SQS::Queue").items()

    assert [name for name, queue in queues if "ReadOnlyBy" in queue.get("Metadata", {})] == ["SelfTestQueue"]


@pytest.mark.parametrize("name", ["HandOffQueue", "NurtureQueue", "NotificationsQueue"])
def test_a_message_stays_hidden_for_six_consumer_timeouts(name: str) -> None:
    queue = expanded()[name]

    assert queue["Properties"]["VisibilityTimeout"] >= 6 * queue["Metadata"]["ConsumerTimeout"]


def test_notifications_are_fetched_in_the_time_that_their_queue_allows_and_each_by_itself() -> None:
    (trigger,) = templates.queue_triggers(templates.read())
    (mapping,) = mappings("EventSourceArn", "NotificationsQueue")

    assert (trigger.function, trigger.queue) == ("FetchAdLeadsFunction", "NotificationsQueue")
    assert trigger.reports_item_failures
    assert templates.setting(templates.read(), trigger.function, "Timeout") <= 60
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_the_worker_deletes_nothing_but_what_was_put_aside() -> None:
    (deleting,) = (one for one in statements(role_of("FetchAdLeadsFunction")) if "dynamodb:DeleteItem" in actions(one))

    assert deleting["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PARK#*"]}}


def mappings(name: str, mentioned: str) -> list[Mapping[str, Any]]:
    """The event source mappings whose property of this name mentions a resource."""
    every = (mapping["Properties"] for mapping in of_type("AWS::Lambda::EventSourceMapping").values())
    return [one for one in every if f'"{mentioned}"' in json.dumps(one.get(name))]


def test_queues_are_encrypted_keep_for_fourteen_days_and_speak_tls() -> None:
    policies = json.dumps(of_type("AWS::SQS::QueuePolicy"))

    for name, queue in of_type("AWS::SQS::Queue").items():
        assert queue["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert f'"Queues": [{{"Ref": "{name}"}}]' in policies
    assert policies.count('"aws:SecureTransport": "false"') == len(of_type("AWS::SQS::Queue"))


@pytest.mark.parametrize(("reader", "answers"), [("Relay", ["ReportBatchItemFailures"]), ("Count", None)])
def test_a_stream_mapping_is_bounded_and_parks_what_it_gives_up(reader: str, answers: list[str] | None) -> None:
    (chosen,) = (one for one in mappings("EventSourceArn", "LeadsTable") if reader in json.dumps(one["FunctionName"]))

    assert chosen["BisectBatchOnFunctionError"] is True
    assert chosen.get("FunctionResponseTypes") == answers
    assert 0 < chosen["MaximumRetryAttempts"] <= 10
    assert 60 <= chosen["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert chosen["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [f"{reader}Failures", "Arn"]}
    assert "TumblingWindowInSeconds" not in chosen


def test_a_stream_has_two_readers_at_most_or_both_are_slowed_down() -> None:
    assert len(mappings("EventSourceArn", "LeadsTable")) == 2


def test_what_the_count_writes_wakes_nobody() -> None:
    for stream in templates.streams(templates.read()):
        for item in ("COUNTED", "2026-03", "peers"):
            record = {"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": item}}}}
            assert not passes(stream.filters, record)


def test_the_count_writes_sums_and_nothing_by_which_a_lead_is_found() -> None:
    (writing,) = (one for one in statements(role_of("CountFunction")) if "dynamodb:PutItem" in actions(one))

    assert writing["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["P#*", "KPI#*"]},
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "version", "at", "doc"]},
    }


def test_only_new_events_and_outbox_items_wake_the_relay() -> None:
    (stream,) = (one for one in templates.streams(templates.read()) if one.function == "RelayFunction")
    (pattern,) = stream.filters

    assert pattern == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "OUT#"}, {"prefix": "EVT#"}]}}},
    }


@pytest.mark.parametrize("door", ["Sweep", "Seal", "Erase", "FetchAdLeads"])
def test_a_tick_that_keeps_failing_is_parked(door: str) -> None:
    (rule,) = (rule for name, rule in of_type("AWS::Events::Rule").items() if name.startswith(door))
    (config,) = (one for name, one in of_type("AWS::Lambda::EventInvokeConfig").items() if name.startswith(door))
    parked = {"Fn::GetAtt": [f"{door}Failures", "Arn"]}

    assert rule["Properties"]["Targets"][0]["DeadLetterConfig"]["Arn"] == parked
    assert config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"] == parked


# ------------------------------------------------------------------ what is kept


@pytest.mark.parametrize("name", sorted(of_type("AWS::DynamoDB::Table")))
def test_tables_outlive_the_stack_and_its_mistakes(name: str) -> None:
    table = expanded()[name]
    properties = table["Properties"]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize(("stage", "protected"), [("dev", False), ("staging", True), ("prod", True)])
def test_only_a_dev_stack_can_be_emptied(stage: str, protected: bool) -> None:
    template = templates.read(Stage=stage)
    tables = templates.resources(template, "AWS::DynamoDB::Table").values()

    assert {templates.resolve(template, table["DeletionProtectionEnabled"]) for table in tables} == {protected}


@pytest.mark.parametrize("name", ["DataKey", "KeysSecret", "PlatformSecrets"])
def test_keys_outlive_the_stack_as_the_tables_do(name: str) -> None:
    assert expanded()[name]["DeletionPolicy"] == expanded()[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", sorted(of_type("AWS::Logs::LogGroup")))
def test_logs_are_encrypted_and_forgotten(name: str) -> None:
    properties = expanded()[name]["Properties"]

    assert properties["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    for stage in STAGES:
        assert 1 <= templates.resolve(templates.read(Stage=stage), properties["RetentionInDays"]) <= 90


def test_seals_are_locked_versioned_private_and_outlive_the_stack() -> None:
    bucket = expanded()["SealsBucket"]
    properties = bucket["Properties"]

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert properties["ObjectLockEnabled"] is True
    assert properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "ServerSideEncryptionConfiguration" in properties["BucketEncryption"]


def test_nobody_opens_the_seals_without_tls_or_locks_them_for_less() -> None:
    first, second = expanded()["SealsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert (first["Effect"], first["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (second["Effect"], second["Action"]) == ("Deny", "s3:PutObjectRetention")


def test_production_locks_a_seal_for_ten_years() -> None:
    rows = templates.read().document["Mappings"]["Stages"]

    assert rows["prod"]["SealLockDays"] >= 3652
    assert all(row["SealLockAtLeast"] == row["SealLockDays"] - 1 for row in rows.values())


def test_the_key_that_signs_can_do_nothing_else_and_stays() -> None:
    key = expanded()["SealKey"]

    assert (key["Properties"]["KeySpec"], key["Properties"]["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"


def test_the_day_index_holds_hashes_and_keys_only() -> None:
    (index,) = expanded()["ConsentLedgerTable"]["Properties"]["GlobalSecondaryIndexes"]

    assert [key["AttributeName"] for key in index["KeySchema"]] == ["day_shard", "hash"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_are_traced_and_write_json_to_a_log_of_their_own(function: str) -> None:
    properties = expanded()[function]["Properties"]

    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["LoggingConfig"]["LogFormat"] == "JSON"
    assert properties["LoggingConfig"]["LogGroup"]["Ref"] in of_type("AWS::Logs::LogGroup")
    assert properties["Runtime"] == "python3.13"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_new_code_takes_traffic_step_by_step_and_goes_back_on_an_alarm(function: str) -> None:
    group = expanded()[f"{function}DeploymentGroup"]["Properties"]

    assert "UpdatePolicy" in expanded()[f"{function}Aliaslive"]
    assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])
    assert f"{function.removesuffix('Function')}Errors" in json.dumps(group["AlarmConfiguration"])
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_callers_use_the_alias_and_never_the_latest_code(function: str) -> None:
    callers = [of_type(kind) for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Events::Rule")]
    text = json.dumps([callers, expanded()["Api"]])

    assert f'{{"Ref": "{function}Aliaslive"}}' in text or f"${{{function}Aliaslive}}" in text
    assert f"functions/${{{function}.Arn}}" not in text


@pytest.mark.parametrize("function", FUNCTIONS)
def test_concurrency_is_reserved_only_when_a_stage_says_so(function: str) -> None:
    name = "ReservedConcurrentExecutions"

    unreserved = templates.resolve(templates.read(), {"it": expanded()[function]["Properties"][name]})
    reserved = templates.setting(templates.read(CaptureConcurrency="50", OtherConcurrency="10"), function, name)

    assert unreserved == {}
    assert int(reserved) >= 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_exists(function: str) -> None:
    module, _, name = templates.functions(templates.read())[function].rpartition(".")
    source = ROOT.joinpath(*module.split(".")).with_suffix(".py")

    assert re.search(rf"^def {name}\(|^{name} = ", source.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_makefile_builds_the_door_that_the_handler_names(function: str) -> None:
    door = templates.functions(templates.read())[function].split(".")[1]
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"^build-{function}:\n\t@\$\(PYTHON\) -m local\.build {door} ", recipe, re.MULTILINE)


def test_every_variable_that_code_reads_is_declared() -> None:
    declared = {
        name
        for function in FUNCTIONS
        for name in templates.resources(templates.read(), "AWS::Serverless::Function")[function]
        .get("Environment", {})
        .get("Variables", {})
    } | set(templates.read().document["Globals"]["Function"]["Environment"]["Variables"])
    set_by_lambda = {name for name in variables_read() if name.startswith(("AWS_", "LAMBDA_", "_X_AMZN"))}

    assert variables_read() >= {"LEADS_TABLE", "HAND_OFF_QUEUE_URL"}
    assert variables_read() - declared - set_by_lambda == set()


def variables_read() -> set[str]:
    """Upper-case names that are looked up in a file that mentions the environment."""
    files = [path for room in ("functions", "shared") for path in (ROOT / room).rglob("*.py")]
    texts = [text for text in (path.read_text(encoding="utf-8") for path in files) if "os.environ" in text]
    return {name for text in texts for name in _looked_up(ast.parse(text))}


def _looked_up(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        keys = [node.slice] if isinstance(node, ast.Subscript) else node.args[:1] if isinstance(node, ast.Call) else []
        for key in keys:
            if isinstance(key, ast.Constant) and re.fullmatch(r"[A-Z_]{3,}", str(key.value)):
                yield str(key.value)


# ------------------------------------------------------------------ alarms


def test_every_dead_letter_queue_rings() -> None:
    watched = json.dumps(
        [alarm["Properties"].get("Dimensions") for alarm in of_type("AWS::CloudWatch::Alarm").values()]
    )

    for name, queue in of_type("AWS::SQS::Queue").items():
        if "DeadLetters" in queue.get("Metadata", {}):
            assert f'"Fn::GetAtt": ["{name}", "QueueName"]' in watched


def test_errors_lag_server_errors_and_lost_submissions_ring() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")

    assert {alarm["Properties"].get("MetricName") for alarm in alarms.values()} >= {"Errors", "IteratorAge", "5XXError"}
    assert "SubmissionAccepted" in json.dumps(alarms["AcceptedButNotRecorded"])
    assert all("AlarmActions" in alarm["Properties"] for alarm in alarms.values())


RINGING = (
    "SenderRefused",
    "NotificationUnreadable",
    "PlatformNotConnected",
    "AdLeadParked",
    "SourceTooQuiet",
    "PushMissed",
)


@pytest.mark.parametrize("name", RINGING)
def test_what_operators_must_see_of_platforms_rings_under_the_dimensions_that_are_written(name: str) -> None:
    variables = templates.read(Stage="prod").document["Globals"]["Function"]["Environment"]["Variables"]
    alarm = expanded()[name]["Properties"]

    assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    assert alarm["Threshold"] == 0


def test_the_lost_submission_alarm_reads_the_metrics_as_they_are_written() -> None:
    variables = templates.read(Stage="prod").document["Globals"]["Function"]["Environment"]["Variables"]
    queries = expanded()["AcceptedButNotRecorded"]["Properties"]["Metrics"]
    metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]

    for metric in metrics:
        assert metric["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
        assert metric["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]


# ------------------------------------------------------------------ the whole


def test_no_resource_waits_for_itself() -> None:
    waits_for = {name: set(_references(resource)) & set(expanded()) for name, resource in expanded().items()}
    done: set[str] = set()
    while ready := {name for name in waits_for if name not in done and waits_for[name] <= done}:
        done |= ready

    assert set(waits_for) - done == set()


def _references(node: Any) -> Iterator[str]:
    """Every name that a resource mentions; CloudFormation makes those first."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        yield from as_list(node.get("DependsOn", []))
        yield from [node["Ref"]] if isinstance(node.get("Ref"), str) else []
        yield from [node["Fn::GetAtt"][0]] if "Fn::GetAtt" in node else []
        if "Fn::Sub" in node:
            yield from re.findall(r"\$\{(\w+)", json.dumps(node["Fn::Sub"]))
        for value in node.values():
            yield from _references(value)


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_a_row_of_the_mapping(stage: str) -> None:
    rows = templates.read().document["Mappings"]["Stages"]

    assert set(rows[stage]) == set(rows["prod"])


def test_the_stage_waits_for_the_role_it_logs_through() -> None:
    assert "ApiGatewayAccount" in set(_references(expanded()["ApiStage"]))


# ------------------------------------------------------------------ texts and what ages out


def test_only_what_is_over_by_itself_ages_out_of_the_table() -> None:
    """A lead goes by an erasure with its proof, never silently: its item has no attribute of that name."""
    ageing = {
        name: each["Properties"].get("TimeToLiveSpecification")
        for name, each in of_type("AWS::DynamoDB::Table").items()
    }
    source = (ROOT / "shared" / "adapters" / "items.py").read_text(encoding="utf-8")

    assert {name: one for name, one in ageing.items() if one} == {
        "LeadsTable": {"AttributeName": GONE_AT, "Enabled": True}
    }
    assert GONE_AT not in source


@pytest.mark.parametrize("function", ["RelayFunction", "SweepFunction"])
def test_texts_leave_only_from_the_origin_that_was_named(function: str) -> None:
    (statement,) = [one for one in statements(role_of(function)) if "sms-voice:SendTextMessage" in actions(one)]
    named, nobody = statement["Resource"]["Fn::If"][1:]

    assert named == {"Ref": "SmsOrigin"}
    assert nobody["Fn::Sub"].endswith(":pool/none")
