"""From variables and files to checked configurations, with every refusal of a run at once.

Precedence: process environment, `.env.<environment>`, `.env`, `environments/<environment>.py`, for the
generation of the table the file that a restore wrote (`generations.py`), then the defaults of the schema. An
empty value counts as not set, so that `KEY=` in a copied
`.env.example` changes nothing.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from environments import ENVIRONMENTS, env_files, generations, rules
from environments.fields import leaves, models, variables
from environments.problems import PLACEHOLDER, ConfigurationError, Problem
from environments.schema import EnvironmentConfig
from environments.settings import Rule

ENV_DIR = "SPEC_WIZARD_ENV_DIR"
"""Names the folder of the `.env` files, where that is not the project's own."""

OWN_NAME = "{environment}"
"""Stands for the environment's name in any value."""

_ROOT = Path(__file__).resolve().parent.parent
_PROCESS = "process environment"
_SET_IN = (_PROCESS, f".env.{PLACEHOLDER}", ".env", f"environments/{PLACEHOLDER}.py")
_ORIGINS = "storage.cors_origins"
_EXAMPLE_ACCOUNT_REFUSED = (
    "is the documentation's example account, allowed only where AWS_ENDPOINT_URL is on this machine"
)


@dataclass(frozen=True, slots=True)
class _Given:
    value: Any
    where: str


def load(
    name: str, *, root: Path | None = None, process_env: Mapping[str, str] | None = None
) -> EnvironmentConfig:
    """The configuration of one environment. Raises ConfigurationError with all that is wrong."""
    return load_all((name,), root=root, process_env=process_env)[name]


def load_all(
    names: Iterable[str], *, root: Path | None = None, process_env: Mapping[str, str] | None = None
) -> dict[str, EnvironmentConfig]:
    """The configurations of several environments; what is wrong with any is reported together.

    `root` is the folder of the `.env` files (default: SPEC_WIZARD_ENV_DIR, else the project's folder);
    `process_env` stands for the process environment.
    """
    sources = Sources(root, process_env)
    loaded: dict[str, EnvironmentConfig] = {}
    problems: list[Problem] = []
    for name in names:
        if name not in ENVIRONMENTS:
            problems.append(_not_selectable(name, "asked for"))
            continue
        outcome = Attempt(name, sources)
        problems += outcome.problems
        if not outcome.problems:
            loaded[name] = outcome.config()
    problems += _shared_domains(loaded)
    if problems:
        raise ConfigurationError(problems)
    return loaded


def selected(*, root: Path | None = None, process_env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The environments that ENVIRONMENT names, in the order of `ENVIRONMENTS`."""
    sources = Sources(root, process_env)
    entry = sources.process("ENVIRONMENT")
    common = sources.file(".env")
    if entry is None:
        # Only now: where the file is not needed for this, loading will report it with the rest.
        if sources.problems or common.problems:
            raise ConfigurationError([*sources.problems, *common.problems])
        entry = _from_file(common, "ENVIRONMENT")
    if entry is None:
        raise ConfigurationError([_not_selectable(None, "")])
    if entry.value == "all":
        return ENVIRONMENTS
    names = entry.value.split(",")
    wrong = [_not_selectable(name, entry.where) for name in names if name not in ENVIRONMENTS]
    if wrong:
        raise ConfigurationError(wrong)
    return tuple(name for name in ENVIRONMENTS if name in names)


def generations_file() -> Path:
    """Where the live generation of each environment's table is written down."""
    return Sources(None, None).generations_file


def is_loopback(url: str) -> bool:
    """Does this endpoint lie on this machine?"""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Sources:
    """The process environment and the `.env` files of one run, each file read once."""

    def __init__(self, root: Path | None, process_env: Mapping[str, str] | None) -> None:
        self._process_env = os.environ if process_env is None else process_env
        folder = self._process_env.get(ENV_DIR)
        self._root = root or (Path(folder) if folder else _ROOT)
        self._is_own = self._root == _ROOT
        self._files: dict[str, env_files.EnvFile] = {}
        self.is_local_aws = is_loopback(self._process_env.get("AWS_ENDPOINT_URL", ""))
        self.problems: list[Problem] = []
        if root is None and folder and not _is_folder(self._root):
            self.problems.append(
                Problem(ENV_DIR, folder, "a folder that exists", _PROCESS, None, "is not a folder")
            )
        self.generations_file = generations.file(self._root, own=self._is_own, local_aws=self.is_local_aws)
        self._generations = self._read_generations()

    def _read_generations(self) -> dict[str, Any]:
        try:
            return generations.read(self.generations_file)
        except (OSError, ValueError) as error:
            name, allowed = generations.NAME, 'a JSON object such as {"prod": 2}'
            self.problems.append(Problem(name, None, allowed, str(self.generations_file), None, str(error)))
            return {}

    def generation(self, environment: str) -> _Given | None:
        """What a restore wrote down."""
        value = self._generations.get(environment)
        return None if value is None else _Given(value, generations.NAME)

    def process(self, variable: str) -> _Given | None:
        value = self._process_env.get(variable)
        return _Given(value, _PROCESS) if value else None

    def file(self, name: str) -> env_files.EnvFile:
        if name not in self._files:
            label = name if self._is_own else ascii(str(self._root / name))[1:-1]
            self._files[name] = env_files.read(self._root / name, label, variables())
        return self._files[name]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except ValueError:  # a NUL in the path
        return False


class Attempt:
    """One environment: the values given, the values that passed, and the problems."""

    def __init__(self, name: str, sources: Sources) -> None:
        self.name = name
        own, common = sources.file(f".env.{name}"), sources.file(".env")
        self.problems: list[Problem] = [*sources.problems, *common.problems, *own.problems]
        self._given = {"environment": _Given(name, "asked for")}
        self._values: dict[str, Any] = {}
        self._check_own_file(own)
        self._collect(own, common, sources)
        for path in self._given:
            self._parse(path)
        self._check_example_account(sources)
        self._derive_origins()
        for model, prefix in models():
            for rule in model.between_fields:
                self._check(rule, prefix)

    def config(self) -> EnvironmentConfig:
        """The model; only to be asked for where there are no problems."""
        nested: dict[str, Any] = {}
        for path, value in self._values.items():
            outer, _, inner = path.rpartition(".")
            (nested.setdefault(outer, {}) if outer else nested)[inner] = value
        return EnvironmentConfig.model_validate(nested)

    def value(self, path: str) -> Any:
        """A value that passed its own rules, or None."""
        return self._values.get(path)

    def problems_of(self, paths: Iterable[str]) -> list[Problem]:
        """Those of the problems that are about these fields, or about a file."""
        named = {leaf.setting.variable for leaf in leaves().values()}
        wanted = {leaves()[path].setting.variable for path in paths}
        return [problem for problem in self.problems if problem.key in wanted or problem.key not in named]

    def refusal(self, path: str, text: str) -> Problem:
        """What is wrong with the value given for a field, as a problem."""
        return self._problem(path, text)

    def _check_own_file(self, own: env_files.EnvFile) -> None:
        """A `.env` copied to `.env.prod` still says ENVIRONMENT=dev."""
        said = own.entries.get("ENVIRONMENT")
        if said and said.value not in ("", self.name):
            text = f"stands in the file of {self.name}"
            allowed = f"{self.name}, or leave it out"
            self.problems.append(Problem("ENVIRONMENT", said.value, allowed, said.where, self.name, text))

    def _check_example_account(self, sources: Sources) -> None:
        """Not a rule of the model: it depends on the run, not on the configuration."""
        if self._values.get("aws_account_id") == rules.EXAMPLE_ACCOUNT and not sources.is_local_aws:
            self._refuse("aws_account_id", _EXAMPLE_ACCOUNT_REFUSED)
            del self._values["aws_account_id"]  # no rule between fields is to be told of it as well

    def _collect(self, own: env_files.EnvFile, common: env_files.EnvFile, sources: Sources) -> None:
        in_code = self._read_code()
        for path, leaf in leaves().items():
            if path in self._given:
                continue
            variable = leaf.setting.variable
            given = (
                sources.process(variable)
                or _from_file(own, variable)
                or _from_file(common, variable)
                or in_code.get(path)
                or (sources.generation(self.name) if path == generations.PATH else None)
            )
            if given:
                self._given[path] = _for_environment(given, self.name)
            elif not leaf.field.is_required():
                self._given[path] = _for_environment(_Given(leaf.field.default, "the default"), self.name)
            elif path != _ORIGINS:
                self._refuse(path, "is not set")

    def _read_code(self) -> dict[str, _Given]:
        where = f"environments/{self.name}.py"
        found: dict[str, _Given] = {}
        self._origins_without_domain: _Given | None = None
        for path, value in _flat(import_module(f"environments.{self.name}").CONFIG):
            if path == f"{_ORIGINS}_without_domain":
                self._origins_without_domain = _Given(value, where)
            elif path in leaves() and path != "environment":
                found[path] = _Given(value, where)
            else:
                self.problems.append(Problem(path, None, "", where, self.name, "is not a setting"))
        return found

    def _derive_origins(self) -> None:
        """Not set: the domain's own origin; without a domain what the environment keeps for that case."""
        if _ORIGINS in self._given or "domain_name" not in self._values:
            return
        domain = self._values["domain_name"]
        if domain:
            self._given[_ORIGINS] = _Given((f"https://{domain}",), "from DOMAIN_NAME")
        elif self._origins_without_domain:
            self._given[_ORIGINS] = self._origins_without_domain
        else:
            self._refuse(_ORIGINS, "is not set, and neither is DOMAIN_NAME, from which it would follow")
            return
        self._parse(_ORIGINS)

    def _parse(self, path: str) -> None:
        given = self._given[path]
        try:
            self._values[path] = leaves()[path].parse(given.value)
        except ValidationError as error:
            for found in error.errors(include_url=False):
                reason = found.get("ctx", {}).get("error")
                # Other kinds of error carry pydantic's words; what is allowed says enough.
                text = str(reason) if isinstance(reason, ValueError) else "is not allowed"
                self._refuse(path, text, found["input"] if found["loc"] else given.value)

    def _check(self, rule: Rule, prefix: str) -> None:
        paths = [prefix + field for field in rule.fields]
        if all(path in self._values for path in paths):
            text = rule.check(*(self._values[path] for path in paths))
            if text:
                self._refuse(paths[0], text)

    def _refuse(self, path: str, text: str, value: Any = None) -> None:
        self.problems.append(self._problem(path, text, value))

    def _problem(self, path: str, text: str, value: Any = None) -> Problem:
        given = self._given.get(path)
        setting = leaves()[path].setting
        if value is None and given:
            value = given.value
        where = given.where if given and value is not None else ""
        return Problem(setting.variable, value, setting.allowed, where, self.name, text, _SET_IN)


def _shared_domains(configs: Mapping[str, EnvironmentConfig]) -> Iterator[Problem]:
    """CloudFront takes an alias for one distribution in the world, API Gateway a domain for one API."""
    owners: dict[str, str] = {}
    for name, config in configs.items():
        used = {
            "domain_name": config.domain_name if config.enable_cloudfront else None,
            "chat.domain_name": config.chat.domain_name,
        }
        for path, domain in used.items():
            if domain and (owner := owners.setdefault(domain, name)) != name:
                setting = leaves()[path].setting
                text = f"is {owner}'s already; for example {OWN_NAME}.{domain} differs for each"
                yield Problem(setting.variable, domain, setting.allowed, "", name, text, _SET_IN)


def _for_environment(given: _Given, name: str) -> _Given:
    """One line of a common file may serve every environment: {environment} stands for the name."""
    if not isinstance(given.value, str):
        return given
    return _Given(given.value.replace(OWN_NAME, name), given.where)


def _from_file(file: env_files.EnvFile, variable: str) -> _Given | None:
    entry = file.entries.get(variable)
    return _Given(entry.value, entry.where) if entry and entry.value else None


def _not_selectable(value: str | None, where: str) -> Problem:
    allowed = leaves()["environment"].setting.allowed
    text = "is not set" if value is None else "is not an environment"
    return Problem("ENVIRONMENT", value, allowed, where, None, text, (_PROCESS, ".env"))


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
