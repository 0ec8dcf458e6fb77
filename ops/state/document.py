"""A Terraform state (format 4), read from its bytes, or what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FORMAT = 4
"""The one format of states since Terraform 0.12."""

Step = str | int
"""A name of an attribute, a key of a map, or a place in a list."""
Path = tuple[Step, ...]

_SERIAL = re.compile(rb'"serial"\s*:\s*(\d+)')


class Damaged(Exception):
    """These bytes are no state. Its text says why, as the end of a sentence that begins with "it"."""


@dataclass(frozen=True)
class Instance:
    """One resource, or one of those behind `count` or `for_each`.

    address: as in `terraform state list`. type: such as `aws_s3_bucket`. mode: `managed` or `data`.
    sensitive: paths that the state itself marks.
    """

    address: str
    type: str
    mode: str
    provider: str
    attributes: dict[str, Any]
    sensitive: tuple[Path, ...]

    @property
    def id(self) -> str:
        """Its id on AWS; empty where it has none."""
        return str(self.attributes.get("id") or "")


@dataclass(frozen=True)
class Output:
    """An output of the stack."""

    name: str
    value: Any
    sensitive: bool


@dataclass(frozen=True)
class State:
    """serial: goes up with every write. lineage: stays from the first write on; no two states share it."""

    serial: int
    lineage: str
    terraform_version: str
    instances: tuple[Instance, ...]
    outputs: tuple[Output, ...]

    @property
    def resources(self) -> tuple[Instance, ...]:
        """What Terraform manages, without what it only reads."""
        return tuple(one for one in self.instances if one.mode == "managed")


def parse(body: bytes) -> State:
    """Raises Damaged."""
    document = _document(body)
    if (found := document.get("version")) != FORMAT:
        raise Damaged(f"has the state format {found!r}, not {FORMAT}")
    for name, type_ in (("serial", int), ("lineage", str), ("resources", list)):
        if not isinstance(document.get(name), type_):
            raise Damaged(f"is JSON but no Terraform state: {name} is {document.get(name)!r}")
    try:
        return State(
            document["serial"],
            document["lineage"],
            str(document.get("terraform_version", "")),
            tuple(_instances(document["resources"])),
            tuple(
                Output(name, output.get("value"), bool(output.get("sensitive")))
                for name, output in document.get("outputs", {}).items()
            ),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise Damaged(f"is JSON but no Terraform state: {type(error).__name__} on {error}") from error


def serial_at_the_head(body: bytes) -> int | None:
    """The serial, also of a state that is cut off behind it: it is one of the first lines."""
    found = _SERIAL.search(body[:1024])
    return int(found[1]) if found else None


def with_serial(body: bytes, serial: int) -> bytes:
    """The same state, every other byte as it is: numbers written out anew might not be the same numbers.

    Raises Damaged where its own serial cannot be found.
    """
    before = _document(body)
    for found in _SERIAL.finditer(body):
        changed = body[: found.start(1)] + str(serial).encode() + body[found.end(1) :]
        if _document(changed) == {**before, "serial": serial}:
            return changed
    raise Damaged("has no serial that could be raised")


def _document(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise Damaged("is empty")
    try:
        text = body.decode()
        document = json.loads(text)
    except UnicodeDecodeError as error:
        raise Damaged(f"is no text: byte {error.start} is none of UTF-8") from error
    except json.JSONDecodeError as error:
        raise Damaged(_why_no_json(text.rstrip(), error)) from error
    if not isinstance(document, dict):
        raise Damaged("is JSON but no Terraform state: it is no object")
    return document


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    cut_off = text.startswith("{") and (not text.endswith("}") or error.pos >= len(text))
    if cut_off:
        return f"is truncated: it ends in line {text.count(chr(10)) + 1}, in the middle"
    return f"is no JSON: {error.msg} in line {error.lineno}"


def _instances(resources: list[dict[str, Any]]) -> Iterator[Instance]:
    for resource in resources:
        data = "data." if resource["mode"] == "data" else ""
        module = f"{resource['module']}." if resource.get("module") else ""
        address = f"{module}{data}{resource['type']}.{resource['name']}"
        for instance in resource.get("instances", []):
            yield Instance(
                f"{address}{_suffix(instance)}",
                resource["type"],
                resource["mode"],
                resource.get("provider", ""),
                instance.get("attributes") or instance.get("attributes_flat") or {},
                tuple(_path(steps) for steps in instance.get("sensitive_attributes") or []),
            )


def _suffix(instance: dict[str, Any]) -> str:
    """`[0]`, `["a"]`; what a replacement could not delete yet says so."""
    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return f"{key} (deposed {instance['deposed']})" if instance.get("deposed") else key


def _path(steps: list[dict[str, Any]]) -> Path:
    """Steps are `{"type": "get_attr", "value": name}` or `{"type": "index", "value": {"value": …}}`."""
    return tuple(
        step["value"]["value"] if isinstance(step["value"], dict) else step["value"] for step in steps
    )
