"""`ops dashboard`: what it asks, what it draws, and how a real browser shows it."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ops import aws, screenshot
from ops.cli import app
from ops.commands import outputs
from ops.dashboard import charts, figures, metric_queries, page, reading, summary
from ops.dashboard.model import Board, Graph, Limit, Line, Log, Number, Place
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support.board import END, HOSTILE, NAME, TOPIC, CloudWatch, Logs, Sns, board

PLACE = Place(0, 0, 8, 6)


def _graph(*points: tuple[float, float], limit: float | None = None) -> tuple[Graph, Board]:
    """A graph of an hour that begins at 0, and the board around it."""
    drawn = Graph(
        "metric",
        PLACE,
        "Graph",
        lines=(Line("line", points, 60),),
        limits=(Limit("alarm", limit),) if limit else (),
    )
    start = END.fromtimestamp(0, END.tzinfo)
    return drawn, Board("dev", NAME, "us-east-1", start, start + timedelta(hours=1), (drawn,))


class TestQueries:
    def test_a_line_becomes_a_query_with_its_dimensions(self) -> None:
        asked, shown = metric_queries.queries(
            {
                "period": 60,
                "metrics": [["AWS/SQS", "Age", "QueueName", "q", {"stat": "Maximum", "label": "jobs"}]],
            }
        )
        assert asked == [
            {
                "Id": "line0",
                "ReturnData": True,
                "Label": "jobs",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "Age",
                        "Dimensions": [{"Name": "QueueName", "Value": "q"}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ]
        assert [(one.id, one.label, one.period_s) for one in shown] == [("line0", "jobs", 60)]

    def test_dots_repeat_what_the_line_before_says(self) -> None:
        asked, _ = metric_queries.queries(
            {
                "metrics": [
                    ["AWS/ApiGateway", "ConnectCount", "ApiId", "a", "Stage", "s"],
                    [".", "MessageCount", ".", ".", ".", "."],
                    ["...", "t", {"stat": "Sum"}],
                ]
            }
        )
        metrics = [query["MetricStat"]["Metric"] for query in asked]
        assert [metric["MetricName"] for metric in metrics] == [
            *("ConnectCount", "MessageCount", "MessageCount"),
        ]
        assert [metric["Dimensions"][1]["Value"] for metric in metrics] == ["s", "s", "t"]

    def test_what_is_only_calculated_with_is_not_shown(self) -> None:
        asked, shown = metric_queries.queries(
            {
                "metrics": [
                    [{"expression": "s*2", "label": "twice", "id": "e"}],
                    ["N", "M", {"id": "s", "visible": False}],
                ]
            }
        )
        assert [(query["Id"], query["ReturnData"]) for query in asked] == [("e", True), ("s", False)]
        assert [one.label for one in shown] == ["twice"]

    @pytest.mark.parametrize(
        ("start", "span"),
        [("-PT24H", timedelta(hours=24)), ("-P7D", timedelta(days=7)), ("-P1DT2H30M", timedelta(1, 9000))],
    )
    def test_how_far_back(self, start: str, span: timedelta) -> None:
        assert metric_queries.span(start) == span

    @pytest.mark.parametrize("start", ["2026-11-24T00:00:00Z", "-P", "-P1M", ""])
    def test_a_beginning_that_is_not_understood(self, start: str) -> None:
        with pytest.raises(OpsError, match="not understood") as caught:
            metric_queries.span(start)
        assert "--hours" in caught.value.hint


class TestReading:
    def test_every_widget_becomes_a_panel_with_its_content(self) -> None:
        found = board()
        assert len(found.panels) == 26
        assert [panel.problem for panel in found.panels if panel.problem] == []
        for panel in found.panels:
            if isinstance(panel, (Graph, Number)):
                assert all(line.points for line in panel.lines), panel.title

    def test_pages_are_put_together_in_order(self) -> None:
        graph = next(panel for panel in board().panels if panel.title == "API Gateway: requests")
        assert isinstance(graph, Graph)
        times = [at for at, _ in graph.lines[0].points]
        assert times == sorted(times)
        assert len(times) == 24 * 12

    def test_it_asks_for_the_span_of_the_dashboard_or_for_the_hours(self) -> None:
        for hours, span in ((None, timedelta(hours=24)), (3, timedelta(hours=3))):
            cloudwatch = CloudWatch()
            found = board(cloudwatch, hours=hours)
            graphs = [one for one in cloudwatch.asked if len(one["MetricDataQueries"]) > 3]
            assert {one["EndTime"] - one["StartTime"] for one in graphs} == {span}
            assert found.end - found.start == span

    def test_numbers_of_a_day_come_with_those_of_the_week_before(self) -> None:
        rate = next(panel for panel in board().panels if panel.title == "Completion rate")
        assert isinstance(rate, Number)
        (line,) = rate.lines
        assert len(line.points) == 8
        assert line.last == pytest.approx(41.2, abs=0.1)

    def test_an_alarm_that_is_not_there_is_said_to_be_missing(self) -> None:
        states = {alarm.name: alarm.state for alarm in board().alarms}
        assert len(states) == 31
        assert states["spec-wizard-dev-s3-4xx"] == "MISSING"
        assert states["spec-wizard-dev-unhealthy"] == "ALARM"

    def test_the_query_goes_to_its_log_group(self) -> None:
        logs = Logs()
        board(logs=logs)
        assert logs.query["logGroupName"] == "/spec-wizard/dev/errors"
        assert logs.query["queryString"].startswith("fields @timestamp")
        assert logs.query["endTime"] - logs.query["startTime"] == 86_400

    def test_a_pointer_is_no_column(self) -> None:
        (log,) = (panel for panel in board().panels if isinstance(panel, Log))
        assert [list(row) for row in log.rows] == [["@timestamp", "function", "what"]] * 3

    def test_a_query_that_fails_leaves_the_other_panels(self) -> None:
        found = board(logs=Logs("Failed"))
        assert [panel.problem for panel in found.panels if panel.problem] == ["The query ended as Failed."]

    def test_a_query_without_end_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "QUERY_SECONDS", 0)
        found = board(logs=Logs("Running"))
        assert [p.problem for p in found.panels if p.problem] == ["The query did not end within 0 seconds."]

    def test_what_aws_cannot_calculate_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: CloudWatch, **request: Any) -> Any:
            for query in request["MetricDataQueries"]:
                yield {
                    "MetricDataResults": [
                        {
                            "Id": query["Id"],
                            "Label": "",
                            "Timestamps": [],
                            "Values": [],
                            "StatusCode": "InternalError",
                            "Messages": [{"Code": "Internal", "Value": "try later"}],
                        }
                    ]
                }

        monkeypatch.setattr(CloudWatch, "_metric_data", refuse)
        graphs = [panel for panel in board().panels if isinstance(panel, (Graph, Number))]
        assert {panel.problem for panel in graphs} == {"try later"}

    def test_a_widget_of_another_kind_says_so(self) -> None:
        body = {"widgets": [{"type": "explorer", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {}}]}
        (panel,) = board(CloudWatch(body)).panels
        assert panel.problem == "A widget of the type explorer is not shown here."

    def test_without_a_dashboard_there_is_nothing_to_show(self) -> None:
        with pytest.raises(OpsError, match="other-overview"):
            reading.read("dev", "other-overview", "us-east-1", lambda *_: CloudWatch(), end=END)

    def test_trap_50_a_subscription_that_nobody_confirmed_is_a_warning(self) -> None:
        assert board().warnings == ()
        pending = Sns(**{"alerts@example.com": False})
        assert board(sns=pending).warnings == (
            "spec-wizard-dev-alarms: not confirmed by alerts@example.com",
            "spec-wizard-dev-alarms: alarms are told to nobody",
        )
        second = Sns(**{"alerts@example.com": False, "https://on.call/1": True})
        assert board(sns=second).warnings == ("spec-wizard-dev-alarms: not confirmed by alerts@example.com",)


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            *((None, "–"), (0.0, "0"), (0.0321, "0.0321"), (17.25, "17.2"), (999.0, "999")),
            *((4210.4, "4,210"), (1_234_567.0, "1.23 M"), (float(12), "12")),
        ],
    )
    def test_numbers(self, value: float | None, text: str) -> None:
        assert figures.number(value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"), [(42, "42 s"), (60, "1 min"), (750, "12 min 30 s"), (11_100, "3 h 5 min")]
    )
    def test_durations(self, seconds: float, text: str) -> None:
        assert figures.duration(seconds) == text

    def test_units_come_from_labels(self) -> None:
        assert figures.of_label(41.234, "% of sessions created") == ("41.2 %", "of sessions created")
        assert figures.of_label(90, "seconds") == ("1 min 30 s", "")
        assert figures.of_label(None, "seconds") == ("–", "seconds")

    @pytest.mark.parametrize("top", [0.003, 0.7, 1, 3, 7, 10, 99, 100, 1234, 5e6])
    def test_ticks_begin_at_zero_and_reach_the_top_in_a_few_even_steps(self, top: float) -> None:
        ticks = figures.ticks(top)
        assert ticks[0] == 0
        assert ticks[-2] < top * 1.001
        assert ticks[-1] >= top * 0.999
        assert 3 <= len(ticks) <= 6

    def test_ticks_of_nothing(self) -> None:
        assert figures.ticks(0) == [0, 1]


class TestCharts:
    def test_points_are_where_time_and_value_put_them(self) -> None:
        graph, around = _graph((0, 0), (1800, 10), (3600, 5))
        joined = re.findall(r'points="([^"]+)"', charts.lines(graph, around, 454, 128))
        assert joined == []  # half an hour apart, where a point is a minute: nothing is known between
        near, around = _graph((0, 0), (60, 10), (120, 5))
        (run,) = re.findall(r'points="([^"]+)"', charts.lines(near, around, 454, 128))
        first, second, third = (tuple(map(float, point.split(","))) for point in run.split())
        assert first == (44, 108)  # the corner of the axes
        assert second[1] == 8  # the highest value is a tick, which is at the top
        assert third[1] == 58  # half of it
        assert second[0] - first[0] == pytest.approx(400 / 60, abs=0.1)
        assert third[0] - second[0] == pytest.approx(400 / 60, abs=0.1)

    def test_a_point_that_stands_alone_is_a_dot(self) -> None:
        graph, around = _graph((600, 3))
        assert "<circle" in charts.lines(graph, around, 454, 128)

    def test_a_limit_far_above_is_told_and_not_drawn(self) -> None:
        for limit, drawn in ((12.0, True), (300.0, False)):
            graph, around = _graph((0, 4), (60, 5), limit=limit)
            assert ('class="limit"' in charts.lines(graph, around, 454, 128)) is drawn
            told = page.render(around)
            assert f"<b>{limit:g}</b>" in told
            assert ("not drawn" in told) is not drawn

    def test_it_is_described_for_who_does_not_see_it(self) -> None:
        graph, around = _graph((0, 4), (60, 5))
        assert 'aria-label="Graph; last values: line: 5"' in charts.lines(graph, around, 454, 128)

    def test_bars_leave_a_day_without_data_empty(self) -> None:
        day = 86_400
        drawn = charts.bars(Line("kpi", ((0, 1), (2 * day, 4), (3 * day, 2)), day))
        assert drawn.count("<rect") == 3
        assert drawn.count('class="now"') == 1

    def test_no_data_is_said(self) -> None:
        _, around = _graph()
        assert "no data in this time" in page.render(around)


class TestPage:
    def test_it_needs_nothing_else(self) -> None:
        text = page.render(board())
        assert re.findall(r"https?://|<script|<link|<img|@import|url\(|\son\w+=", text) == []
        assert "default-src 'none'" in text

    def test_what_comes_from_aws_is_escaped(self) -> None:
        text = page.render(board())
        assert escape(HOSTILE) in text
        assert HOSTILE not in text

    def test_every_widget_is_on_it(self) -> None:
        found = board()
        text = page.render(found)
        titles = [panel.title for panel in found.panels if panel.title]
        assert [title for title in titles if f"<h2>{title}" not in text] == []

    def test_an_alarm_is_told_by_colour_and_in_words(self) -> None:
        text = page.render(board())
        assert '<p class="verdict ALARM">2 of 31 alarms are on</p>' in text
        assert '<li class="told ALARM"><b>spec-wizard-dev-chat-jobs-age</b> in alarm since' in text
        assert "raise CHAT_WORKER_CONCURRENCY" in text
        assert "<span>s3-5xx</span><b>OK</b>" in text
        assert "<span>s3-4xx</span><b>not there</b>" in text

    def test_a_field_that_no_row_has_is_no_column(self) -> None:
        log = Log("log", PLACE, "Errors", rows=({"@timestamp": "t", "service": "", "message": "m"},))
        _, around = _graph()
        text = page.render(Board("dev", NAME, "us-east-1", around.start, around.end, (log,)))
        assert re.findall(r"<th>([^<]+)</th>", text) == ["@timestamp", "message"]

    def test_problems_and_warnings_are_on_it(self) -> None:
        text = page.render(board(logs=Logs("Failed"), sns=Sns(**{"a@b.c": False})))
        assert '<p class="problem">The query ended as Failed.</p>' in text
        assert '<p class="warning">spec-wizard-dev-alarms: alarms are told to nobody</p>' in text


LOOK = """<!DOCTYPE html><html><body style="margin:0">
<iframe width="{width}" height="3000" style="border:0" onload="
const page = this.contentDocument, seen = {{}};
const all = selector => [...page.querySelectorAll(selector)];
const box = one => one.getBoundingClientRect();
const names = cards => cards.map(card => card.innerText.split('\\n')[0]);
const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
  && a.top < b.bottom - 1 && b.top < a.bottom - 1;
const outside = (a, b) => a.right > b.right + 1 || a.bottom > b.bottom + 1;
const cards = all('section');
seen.cards = cards.length;
seen.overlapping = names(cards.filter((a, n) => cards.slice(n + 1).some(b => over(box(a), box(b)))));
seen.spilling = names(cards.filter(
  card => [...card.querySelectorAll('*')].some(one => outside(box(one), box(card)))));
seen.wider = page.documentElement.scrollWidth > {width};
seen.scripts = page.scripts.length;
seen.flat = all('svg').filter(one => box(one).height < 20).length;
seen.colours = ['ALARM', 'OK', 'MISSING'].map(
  state => getComputedStyle(page.querySelector('.' + state)).backgroundColor);
seen.columns = new Set(cards.map(card => Math.round(box(card).left))).size;
seen.small = all('section *').filter(one => parseFloat(getComputedStyle(one).fontSize) < 11).length;
document.documentElement.dataset.seen = JSON.stringify(seen);
" srcdoc="{page}"></iframe></body></html>"""
"""Looks at the page from outside: its own policy lets no script run in it."""


class TestInABrowser:
    """With a real Chromium. Where there is none these tests fail, and say how to get it."""

    @pytest.mark.parametrize(("width", "columns"), [(1480, 6), (1000, 6), (400, 1)])
    def test_nothing_lies_on_another_or_spills(self, width: int, columns: int, tmp_path: Path) -> None:
        harness = tmp_path / "look.html"
        harness.write_text(LOOK.format(width=width, page=escape(page.render(board()))), encoding="utf-8")
        dom = _chromium(tmp_path, "--dump-dom", harness.as_uri())
        found = re.search(r'data-seen="([^"]+)"', dom)
        assert found, dom[:500]
        seen = json.loads(found[1].replace("&quot;", '"'))
        assert seen["cards"] == 25
        assert seen["overlapping"] == []
        assert seen["spilling"] == []
        assert seen["wider"] is False
        assert seen["scripts"] == seen["flat"] == seen["small"] == 0
        assert len(set(seen["colours"])) == 3
        assert seen["columns"] == columns

    @pytest.mark.parametrize("dark", [False, True])
    def test_its_picture_is_taken(self, dark: bool, tmp_path: Path) -> None:
        target = tmp_path / "page.png"
        screenshot.take(page.render(board()), target, width=1480, dark=dark)
        head = target.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
        assert width == 1480
        assert 2000 < height < 4000
        assert target.stat().st_size > 100_000  # an empty page has a tenth of it


def _chromium(folder: Path, *arguments: str) -> str:
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--proxy-server=127.0.0.1:9")
    done = subprocess.run(
        [screenshot.chromium(), *flags, f"--user-data-dir={folder / 'profile'}", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=screenshot.SECONDS,
    )
    return done.stdout


class TestCommand:
    @pytest.fixture(autouse=True)
    def deployed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clients = {"cloudwatch": CloudWatch(), "logs": Logs(), "sns": Sns()}
        values = {"dashboard_name": NAME, "aws_region": "us-east-1"}
        monkeypatch.setattr(outputs, "deployed", lambda environment: values)
        monkeypatch.setattr(aws, "client", lambda service, region: clients[service])

    def test_a_page_that_only_its_owner_reads(self, tmp_path: Path) -> None:
        file = tmp_path / "page.html"
        done = CliRunner().invoke(app, ["dashboard", "dev", "--html", str(file)])
        assert done.exit_code == 0
        assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
        assert file.stat().st_mode & 0o777 == 0o600
        assert done.stdout == ""

    def test_in_the_terminal(self) -> None:
        shown = CliRunner().invoke(app, ["dashboard", "dev", "--hours", "6"]).stdout
        assert "2 in alarm" in shown
        assert "spec-wizard-dev-chat-jobs-age" in shown
        assert re.search(r"Completion rate +% of sessions created +\d", shown)
        assert re.search(r"Queues: waiting +chat-jobs +\d", shown)

    def test_as_json(self) -> None:
        found = json.loads(CliRunner().invoke(app, ["dashboard", "dev", "--json"]).stdout)
        assert (found["environment"], found["name"]) == ("dev", NAME)
        rate = next(panel for panel in found["panels"] if panel["title"] == "Completion rate")
        assert rate["lines"][0]["points"][-1][1] > 0

    def test_traps_29_and_50_a_topic_of_another_region_is_looked_at_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        topic = "arn:aws:sns:us-east-1:123456789012:spec-wizard-dev-cloudfront-alarms"
        values = {
            "dashboard_name": NAME,
            "aws_region": "eu-west-1",
            "alarm_topic_arn": TOPIC.replace("us-east-1", "eu-west-1"),
            "cloudfront_alarm_topic_arn": topic,
        }
        sns = {"us-east-1": Sns(**{"alerts@example.com": False}), "eu-west-1": Sns()}
        monkeypatch.setattr(outputs, "deployed", lambda environment: values)
        monkeypatch.setattr(
            aws,
            "client",
            lambda service, region: (
                sns[region] if service == "sns" else {"cloudwatch": CloudWatch(), "logs": Logs()}[service]
            ),
        )
        found = json.loads(CliRunner().invoke(app, ["dashboard", "dev", "--json"]).stdout)
        assert "spec-wizard-dev-cloudfront-alarms: alarms are told to nobody" in found["warnings"]

    def test_of_what_was_deployed_before_there_was_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outputs, "deployed", lambda environment: {"aws_region": "us-east-1"})
        failed = CliRunner().invoke(app, ["dashboard", "dev"])
        assert isinstance(failed.exception, OpsError)
        assert failed.exception.code is ExitCode.STATE

    @pytest.mark.parametrize(
        "arguments", [["--json", "--html", "x"], ["--dark"], ["--hours", "0"], ["--json", "--png", "x"]]
    )
    def test_what_cannot_be_meant(self, arguments: list[str]) -> None:
        assert CliRunner().invoke(app, ["dashboard", "dev", *arguments]).exit_code == ExitCode.USAGE


def test_a_terminal_shows_markup_of_a_name_as_it_is() -> None:
    graph, around = _graph((0, 1))
    odd = Board(
        around.environment,
        around.name,
        around.region,
        around.start,
        around.end,
        (Graph("metric", PLACE, "[bold]x", lines=graph.lines),),
    )
    console = Console(record=True, width=100)
    summary.show(odd, console)
    assert "[bold]x" in console.export_text()
