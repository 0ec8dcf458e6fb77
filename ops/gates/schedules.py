"""How often a schedule of AWS runs."""

from __future__ import annotations

import re

DAYS, WEEKS, MONTHS = 365.25, 365.25 / 7, 12
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)")
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_MONTHS, _WEEKDAYS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", "SUN MON TUE WED THU FRI SAT"
_NAMES = {name: number for names in (_MONTHS, _WEEKDAYS) for number, name in enumerate(names.split(), 1)}


def runs_a_year(expression: str) -> float | None:
    """On average; None for what is not understood, such as certain years.

    Source: Amazon EventBridge user guide, "Schedule types": AWS Backup takes the same expressions.
    """
    if rate := _RATE.fullmatch(expression):
        return DAYS * {"minute": 1_440, "hour": 24, "day": 1}[rate[2]] / int(rate[1])
    if not (cron := _CRON.fullmatch(expression)):
        return None
    minutes, hours, months = (
        _count(text, *span) for text, span in ((cron[1], (0, 59)), (cron[2], (0, 23)), (cron[4], (1, 12)))
    )
    days = _days(cron[3], cron[5])
    if minutes is None or hours is None or months is None or days is None:
        return None
    return minutes * hours * days * months / MONTHS


def _days(of_month: str, of_week: str) -> float | None:
    """How many days of a year, if all of its months count."""
    if of_week in ("?", "*"):
        if of_month == "?":
            of_month = "*"
        if re.fullmatch(r"L|\d+W|LW", of_month):
            return MONTHS
        found = _count(of_month, 1, 31)
        return None if found is None else found * DAYS / 31
    if of_month not in ("?", "*"):
        return None
    if re.fullmatch(r"\w+#\d|\dL", of_week):
        return MONTHS
    found = _count("SAT" if of_week == "L" else of_week, 1, 7)
    return None if found is None else found * WEEKS


def _count(text: str, lowest: int, highest: int) -> int | None:
    values: set[int] = set()
    for part in text.upper().split(","):
        found = _PART.fullmatch(part)
        if not found:
            return None
        first, last = (_number(one) for one in (found["first"], found["last"] or found["first"]))
        if found["first"] == "*":
            first, last = lowest, highest
        elif found["step"] and not found["last"]:
            last = highest
        if first is None or last is None:
            return None
        values.update(range(first, last + 1, int(found["step"] or 1)))
    return len(values)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else _NAMES.get(text)
