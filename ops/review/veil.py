"""What must not be shown, hidden wherever it turns up: in values, keys, addresses, messages and findings."""

from __future__ import annotations

import base64
import dataclasses
import html.entities
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

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
        # The longest first: another one may be a part of it.
        longest_first = sorted(
            (one for one in known if len(one) >= ANYWHERE), key=lambda one: (-len(one), one)
        )
        forms = dict.fromkeys(form for secret in longest_first for form in _forms(secret))
        self._within = re.compile("|".join(forms)) if forms else None
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
        if isinstance(value, int | float) and not isinstance(value, bool):
            return masking.SENSITIVE if str(value) in self._whole else value
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
    """Patterns of a secret: each of its characters as it is, or escaped in any way; and in base64."""
    yield "".join(map(_character, re.findall(r"\\+|.", secret, re.DOTALL)))
    whole = secret.encode("utf-8", "surrogatepass")
    yield f"{_base64(base64.b64encode(whole).decode().rstrip('='))}=*"
    for before in range(3):  # bytes of something else in the first three
        shown = base64.b64encode(b"\0" * before + whole).decode()
        start, end = -(-before * 8 // 6), len(whole) + before
        if len(core := shown[start : end * 8 // 6]) >= ANYWHERE:
            yield _base64(core)


def _base64(text: str) -> str:
    """The pattern of a text in base64, in its alphabet for addresses as well."""
    return re.escape(text).replace(r"\+", "[+-]").replace("/", r"(?:\\*/|_)")


@lru_cache(maxsize=1_024)
def _character(one: str) -> str:
    """The pattern of a character in JSON (however often that is in JSON), HTML and addresses of the web.

    Backslashes in a row are one, from the first on: else they would match the same in very many ways.
    """
    if one.isascii() and one.isalnum():
        return one
    if one.startswith("\\"):
        return r"(?<!\\)(?:\\+|(?i:\\+u005c|%5c|&#0*92;)+)"
    number = ord(one)
    forms = [rf"\\*{re.escape(one)}"]
    in_json = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
    if one in in_json:
        forms.append(rf"\\+{in_json[one]}")
    units = one.encode("utf-16-be", "surrogatepass").hex()
    forms.append("".join(rf"\\+u{units[at : at + 4]}" for at in range(0, len(units), 4)))
    forms.append("".join(f"%{byte:02x}" for byte in one.encode("utf-8", "surrogatepass")))
    forms += [f"&(?:amp;)*#0*{number};", f"&(?:amp;)*#x0*{number:x};", *(["[+]"] if one == " " else [])]
    forms += [f"&(?:amp;)*{name};" for name, meant in html.entities.name2codepoint.items() if meant == number]
    forms += [r"&(?:amp;)*apos;"] if one == "'" else []
    return f"(?i:{'|'.join(forms)})"
