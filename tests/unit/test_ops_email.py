"""`ops email` as it is typed, and the search through the events queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

import mail_templates
from ops import aws, screenshot
from ops.commands import email, outputs
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.mail import events, preflight
from ops.mail.preflight import Answers
from ops.smoke import Broken, email_events, prove
from ops.smoke import email as promises
from ops.smoke.deployment import Deployment
from tests.support import configuration
from tests.unit.test_ops_mail_preflight import ACCOUNT, IDENTITY, SANDBOX, SET

OUTPUTS = {
    "aws_region": "us-east-1",
    "ses_from_email": "noreply@example.com",
    "ses_configuration_set": "spec-wizard-dev",
    "ses_export_template": "spec-wizard-dev-export",
    "ses_submission_template": "spec-wizard-dev-submission",
    "email_events_queue_url": "https://queue",
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(email.app, list(arguments))


class TestPreview:
    @pytest.mark.parametrize("name", mail_templates.NAMES)
    def test_every_mail_with_its_sample_values(self, name: str) -> None:
        for option in ("--html", "--text"):
            shown = run("preview", name, option)
            assert shown.exit_code == 0
            assert "24 December 2026, 12:36 UTC" in shown.output
            assert "{{" not in shown.output

    def test_text_is_the_default_and_tells_the_subject(self) -> None:
        assert run("preview", "export").output == run("preview", "export", "--text").output
        assert run("preview", "submission").output.startswith(
            "Subject: We have received your specification (SW-2026-004217)\n\n"
        )

    def test_into_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "mail.html"
        assert run("preview", "export", "--html", "--write", str(file)).exit_code == 0
        assert file.read_text("utf-8") == run("preview", "export", "--html").stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            ["invoice"],
            [],
            ["export", "--html", "--text"],
            ["export", "--dark"],
            ["export", "--width", "375"],
            ["export", "--png", "x.png", "--html"],
            ["export", "--png", "x.png", "--width", "10"],
        ],
    )
    def test_what_cannot_be_meant(self, arguments: list[str]) -> None:
        assert run("preview", *arguments).exit_code == ExitCode.USAGE


class TestScreenshot:
    @pytest.fixture
    def browser(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A Chromium that is none: it notes how it was called and writes what it is asked for."""
        log = tmp_path / "log"
        program = tmp_path / "bin" / "chromium"
        program.parent.mkdir()
        program.write_text(
            f"""#!/bin/sh
echo "$@" >> {log}
for one in "$@"; do
  case "$one" in
    --dump-dom) echo '<html data-height="1234">' ;;
    --screenshot=*) printf PNG > "${{one#--screenshot=}}" ;;
  esac
done
""",
            encoding="utf-8",
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        monkeypatch.setattr(screenshot, "NAMES", ("chromium",))
        return log

    def test_the_whole_page_in_the_mode_asked_for(self, browser: Path, tmp_path: Path) -> None:
        target = tmp_path / "new" / "mail.png"
        done = run("preview", "export", "--png", str(target), "--dark", "--width", "375")
        assert done.exit_code == 0
        assert target.read_bytes() == b"PNG"
        measured, taken = browser.read_text("utf-8").splitlines()
        assert "--window-size=375,1234" in taken
        assert "preferredColorScheme=0" in measured
        assert "preferredColorScheme=0" in taken

    def test_without_chromium(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        failed = run("preview", "export", "--png", str(tmp_path / "x.png"))
        assert isinstance(failed.exception, OpsError)
        assert failed.exception.code is ExitCode.TOOL
        assert "apt install chromium" in failed.exception.hint

    def test_a_chromium_that_fails(self, browser: Path, tmp_path: Path) -> None:
        (tmp_path / "bin" / "chromium").write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
        with pytest.raises(OpsError, match="no display") as caught:
            screenshot.take("<body></body>", tmp_path / "x.png", width=600, dark=False)
        assert caught.value.code is ExitCode.TOOL

    def test_a_place_that_cannot_be_written(self, browser: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OpsError, match="Could not write") as caught:
            screenshot.take("<body></body>", tmp_path / "file" / "x.png", width=600, dark=False)
        assert caught.value.code is ExitCode.OUTPUT


class TestSendTest:
    @pytest.fixture
    def sesv2(self, monkeypatch: pytest.MonkeyPatch) -> MagicMock:
        client = MagicMock()
        client.send_email.return_value = {"MessageId": "0100-1"}
        monkeypatch.setattr(outputs, "deployed", lambda environment: OUTPUTS)
        monkeypatch.setattr(Deployment, "application", lambda self, service: client)
        return client

    def test_trap_31_it_names_the_configuration_set(self, sesv2: MagicMock) -> None:
        done = run("send-test", "dev")
        assert done.output == "Sent export to success@simulator.amazonses.com, message id 0100-1\n"
        sent = sesv2.send_email.call_args.kwargs
        assert sent["ConfigurationSetName"] == "spec-wizard-dev"
        assert sent["FromEmailAddress"] == "noreply@example.com"
        assert sent["Content"]["Template"]["TemplateName"] == "spec-wizard-dev-export"

    def test_trap_33_with_every_variable_of_the_template(self, sesv2: MagicMock) -> None:
        run("send-test", "dev", "--template", "submission", "--to", "a@example.com", "--json")
        sent = sesv2.send_email.call_args.kwargs
        assert sent["Destination"] == {"ToAddresses": ["a@example.com"]}
        mail_templates.render(mail_templates.load("submission"), sent["Content"]["Template"]["TemplateData"])

    def test_as_json(self, sesv2: MagicMock) -> None:
        assert json.loads(run("send-test", "dev", "--json").output) == {
            "message_id": "0100-1",
            "to": email.SUCCESS,
            "template": "export",
        }

    def test_a_refusal_is_told(self, sesv2: MagicMock) -> None:
        error = {"Error": {"Code": "MessageRejected", "Message": "Email address is not verified."}}
        sesv2.send_email.side_effect = ClientError(error, "SendEmail")
        failed = run("send-test", "dev")
        assert isinstance(failed.exception, OpsError)
        assert "is not verified" in failed.exception.message


class TestStatusAndDns:
    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        said: dict[str, Any] = {"account": ACCOUNT, "identity": IDENTITY, "configuration_set": SET}
        for name, value in configuration.variables().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(aws, "verify_caller", lambda account, region: None)
        monkeypatch.setattr(preflight, "ask", lambda config: Answers(**said))
        return said

    def test_ready(self, answers: dict[str, Any]) -> None:
        done = run("status", "dev")
        assert done.exit_code == 0
        assert done.output.count("ready") == 6

    def test_the_sandbox_is_no_failure(self, answers: dict[str, Any]) -> None:
        answers["account"] = {**ACCOUNT, **SANDBOX}
        done = run("status", "dev")
        assert done.exit_code == 0
        assert "put-account-details" in done.output

    def test_what_keeps_mail_from_being_sent_is_one(self, answers: dict[str, Any]) -> None:
        answers["identity"] = None
        failed = run("status", "dev", "--json")
        assert isinstance(failed.exception, OpsError)
        assert failed.exception.code is ExitCode.PROOF
        assert "example.com is not in SES" in failed.exception.message
        levels = {row["subject"]: row["level"] for row in json.loads(failed.stdout)}
        assert levels["identity"] == "stopped"

    def test_dns_as_a_table_to_copy(self, answers: dict[str, Any]) -> None:
        lines = run("dns", "dev").output.splitlines()
        assert len(lines) == 7
        assert lines[1].split() == [
            "DKIM",
            "one._domainkey.example.com",
            "CNAME",
            "one.dkim.amazonses.com",
        ]
        assert lines[-1].endswith("v=DMARC1; p=quarantine;")

    def test_dns_that_route_53_keeps(self, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SES_HOSTED_ZONE_ID", "Z123")
        assert run("dns", "dev").output.startswith("Route 53 zone Z123 keeps these already")
        assert all(row["kept_by_route53"] for row in json.loads(run("dns", "dev", "--json").output))

    def test_dns_of_an_identity_that_is_not_there(self, answers: dict[str, Any]) -> None:
        answers["identity"] = None
        failed = run("dns", "dev")
        assert isinstance(failed.exception, OpsError)
        assert failed.exception.code is ExitCode.STATE

    def test_dns_of_an_address(self, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SES_IDENTITY", "address")
        assert "by a link" in run("dns", "dev").output
        assert run("dns", "dev", "--json").output == "[]\n"


class Queue:
    """SQS with one queue, as far as the search needs it.

    lost: whether the first answer that holds messages is lost on its way. seconds: of the clock, after which
    what was hidden is shown again.
    """

    def __init__(self, *bodies: str, lost: bool = False, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.visible = {f"r{number}": body for number, body in enumerate(bodies)}
        self.hidden: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self._lost, self._seconds = lost, seconds

    def receive_message(self, *, VisibilityTimeout: int, **_: Any) -> dict[str, Any]:
        for key in [key for key in self.hidden if self._until[key] <= self._seconds()]:
            self.visible[f"{key}+"] = self.hidden.pop(key)  # by another receipt
        batch = dict(list(self.visible.items())[:10])
        self.hidden.update(batch)
        self._until.update(dict.fromkeys(batch, self._seconds() + VisibilityTimeout))
        self.visible = {key: body for key, body in self.visible.items() if key not in batch}
        if batch and self._lost:
            self._lost = False
            return {}
        return {
            "Messages": [
                {"MessageId": key.rstrip("+"), "ReceiptHandle": key, "Body": body}
                for key, body in batch.items()
            ]
        }

    def delete_message_batch(self, *, Entries: list[Any], **_: Any) -> None:
        assert len(Entries) <= 10
        for entry in Entries:
            del self.hidden[entry["ReceiptHandle"]]

    def change_message_visibility_batch(self, *, Entries: list[Any], **_: Any) -> None:
        assert len(Entries) <= 10
        for entry in Entries:
            self.visible[entry["ReceiptHandle"]] = self.hidden.pop(entry["ReceiptHandle"])


def event(kind: str, message_id: str, **more: Any) -> str:
    return json.dumps({"eventType": kind, "mail": {"messageId": message_id}, **more})


GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
STRANGE = [GREETING, "[]", '{"mail": 3}', '{"mail": {}}', "3", event("Bounce", "theirs")]


class TestEvents:
    @pytest.fixture(autouse=True)
    def _clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter(range(10_000))
        monkeypatch.setattr(email_events.time, "monotonic", lambda: next(clock))

    def test_what_came_with_an_answer_that_was_lost_comes_again_in_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = [0.0]

        def monotonic() -> float:
            now[0] += 1
            return now[0]

        monkeypatch.setattr(email_events.time, "monotonic", monotonic)
        queue = Queue(event("Bounce", "mine"), event("Bounce", "theirs"), lost=True, seconds=lambda: now[0])
        with email_events.searching(queue, "url") as search:
            assert search.wait_for("mine", ("Bounce",), 90)
        assert [*queue.visible.values()] == [event("Bounce", "theirs")]
        assert queue.hidden == {}

    def test_own_events_are_removed_and_all_others_put_back(self) -> None:
        theirs = STRANGE + [event("Delivery", f"their-{number}") for number in range(25)]
        queue = Queue(*theirs, event("Send", "mine"), event("Bounce", "mine"))
        with email_events.searching(queue, "url") as search:
            found = search.wait_for("mine", ("Send", "Bounce"), 20)
        assert found.keys() == {"Send", "Bounce"}
        assert sorted(queue.visible.values()) == sorted(theirs)
        assert queue.hidden == {}

    def test_also_where_the_search_fails(self) -> None:
        queue = Queue(*STRANGE, event("Send", "mine"))
        with (
            pytest.raises(Broken, match="no Bounce of mine after 20 s; in the queue: Send"),
            email_events.searching(queue, "url") as search,
        ):
            search.wait_for("mine", ("Send", "Bounce"), 20)
        assert sorted(queue.visible.values()) == sorted(STRANGE)

    def test_trap_33_a_rendering_failure_is_not_waited_out(self) -> None:
        queue = Queue(event("Rendering Failure", "mine", failure={"errorMessage": "Attribute 'x'"}))
        with pytest.raises(Broken, match="Attribute 'x'"), email_events.searching(queue, "u") as search:
            search.wait_for("mine", ("Send",), 1_000)

    def test_somebody_elses_bounce_proves_nothing(self) -> None:
        queue = Queue(event("Send", "theirs"), event("Bounce", "theirs"))
        with pytest.raises(Broken, match="nothing of it"), email_events.searching(queue, "u") as search:
            search.wait_for("mine", ("Bounce",), 5)


class TestEventsCommand:
    EVENTS: ClassVar = [
        GREETING,
        event("Send", "1"),
        event("Rendering Failure", "1", failure={"errorMessage": "Attribute 'x' is not present"}),
        event("Bounce", "2", bounce={"bouncedRecipients": [{"diagnosticCode": "smtp; 550 unknown"}]}),
        event("Bounce", "3", bounce={"bounceType": "Permanent", "bounceSubType": "Suppressed"}),
        event("Complaint", "4", complaint={"complaintFeedbackType": "abuse"}),
        event("Reject", "5", reject={"reason": "Bad content"}),
        event("DeliveryDelay", "6", deliveryDelay={"delayType": "MailboxFull"}),
        event("Subscription", "7"),
        *(event("Delivery", f"delivered-{number}") for number in range(20)),
    ]

    @pytest.fixture
    def queue(self, monkeypatch: pytest.MonkeyPatch) -> Queue:
        queue = Queue(*self.EVENTS)
        monkeypatch.setattr(outputs, "deployed", lambda environment: OUTPUTS)
        monkeypatch.setattr(Deployment, "deployer", lambda self, service: queue)
        return queue

    def test_lists_what_went_wrong_and_why(self, queue: Queue) -> None:
        rows = json.loads(run("events", "dev", "--json").output)
        assert {(row["kind"], row["message_id"]): row["reason"] for row in rows} == {
            ("Rendering Failure", "1"): "Attribute 'x' is not present",
            ("Bounce", "2"): "smtp; 550 unknown",
            ("Bounce", "3"): "Permanent/Suppressed",
            ("Complaint", "4"): "abuse",
            ("Reject", "5"): "Bad content",
            ("DeliveryDelay", "6"): "MailboxFull",
            ("Subscription", "7"): "",
        }

    def test_takes_nothing_away(self, queue: Queue) -> None:
        assert run("events", "dev").exit_code == 0
        assert sorted(queue.visible.values()) == sorted(self.EVENTS)

    def test_all_of_them(self, queue: Queue) -> None:
        assert len(json.loads(run("events", "dev", "--all", "--json").output)) == len(self.EVENTS) - 1

    def test_oldest_first(self) -> None:
        mails = [{"eventType": "Bounce", "mail": {"timestamp": at}} for at in ("2026-2", "2026-1")]
        found = events.occurrences(mails, every=False)
        assert [one.at for one in found] == ["2026-1", "2026-2"]

    def test_nothing_to_tell(self, queue: Queue) -> None:
        queue.visible = {"r": GREETING}
        assert run("events", "dev").output == "No mail of the last 14 days went wrong.\n"
        assert run("events", "dev", "--all").output == "No event is in the queue.\n"


class TestPromises:
    """Against a SES that does not keep them."""

    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """The events that come of a mail, and the mail in the local mailbox or None."""
        made: dict[str, Any] = {"events": ["Send", "Delivery"], "mail": None}
        sesv2 = MagicMock()
        sesv2.send_email.return_value = {"MessageId": "mine"}
        made["sesv2"] = sesv2
        monkeypatch.setattr(Deployment, "application", lambda self, service: sesv2)
        monkeypatch.setattr(
            Deployment,
            "deployer",
            lambda self, service: Queue(*[event(kind, "mine") for kind in made["events"]]),
        )
        monkeypatch.setattr(promises, "_in_the_mailbox", lambda message_id: made["mail"])
        monkeypatch.setattr(promises, "PATIENCE_S", 0.1)
        return made

    @staticmethod
    def proven(text: str) -> Any:
        (promise,) = [one for one in promises.PROMISES if text in one.text]
        (result,) = prove(Deployment("dev", OUTPUTS), [promise])
        return result

    def test_on_aws_the_proof_says_that_it_saw_events_only(self, world: dict[str, Any]) -> None:
        result = self.proven("Both mails")
        assert result.held
        assert result.seen.count("Send and Delivery of mine, no Rendering Failure") == 2

    def test_a_mail_with_a_hole_in_it_breaks_the_promise(self, world: dict[str, Any]) -> None:
        data = mail_templates.data(mail_templates.sample("export"))
        mail = mail_templates.render(mail_templates.load("export"), data)
        world["mail"] = {"Subject": mail.subject, "BodyText": mail.text, "BodyHtml": mail.html + "{{x}}"}
        result = self.proven("Both mails")
        assert not result.held
        assert "the html of export" in result.seen

    @pytest.mark.parametrize(
        ("promise", "events"),
        [
            ("Both mails", ["Send"]),
            ("Both mails", ["Send", "Rendering Failure"]),
            ("A bounce", ["Send", "Delivery"]),
            ("A complaint", ["Send", "Delivery"]),
            ("cannot be filled in", ["Send", "Delivery"]),
        ],
    )
    def test_a_missing_event_breaks_the_promise(
        self, world: dict[str, Any], promise: str, events: list[str]
    ) -> None:
        world["events"] = events
        assert not self.proven(promise).held

    def test_sending_as_somebody_else_must_be_refused(self, world: dict[str, Any]) -> None:
        assert "was allowed" in self.proven("another address").seen
        error = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
        world["sesv2"].send_email.side_effect = ClientError(error, "SendEmail")
        assert self.proven("another address").held
        sender = world["sesv2"].send_email.call_args.kwargs["FromEmailAddress"]
        assert sender == "somebody-else@example.com"


def test_what_ses_greets_a_topic_with_is_no_event() -> None:
    assert events.event(GREETING) == {}
    assert events.event(event("Send", "x"))["eventType"] == "Send"
