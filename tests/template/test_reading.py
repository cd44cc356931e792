"""`local.template` says what `template.yaml` says."""

from __future__ import annotations

import pytest

from local import template as templates

KNOWN = {
    "LeadsTable": "leads",
    "ConsentLedgerTable": "ledger",
    "NoticesTable": "notices",
    "SuppressionsTable": "suppressions",
    "HandOffQueue": "http://127.0.0.1/hand-off.fifo",
    "KeysSecret.Id": "arn:aws:secretsmanager:us-east-1:000000000000:secret:keys",
}

HUBSPOT = "/submissions/v3/integration"


def test_tables_come_out_as_create_table_arguments() -> None:
    leads = templates.tables(templates.read(), prefix="test-")["LeadsTable"]

    assert leads["TableName"] == "test-LeadsTable"
    assert leads["BillingMode"] == "PAY_PER_REQUEST"
    assert leads["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert [index["IndexName"] for index in leads["GlobalSecondaryIndexes"]] == ["due", "by_lead_id"]


def test_only_the_leads_have_a_stream() -> None:
    tables = templates.tables(templates.read())

    assert [name for name, table in tables.items() if "StreamSpecification" in table] == ["LeadsTable"]


def test_queues_come_with_their_dead_letter_queues_first() -> None:
    names = list(templates.queues(templates.read()))

    assert names.index("HandOffDeadLetterQueue") < names.index("HandOffQueue")


def test_a_fifo_queue_is_named_and_wired_as_one() -> None:
    queue = templates.queues(templates.read(), prefix="test-")["HandOffQueue"]

    assert queue["QueueName"] == "test-HandOffQueue.fifo"
    assert queue["Attributes"]["FifoQueue"] == "true"
    assert ":test-HandOffDeadLetterQueue.fifo" in queue["Attributes"]["RedrivePolicy"]


def test_every_route_names_its_function_and_its_lock() -> None:
    routes = {(route.method, route.path): (route.function, route.auth) for route in templates.routes(templates.read())}

    assert routes == {
        ("POST", "/v1/forms/{form_id}/submissions"): ("CaptureFunction", "NONE"),
        ("OPTIONS", "/v1/forms/{form_id}/submissions"): ("CaptureFunction", "NONE"),
        ("GET", "/v1/forms/{form_id}"): ("ShowFormFunction", "NONE"),
        ("OPTIONS", "/v1/forms/{form_id}"): ("ShowFormFunction", "NONE"),
        ("GET", "/v1/leads/{lead_id}"): ("ShowLeadFunction", "AWS_IAM"),
        ("POST", "/v1/leads/{lead_id}/dispositions"): ("ReceiveAnswersFunction", "AWS_IAM"),
        ("GET", "/v1/confirm/{token}"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/v1/confirm/{token}"): ("PermissionPagesFunction", "NONE"),
        ("GET", "/c/{token}"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/c/{token}"): ("PermissionPagesFunction", "NONE"),
        ("OPTIONS", "/v1/privacy/opt-out"): ("PermissionPagesFunction", "NONE"),
        ("GET", "/v1/preferences/{token}"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/v1/preferences/{token}"): ("PermissionPagesFunction", "NONE"),
        ("GET", "/u/{token}"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/u/{token}"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/v1/privacy/opt-out"): ("PermissionPagesFunction", "NONE"),
        ("POST", "/v1/engagement"): ("ReceiveEventsFunction", "NONE"),
        ("OPTIONS", "/v1/engagement"): ("ReceiveEventsFunction", "NONE"),
        ("POST", "/v1/events"): ("ReceiveEventsFunction", "AWS_IAM"),
        ("GET", "/v1/webhooks/linkedin/{source_id}"): ("ReceiveWebhookFunction", "NONE"),
        ("POST", "/v1/webhooks/linkedin/{source_id}"): ("ReceiveWebhookFunction", "NONE"),
        ("DELETE", "/v1/leads/{lead_id}"): ("EraseFunction", "AWS_IAM"),
        ("POST", "/v1/erasures"): ("EraseFunction", "AWS_IAM"),
        ("GET", "/v1/webhooks/meta"): ("ReceiveWebhookFunction", "NONE"),
        ("POST", "/v1/webhooks/meta"): ("ReceiveWebhookFunction", "NONE"),
        ("POST", "/v1/webhooks/google/{source_id}"): ("ReceiveGoogleFunction", "NONE"),
        ("POST", f"{HUBSPOT}/submit/{{portalId}}/{{formGuid}}"): ("ReceivePartnerFormFunction", "NONE"),
        ("OPTIONS", f"{HUBSPOT}/submit/{{portalId}}/{{formGuid}}"): ("ReceivePartnerFormFunction", "NONE"),
        ("POST", f"{HUBSPOT}/secure/submit/{{portalId}}/{{formGuid}}"): ("ReceivePartnerFormFunction", "NONE"),
        ("OPTIONS", f"{HUBSPOT}/secure/submit/{{portalId}}/{{formGuid}}"): ("ReceivePartnerFormFunction", "NONE"),
        ("POST", "/servlet/servlet.WebToLead"): ("ReceivePartnerFormFunction", "NONE"),
        ("POST", "/v1/sources/{source_id}/submissions"): ("ReceivePartnerFormFunction", "NONE"),
        ("GET", "/.well-known/gpc.json"): ("PermissionPagesFunction", "NONE"),
        ("GET", "/.well-known/security.txt"): ("PermissionPagesFunction", "NONE"),
    }


def test_the_stream_trigger_carries_filter_batch_and_limits() -> None:
    stream, count = sorted(templates.streams(templates.read()), key=lambda one: one.batch_size)

    assert (count.function, count.on_failure, count.reports_item_failures) == ("CountFunction", "CountFailures", False)
    assert (stream.function, stream.table, stream.on_failure) == ("RelayFunction", "LeadsTable", "RelayFailures")
    assert stream.reports_item_failures
    assert stream.filters[0]["eventName"] == ["INSERT"]


def test_a_queue_that_calls_a_function_is_read_with_its_batches() -> None:
    (trigger,) = templates.queue_triggers(templates.read())

    assert (trigger.function, trigger.queue, trigger.batch_size) == ("FetchAdLeadsFunction", "NotificationsQueue", 5)


def test_a_schedule_follows_its_parameter() -> None:
    schedules = templates.schedules(templates.read(SweepSchedule="rate(5 minutes)"))

    assert {one.function: one.expression for one in schedules} == {
        "SweepFunction": "rate(5 minutes)",
        "SealFunction": "cron(15 0 * * ? *)",
        "EraseFunction": "rate(5 minutes)",
        "FetchAdLeadsFunction": "rate(15 minutes)",
    }


def test_variables_are_filled_with_what_the_caller_knows() -> None:
    variables = templates.environment(templates.read(Stage="prod"), "CaptureFunction", KNOWN)

    assert variables["LEADS_TABLE"] == "leads"
    assert variables["KEYS_SECRET_ARN"] == KNOWN["KeysSecret.Id"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Leadgate/prod"
    assert variables["AWS_ENDPOINT_URL"] == ""


def test_an_unknown_reference_is_named() -> None:
    with pytest.raises(templates.UnknownReference, match="LeadsTable"):
        templates.environment(templates.read(), "ShowLeadFunction", {})


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(templates.UnknownReference, match="Satge"):
        templates.read(Satge="prod")


def test_resources_exist_only_under_their_condition() -> None:
    without = templates.resources(templates.read(), "AWS::WAFv2::WebACL")
    with_one = templates.resources(templates.read(Firewall="on"), "AWS::WAFv2::WebACL")

    assert (list(without), list(with_one)) == ([], ["WebAcl"])


def test_a_setting_may_come_from_the_function_or_from_globals() -> None:
    template = templates.read(CaptureConcurrency="7")

    assert templates.setting(template, "CaptureFunction", "Timeout") == 28
    assert templates.setting(template, "CaptureFunction", "Runtime") == "python3.13"
    assert templates.setting(template, "CaptureFunction", "ReservedConcurrentExecutions") == "7"


def test_intrinsic_functions_are_resolved() -> None:
    template = templates.read().knowing({"Queue.Arn": "arn:queue"})
    node = {
        "joined": {"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]},
        "substituted": {"Fn::Sub": ["${Stage} ${Own} ${!Literal}", {"Own": {"Fn::GetAtt": ["Queue", "Arn"]}}]},
        "dropped": {"Ref": "AWS::NoValue"},
        "kept": [{"Ref": "AWS::NoValue"}, {"Fn::If": ["HasFirewall", "yes", "no"]}],
    }

    assert templates.resolve(template, node) == {
        "joined": "a-dev",
        "substituted": "dev arn:queue ${Literal}",
        "kept": ["no"],
    }
