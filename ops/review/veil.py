"""What must not be shown, hidden wherever it turns up: in values, keys, addresses, messages and findings."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from ops.plans import masking
from ops.plans.document import PlanDocument
from ops.review import values

T = TypeVar("T")

ANYWHERE = 8
"""Characters of a secret that is looked for within texts; a shorter one only hides a text that it is."""


class Veil:
    """Hides the secrets that a plan marks, and what looks like one.

    Everything that is shown of a plan goes through here before it is cut, escaped or coloured.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        marked = frozenset(secrets)
        # Errors and what gates tell have lost what looks like a secret before they come here.
        known = marked | {masking.without_secrets(secret) for secret in marked}
        self._whole = known
        forms = {form for secret in known if len(secret) >= ANYWHERE for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._within = re.compile("|".join(longest_first)) if longest_first else None
        self._texts: dict[str, str] = {}

    @classmethod
    def of(cls, plan: PlanDocument | None) -> Veil:
        """For everything that is said of this plan."""
        return cls(plan.secrets if plan else ())

    def text(self, text: str) -> str:
        """The text without what must not be shown. The same texts come again and again: tags, regions."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._hidden(text)
        return found

    def line(self, text: str) -> str:
        """The same in one line, with what a terminal would obey spelt out."""
        return values.visible(self.text(text))

    def lines(self, text: str) -> tuple[str, ...]:
        """The same, line by line: hidden first, as a secret may go over several."""
        return tuple(map(values.visible, self.text(text).splitlines()))

    def _hidden(self, text: str) -> str:
        return masking.without_secrets(self.known(text))

    def known(self, text: str) -> str:
        """Without what the plan marks alone, for values that are hidden by their look afterwards."""
        if text in self._whole:
            return masking.SENSITIVE
        return self._within.sub(masking.SENSITIVE, text) if self._within else text

    def value(self, value: Any) -> Any:
        """A value of JSON, at any depth, its keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(member) for member in value]
        return value

    def over(self, shown: T) -> T:
        """Dataclasses, tuples and dicts with every text in them as `line` has it."""
        return self._over(shown)  # type: ignore[no-any-return]

    def _over(self, shown: Any) -> Any:
        if type(shown) is str:  # not an enum that is a text as well
            return self.line(shown)
        if isinstance(shown, tuple):
            return tuple(self._over(member) for member in shown)
        if isinstance(shown, dict):
            return {self._over(key): self._over(member) for key, member in shown.items()}
        if dataclasses.is_dataclass(shown) and not isinstance(shown, type):
            changed = {
                one.name: self._over(getattr(shown, one.name))
                for one in dataclasses.fields(shown)
                if one.init and getattr(shown, one.name)
            }
            return dataclasses.replace(shown, **changed)
        return shown


def _forms(secret: str) -> Iterator[str]:
    """Patterns of a secret: as it is, in addresses of the web, and in JSON, however often that is in JSON."""
    yield re.escape(secret)
    yield re.escape(quote(secret, safe=""))
    for plain in (True, False):
        escaped = json.dumps(secret, ensure_ascii=plain)[1:-1]
        yield r"\\+".join(map(re.escape, re.split(r"\\+", escaped)))
