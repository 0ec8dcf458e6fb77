"""The price list: what is refused, how steps count, and which region's row is taken."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ops.cost import prices
from ops.cost.prices import HOME, OLD_AFTER_DAYS, Price
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.paths import ROOT
from tests.support.costs import estimate, resource

GOOD = {
    "key": '"kms.key"',
    "service": '"KMS"',
    "unit": '"key and month"',
    "usd": '"1.00"',
    "source": '"https://example.com/prices"',
    "date": "2026-11-28",
    "confidence": '"sourced"',
}


def row(**changes: str | None) -> str:
    """One row of the file; None leaves a field out."""
    fields = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return "[[price]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


def written(folder: Path, *rows: str) -> Path:
    file = folder / "prices.toml"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": None}, "row 1 (kms.key) is not right: source"),
        ({"key": None}, "row 1 (without key) is not right: key"),
        ({"usd": '"-1"'}, "usd: Input should be greater than or equal to 0"),
        ({"usd": '"a lot"'}, "usd"),
        ({"usd": '"NaN"'}, "usd"),
        ({"usd": None}, "has either usd or steps"),
        ({"steps": '[{ usd = "1" }]'}, "has either usd or steps"),
        ({"usd": None, "steps": '[{ up_to = 5, usd = "1" }]'}, "up_to in each step but the last"),
        (
            {"usd": None, "steps": '[{ up_to = 5, usd = "2" }, { up_to = 5, usd = "1" }, { usd = "1" }]'},
            "steps whose up_to does not grow",
        ),
        ({"date": '"last week"'}, "date"),
        ({"confidence": '"sure"'}, "confidence"),
        ({"confidence": '"memory"'}, 'source "none" exactly where'),
        ({"source": '"none"'}, 'source "none" exactly where'),
        ({"source": '"somebody said so"'}, "'somebody said so', which is neither an address nor a file"),
        ({"source": '"https://example.com/a; from memory"'}, "which is neither an address nor a file"),
        (
            {"source": '"none"', "confidence": '"memory"', "from_memory": '["free"]'},
            "has from_memory, and is from memory as a whole",
        ),
        ({"region": '"us-east-9"'}, "region 'us-east-9', which is none"),
        ({"price": '"1"'}, "price: Extra inputs"),
        ({"region": '"eu-central-1"'}, "for other regions, but not for us-east-1"),
    ],
)
def test_a_row_that_is_not_right_is_named(tmp_path: Path, changes: dict[str, str | None], said: str) -> None:
    with pytest.raises(OpsError, match=re.escape(said)) as refusal:
        prices.load(written(tmp_path, row(**changes)))
    assert refusal.value.code == ExitCode.CONFIGURATION
    assert "prices.toml" in refusal.value.message


def test_a_row_may_not_be_there_twice(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"has kms\.key for us-east-1 twice"):
        prices.load(written(tmp_path, row(), row()))


def test_rows_that_share_free_units_agree_on_them(tmp_path: Path) -> None:
    one = row(key='"a.one"', free="5", free_group='"both"')
    with pytest.raises(OpsError, match=r"a\.two gives free_group both another number"):
        prices.load(written(tmp_path, one, row(key='"a.two"', free="6", free_group='"both"')))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        prices.load(written(tmp_path, "[[price"))


def test_a_region_has_its_own_row_or_that_of_us_east_1(tmp_path: Path) -> None:
    found = prices.load(
        written(
            tmp_path,
            row(),
            row(region='"eu-central-1"', usd='"2.00"'),
            row(key='"waf.acl"', region='"*"', usd='"5.00"'),
        )
    )
    assert found.of("kms.key", "eu-central-1").usd == Decimal("2.00")
    assert found.of("kms.key", "eu-west-1").usd == Decimal("1.00")
    assert found.of("waf.acl", "eu-west-1").usd == Decimal("5.00")
    assert found.stands_in("kms.key", "eu-west-1")
    assert not found.stands_in("kms.key", "eu-central-1")
    assert not found.stands_in("kms.key", HOME)
    assert not found.stands_in("waf.acl", "eu-west-1")
    with pytest.raises(KeyError):
        found.of("kms.keys", HOME)


def stepped(*steps: dict[str, object], per: int = 1) -> Price:
    return Price.model_validate(
        {
            "key": "a.b",
            "service": "A",
            "unit": "u",
            "per": per,
            "steps": steps,
            "source": "https://example.com/prices",
            "date": date(2026, 1, 1),
            "confidence": "sourced",
        }
    )


@pytest.mark.parametrize(
    ("units", "cost"), [("0", "0"), ("9", "27"), ("10", "30"), ("11", "32"), ("20", "50"), ("25", "55")]
)
def test_each_step_has_its_own_price(units: str, cost: str) -> None:
    price = stepped({"up_to": 10, "usd": "3"}, {"up_to": 20, "usd": "2"}, {"usd": "1"})
    assert price.cost(Decimal(units)) == Decimal(cost)


def test_a_price_may_be_of_many_units() -> None:
    assert stepped({"usd": "0.40"}, per=1_000_000).cost(Decimal(2_500_000)) == Decimal("1.00")


def test_the_committed_list_is_right_and_says_where_it_is_from() -> None:
    found = prices.load()
    assert len(found.rows) > 40
    assert {row.confidence for row in found.rows} == {"sourced", "memory"}
    for row in found.rows:
        for source in () if row.source == "none" else row.source.split(prices.SOURCES):
            assert source.startswith("https://") or (ROOT / source).is_file(), row.key


def test_a_part_without_a_source_is_told_with_its_row(tmp_path: Path) -> None:
    part = row(free="5", from_memory='["free", "steps above 10 TB"]')
    free = row(key='"a.b"', free="5", from_memory='["free"]')
    whole = row(key='"c.d"', source='"none"', confidence='"memory"')
    rows = prices.load(written(tmp_path, part, free, whole, row(key='"e.f"'))).rows
    assert [one.unsourced(free_tier=True) for one in rows] == [
        "kms.key (free, steps above 10 TB)",
        "a.b (free)",
        "c.d",
        "",
    ]
    assert [one.unsourced(free_tier=False) for one in rows] == ["kms.key (steps above 10 TB)", "", "c.d", ""]


def test_what_the_committed_list_has_from_memory_is_told() -> None:
    """Free parts of SNS, the cap of a key's rotations, upper steps: their sources do not say them."""
    told = {one for one in (row.unsourced(free_tier=True) for row in prices.load().rows) if one}
    assert told == {
        "backup.restore",
        "cloudfront.out (steps above 10 TB)",
        "kms.key (rotations after the second)",
        "s3.intelligent-tiering-infrequent",
        "s3.standard (steps above 50 TB)",
        "s3.to-glacier-ir",
        "s3.to-intelligent-tiering",
        "sns.email (free)",
        "sns.http (free)",
        "sns.publish (free)",
        "ssm.advanced-parameter",
    }
    key = resource("aws_kms_key.a_00000000")
    assert estimate([key]).from_memory == ("kms.key (rotations after the second)",)


def test_old_rows_are_told_after_six_months() -> None:
    found = prices.load()
    newest = max(row.date for row in found.rows)
    assert found.old(found.oldest + timedelta(days=OLD_AFTER_DAYS)) == []
    assert len(found.old(newest + timedelta(days=OLD_AFTER_DAYS + 1))) == len(found.rows)
