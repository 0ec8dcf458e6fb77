"""The one exception that a command ends with when the reason is known."""

from __future__ import annotations

from ops.exit_codes import ExitCode


class OpsError(Exception):
    """A failure with a known reason.

    message: one line that says what was found and what was expected.
    hint: what to do next, ideally a command; may be empty.
    code: the exit code.
    address: of the resource it is about, as Terraform names it; mostly "".
    """

    def __init__(
        self, message: str, *, hint: str = "", code: ExitCode = ExitCode.FAILED, address: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.address = address
