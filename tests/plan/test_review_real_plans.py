"""What Terraform itself plans, read and shown: only `terraform_data`, which is built in and asks nobody."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.deployment import half_made
from ops.plans.document import Order
from ops.plans.synthesized import FILE, Synthesized
from ops.review import markdown, page, reading, terminal
from ops.review.model import Review
from ops.terraform import Plan, Terraform, binary
from tests.support.plans.builders import review

OLD_SECRET, NEW_SECRET = "correct-horse-battery", "staple-of-the-new-one"
HELD = {"lifecycle": {"create_before_destroy": True}}
BEFORE: dict[str, Any] = {
    "resource": {
        "terraform_data": {
            "kept": {"input": "a"},
            "updated": {"input": {"n": 1, "same": "x"}},
            "destroyed_first": {"input": "x", "triggers_replace": ["a"]},
            "created_first": {"input": "x", "triggers_replace": "a", **HELD},
            "tied": {"input": "t", "lifecycle": {"replace_triggered_by": ["terraform_data.updated"]}},
            "gone": {"input": "g"},
            "old_name": {"input": "m"},
            "forgotten": {"input": "f"},
            "secret": {"input": f'${{sensitive("{OLD_SECRET}")}}'},
            "each": {"for_each": '${toset(["a", "ü"])}', "input": "${each.key}"},
            "counted": {"count": 2, "input": "${count.index}"},
            "typed": {"input": 1},
        }
    },
    "output": {
        "url": {"value": "${terraform_data.updated.output}"},
        "password": {"value": "${terraform_data.secret.output}", "sensitive": True},
        "dropped": {"value": "d"},
    },
}
AFTER: dict[str, Any] = {
    "resource": {
        "terraform_data": {
            "kept": {"input": "a"},
            "updated": {"input": {"n": 2, "same": "x"}},
            "destroyed_first": {"input": "y", "triggers_replace": ["b"]},
            "created_first": {"input": "x", "triggers_replace": "b", **HELD},
            "tied": {"input": "t", "lifecycle": {"replace_triggered_by": ["terraform_data.updated"]}},
            "new_name": {"input": "m"},
            "secret": {"input": f'${{sensitive("{NEW_SECRET}")}}'},
            "each": {"for_each": '${toset(["a"])}', "input": "${each.key}"},
            "counted": {"count": 1, "input": "${count.index}"},
            "typed": {"input": True},
            "made": {"input": "${terraform_data.updated.output}"},
            "imported": {"input": "i"},
            "repeats": {"input": {"list": ["plain", f'${{sensitive("{NEW_SECRET}")}}']}},
        }
    },
    "moved": [{"from": "terraform_data.old_name", "to": "terraform_data.new_name"}],
    "removed": [{"from": "terraform_data.forgotten", "lifecycle": {"destroy": False}}],
    "import": [{"to": "terraform_data.imported", "id": "abc"}],
    "check": {
        "health": [
            {
                "assert": [
                    {"condition": '${terraform_data.kept.output == "z"}', "error_message": "It is not z."}
                ]
            }
        ]
    },
    "output": {
        "url": {"value": "${terraform_data.updated.output}"},
        "password": {"value": "${terraform_data.secret.output}", "sensitive": True},
        "new": {"value": "n"},
    },
}


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [binary(), f"-chdir={folder}", *arguments],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout


class Planned:
    """line: Terraform's own summary; found: the review of its plan."""

    def __init__(self, folder: Path, *options: str) -> None:
        told = terraform(folder, "plan", "-input=false", "-no-color", "-out=plan", *options)
        lines = re.findall(r"^Plan: .*$", told, re.MULTILINE)
        self.line = lines[0] if lines else ""
        self.document: dict[str, Any] = json.loads(terraform(folder, "show", "-json", "plan"))
        self.found: Review = review(self.document, behind=Synthesized.of(folder))
        self.reading = reading.of(self.found)

    def numbers(self) -> dict[str, int]:
        """Of Terraform's line: a replacement is in add and in destroy there."""
        return {word: int(number) for number, word in re.findall(r"(\d+) to (\w+)", self.line)}

    def actions(self) -> dict[str, tuple[str, str]]:
        return {
            one.address.removeprefix("terraform_data."): (one.action, one.why) for one in self.reading.entries
        }


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    (folder / FILE).write_text(json.dumps(BEFORE))
    terraform(folder, "init", "-input=false")
    terraform(folder, "apply", "-input=false", "-auto-approve")
    return folder


@pytest.fixture(scope="module")
def everything(applied: Path) -> Planned:
    (applied / FILE).write_text(json.dumps(AFTER))
    return Planned(applied)


def shown(found: Review) -> dict[str, str]:
    piped = io.StringIO()
    terminal.show(found, Console(file=piped))
    return {"piped": piped.getvalue(), "comment": markdown.comment([found]), "page": page.render([found])}


def test_every_action_with_its_reason(everything: Planned) -> None:
    assert everything.actions() == {
        "updated": ("update", ""),
        "destroyed_first": ("replace", "triggers_replace cannot be changed in place"),
        "created_first": ("replace", "triggers_replace cannot be changed in place"),
        "tied": ("replace", "something that it is tied to by replace_triggered_by changes"),
        "gone": ("delete", "it is not in the code any more"),
        'each["ü"]': ("delete", "its key is not in the code's for_each any more"),
        "counted[1]": ("delete", "its number is beyond the code's count"),
        "forgotten": ("forget", "it is not in the code any more"),
        "new_name": ("move", ""),
        "imported": ("update", ""),
        "secret": ("update", ""),
        "typed": ("update", ""),
        "made": ("create", ""),
        "repeats": ("create", ""),
    }


def test_the_counts_are_terraforms_own(everything: Planned) -> None:
    counts, numbers = everything.reading.counts, everything.numbers()
    assert numbers["add"] == counts.add + counts.replace
    assert numbers["destroy"] == counts.destroy + counts.replace
    assert numbers["change"] == counts.change
    assert numbers["import"] == counts.imported
    assert (counts.replace, counts.move, counts.forget, counts.outputs) == (3, 1, 1, 4)


def test_the_order_of_replacements(everything: Planned) -> None:
    orders = (
        {one.name: one.order for one in everything.found.plan.changes if one.order}
        if everything.found.plan
        else {}
    )
    assert orders == {
        "destroyed_first": Order.DESTROY_FIRST,
        "created_first": Order.CREATE_FIRST,
        "tied": Order.DESTROY_FIRST,
    }


def test_attributes(everything: Planned) -> None:
    told = {
        (entry.address.removeprefix("terraform_data."), one.where): (one.before, one.after)
        for entry in everything.reading.entries
        for one in entry.attributes
    }
    assert told["updated", "input.n"] == ("1", "2")
    assert ("updated", "input.same") not in told
    assert told["typed", "input"] == ("1", "true")
    assert told["made", "input"] == ("", "(known after the apply)")
    assert ("made", "id") not in told
    assert told["secret", "input"] == ("(sensitive)", "(sensitive)")
    assert told["secret", "output"] == ("(sensitive)", "(known after the apply)")
    assert told["repeats", "input"] == ("", '{"list": ["plain", "(sensitive)"]}')


def test_moves_imports_checks_and_outputs(everything: Planned) -> None:
    notes = {entry.address: entry.notes for entry in everything.reading.entries}
    assert notes["terraform_data.new_name"] == ("moved from terraform_data.old_name",)
    assert notes["terraform_data.imported"] == ("imported as abc",)
    assert everything.reading.notes == ("check.health does not hold: It is not z.",)
    assert {one.name: one.action for one in everything.reading.outputs} == {
        "url": "update",
        "password": "update",
        "dropped": "delete",
        "new": "create",
    }


def test_no_secret_is_shown_though_terraform_leaves_its_copy_unmarked(everything: Planned) -> None:
    """The old output of terraform_data.secret is the secret, and before_sensitive does not say so."""
    (change,) = (one for one in everything.document["resource_changes"] if one["name"] == "secret")
    assert change["change"]["before"]["output"] == OLD_SECRET
    assert "output" not in change["change"]["before_sensitive"]
    for name, text in shown(everything.found).items():
        assert OLD_SECRET not in text, name
        assert NEW_SECRET not in text, name
        assert 'each["ü"]' in text.replace("&#34;", '"'), name


def test_by_request(everything: Planned, applied: Path) -> None:
    found = Planned(applied, "-replace=terraform_data.kept")
    assert found.actions()["kept"] == ("replace", "asked for by -replace")
    assert found.reading.counts.replace == everything.reading.counts.replace + 1


def test_a_destroy(everything: Planned, applied: Path) -> None:
    found = Planned(applied, "-destroy")
    assert found.numbers()["destroy"] == found.reading.counts.destroy > 10
    assert (found.reading.counts.add, found.reading.counts.change) == (0, 0)


def test_nothing_to_do(everything: Planned, applied: Path) -> None:
    """Last: it applies what is planned."""
    terraform(applied, "apply", "-input=false", "-auto-approve")
    found = Planned(applied)
    assert found.reading.counts.nothing_to_do
    assert found.reading.state == "no changes"
    assert [one.address for one in found.reading.entries] == []


def test_what_an_apply_left_half_made(applied: Path) -> None:
    """Only what is made before the old one goes is kept; without the mark there is nothing to do."""
    marked = ["terraform_data.created_first", "terraform_data.kept"]
    for address in marked:
        terraform(applied, "taint", address)
    found = Planned(applied)
    why = "it is tainted: an apply left it half made, or somebody marked it"
    assert found.actions() == dict.fromkeys(("created_first", "kept"), ("replace", why))
    to_keep = half_made.to_keep(Plan.of(applied / "plan", found.document))
    assert to_keep == ["terraform_data.created_first"]
    Terraform(applied).untaint(marked)
    assert Planned(applied).reading.counts.nothing_to_do


def test_data_that_is_read_during_the_apply(tmp_path: Path) -> None:
    later = {"backend": "local", "config": {"path": "${terraform_data.new.id}"}}
    code = {
        "resource": {"terraform_data": {"new": {"input": "x"}}},
        "data": {"terraform_remote_state": {"other": later}},
    }
    (tmp_path / FILE).write_text(json.dumps(code))
    terraform(tmp_path, "init", "-input=false")
    found = Planned(tmp_path)
    assert found.numbers() == {"add": 1, "change": 0, "destroy": 0}
    assert found.reading.counts.add == 1
    read = found.actions()["data.terraform_remote_state.other"]
    assert read[0] == "read"
    for name, text in shown(found.found).items():
        assert "terraform_remote_state.other" in text, name
