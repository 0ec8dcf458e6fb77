"""The docs list the faults that the drill tries."""

from __future__ import annotations

from tests.drills import listing
from tests.support import goldens


def test_the_docs_have_the_kills() -> None:
    goldens.check_part("docs/faults.md", "kills", listing.kills_table())


def test_the_docs_have_the_outages() -> None:
    goldens.check_part("docs/faults.md", "outages", listing.outages_table())


def test_the_docs_have_the_faults_of_other_drills() -> None:
    goldens.check_part("docs/faults.md", "elsewhere", listing.elsewhere_table())


def test_there_are_enough_kills() -> None:
    assert listing.kills() >= 20
