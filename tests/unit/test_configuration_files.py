"""`.env` files that are broken, misspelt or copied, and `.env.example` against the schema."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from environments import ENVIRONMENTS, ConfigurationError, load, load_all, selected
from environments.fields import leaves, variables

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
REQUIRED = ("ENVIRONMENT", "AWS_ACCOUNT_ID", "AWS_REGION", "SES_FROM_EMAIL", "ALERT_EMAIL")
GOOD = {
    "AWS_ACCOUNT_ID": "111122223333",
    "AWS_REGION": "eu-central-1",
    "SES_FROM_EMAIL": "noreply@flowency.build",
    "ALERT_EMAIL": "alerts@flowency.build",
}


def problems(folder: Path, content: str | bytes, name: str = ".env") -> list[str]:
    """What is wrong when this is the file's content; the folder's path is left out."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        load("dev", root=folder, process_env=GOOD)
    except ConfigurationError as error:
        return [f"{p.key} {p.message} [{p.where}]".replace(f"{folder}/", "") for p in error.problems]
    return []


class TestBrokenFiles:
    @pytest.mark.parametrize("name", [".env", ".env.dev"])
    @pytest.mark.parametrize(
        ("content", "line"),
        [
            ("AWS_REGION\n", 1),
            ("# one\n\nAWS_REGION eu-central-1\n", 3),
            ('S3_VERSIONING=true\nS3_ACCESS_LOGS="true\n', 2),
            ("S3_VERSIONING=true\r\n\r\n=true\r\n", 3),
            ('S3_VERSIONING="true" false\n', 1),
        ],
        ids=repr,
    )
    def test_a_line_that_is_none_is_named(self, tmp_path: Path, name: str, content: str, line: int) -> None:
        assert f"{name}, line {line} is not KEY=value []" in problems(tmp_path, content, name)

    def test_a_broken_line_is_not_shown_for_it_may_hold_a_secret(self, tmp_path: Path) -> None:
        assert "hunter2" not in str(problems(tmp_path, 'OPENAI_API_KEY="hunter2\n'))

    @pytest.mark.parametrize("content", [b"AWS_REGION=\xff\xfe\n", "AWS_REGION=x".encode("utf-16")])
    def test_not_utf_8(self, tmp_path: Path, content: bytes) -> None:
        assert problems(tmp_path, content) == [".env is not UTF-8 text []"]

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / ".env").mkdir()
        with pytest.raises(ConfigurationError, match=r"\.env cannot be read: Is a directory"):
            load("dev", root=tmp_path, process_env=GOOD)

    def test_not_permitted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "read_bytes", forbidden)
        with pytest.raises(ConfigurationError, match=r"\.env\.dev cannot be read: Permission denied"):
            load("dev", root=tmp_path, process_env=GOOD)

    def test_a_broken_common_file_is_told_once(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("nonsense\n")
        with pytest.raises(ConfigurationError, match="has 1 problem") as caught:
            load_all(
                ("dev", "staging"),
                root=tmp_path,
                process_env={
                    **GOOD,
                    "DOMAIN_NAME": "{environment}.a.example.com",
                    "ENABLE_CLOUDFRONT": "off",
                },
            )
        assert len(caught.value.problems) == 1

    def test_a_variable_set_twice(self, tmp_path: Path) -> None:
        twice = "S3_VERSIONING=true\nS3_VERSIONING=false\n"
        assert problems(tmp_path, twice) == [".env, line 2 sets S3_VERSIONING again, to another value []"]
        assert not problems(tmp_path, "S3_VERSIONING=true\nS3_VERSIONING=true\n")

    def test_a_file_copied_from_another_environment(self, tmp_path: Path) -> None:
        wrong = problems(tmp_path, "ENVIRONMENT=prod\n", ".env.dev")
        assert wrong == ["ENVIRONMENT stands in the file of dev [.env.dev, line 1]"]
        assert not problems(tmp_path, "ENVIRONMENT=dev\n", ".env.dev")


class TestGoodFiles:
    @pytest.mark.parametrize(
        "content",
        [
            "",
            "# nothing\n\n",
            "export S3_LIFECYCLE_DAYS=60\n",
            "\ufeffS3_LIFECYCLE_DAYS=60\r\n",
            'S3_LIFECYCLE_DAYS="60" # quoted\n',
            "S3_LIFECYCLE_DAYS='60'\n",
            "S3_LIFECYCLE_DAYS = 60   # spaces around are not part of the value\n",
            "DYNAMODB_TABLE_NAME=x\nS3_BUCKET_NAME=x\nCLOUDFRONT_DOMAIN=x\nWEBSOCKET_URL=x\n",
            "AWS_PROFILE=x\nAWS_ENDPOINT_URL=x\nAWS_DEFAULT_REGION=x\nAWS_ACCESS_KEY_ID=x\n",
            "AWS_SECRET_ACCESS_KEY=x\nAWS_SESSION_TOKEN=x\nOPENAI_API_KEY=x\nTERRAFORM_BINARY_NAME=x\n",
        ],
        ids=repr,
    )
    def test_are_read_without_a_word(self, tmp_path: Path, content: str) -> None:
        assert problems(tmp_path, content) == []
        days = load("dev", root=tmp_path, process_env=GOOD).storage.lifecycle_days
        assert days == (60 if "LIFECYCLE" in content else 90)

    def test_nothing_is_interpolated(self, tmp_path: Path) -> None:
        assert problems(tmp_path, "DOMAIN_NAME=${AWS_REGION}.example.com\n") == [
            "DOMAIN_NAME is not a domain name [.env, line 1]"
        ]


class TestMisspelling:
    @pytest.mark.parametrize(
        ("key", "meant"),
        [
            ("DYNAMO_BILLING_MODE", "DYNAMODB_BILLING_MODE"),
            ("AWS_ACOUNT_ID", "AWS_ACCOUNT_ID"),
            ("aws_region", "AWS_REGION"),
            ("DELETE_PROTECTION", "DELETION_PROTECTION"),
            ("CORS_ORIGIN", "CORS_ORIGINS"),
            ("S3_LIFECYCLE_DAY", "S3_LIFECYCLE_DAYS"),
        ],
    )
    def test_in_a_file_is_a_problem(self, tmp_path: Path, key: str, meant: str) -> None:
        wrong = problems(tmp_path, f"\n{key}=secret\n")
        assert wrong == [f"{key} is not a variable: did you mean {meant}? [.env, line 2]"]

    def test_in_the_process_environment_is_nobodys_business(self, tmp_path: Path) -> None:
        assert load("dev", root=tmp_path, process_env={**GOOD, "DYNAMO_BILLING_MODE": "x"})

    def test_is_never_shown_raw(self, tmp_path: Path) -> None:
        wrong = problems(tmp_path, "AWS_REGION\x1b=x\n")
        assert wrong == ["'AWS_REGION\\x1b' is not a variable: did you mean AWS_REGION? [.env, line 1]"]


def words(text: str) -> str:
    """Comments unwrapped to one line."""
    return " ".join(re.sub(r"^#\s*", "", text, flags=re.MULTILINE).split())


def described() -> dict[str, str]:
    """Variable to the comment above it, in the order of `.env.example`."""
    found = {}
    for block in EXAMPLE.read_text(encoding="utf-8").split("\n\n"):
        *comment, last = block.strip().splitlines()
        match = re.fullmatch(r"#?([A-Z0-9_]+)=\S*", last)
        if match:
            found[match[1]] = words("\n".join(comment))
    return found


def default(environment: str, path: str) -> object:
    value: object = import_module(f"environments.{environment}").CONFIG
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return leaves()[path].field.default
        value = value[part]
    return value


class TestExample:
    def test_has_every_variable_and_no_other(self) -> None:
        assert set(described()) == variables()
        assigned = re.findall(r"^#?([A-Z0-9_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted(assigned) == sorted(variables())

    def test_begins_with_the_required_ones_and_sets_no_other(self) -> None:
        assert tuple(described())[: len(REQUIRED)] == REQUIRED
        assigned = re.findall(r"^([A-Z0-9_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
        assert tuple(assigned) == REQUIRED

    @pytest.mark.parametrize("path", leaves())
    def test_says_what_the_schema_says(self, path: str) -> None:
        setting = leaves()[path].setting
        text = described()[setting.variable]
        assert setting.purpose in text
        assert f"allowed: {setting.allowed}" in text
        if setting.variable in REQUIRED:
            assert "default: none, required" in text
        elif setting.variable != "CORS_ORIGINS":  # follows from DOMAIN_NAME, tested with the loading
            values = [str(default(name, path)) for name in ENVIRONMENTS]
            values = ["none" if v == "()" else v for v in values]
            values = [v.lower() if v in ("True", "False", "None") else v for v in values]
            per_environment = ", ".join(
                f"{v} in {name}" for v, name in zip(values, ENVIRONMENTS, strict=True)
            )
            assert f"default: {values[0] if len(set(values)) == 1 else per_environment}" in text

    def test_its_examples_are_allowed(self, tmp_path: Path) -> None:
        examples = {leaf.setting.variable: leaf.setting.example for leaf in leaves().values()}
        examples["AWS_ENDPOINT_URL"] = "http://localhost:4566"
        for name in ENVIRONMENTS:
            assert load(name, root=tmp_path, process_env=examples)
        text = EXAMPLE.read_text(encoding="utf-8")
        for leaf in leaves().values():
            assert leaf.setting.example in text

    def test_a_copy_deploys_nowhere_and_says_what_to_fill_in(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes(EXAMPLE.read_bytes())
        assert selected(root=tmp_path, process_env={}) == ("dev",)
        for local in ({}, {"AWS_ENDPOINT_URL": "http://localhost:4566"}):
            with pytest.raises(ConfigurationError) as caught:
                load("dev", root=tmp_path, process_env=local)
            assert [p.key for p in caught.value.problems] == list(REQUIRED[1:])
