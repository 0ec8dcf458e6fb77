"""The functions behind the scenes: each is started by an event of the environment, none by a user."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.consumers.error_log import ErrorLog
from constructs_lib.consumers.mail import MailConsumer
from constructs_lib.consumers.secret_age import SecretAge
from constructs_lib.consumers.stream import StreamConsumer
from constructs_lib.database import Database
from constructs_lib.email import Email
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Security
from environments import EnvironmentConfig


class Consumers(Construct):
    """Consumers of the table's stream, of mail's events, of the clock and of the application's log.

    Attributes: `functions`: id such as "stream-consumer" -> `Function`; `stream_failures_queue_url`,
    `mail_failures_queue_url`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        database: Database,
        security: Security,
        email: Email,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, id_)
        stream = StreamConsumer(
            self, "stream", config=config, database=database, security=security, log_groups=log_groups
        )
        mail = MailConsumer(
            self, "mail", config=config, email=email, security=security, log_groups=log_groups
        )
        secret_age = SecretAge(self, "secret-age", config=config, security=security, log_groups=log_groups)
        error_log = ErrorLog(self, "error-log", config=config, log_groups=log_groups)

        self.functions: dict[str, Function] = {
            consumer.function.node.id: consumer.function for consumer in (stream, mail, secret_age, error_log)
        }
        self.stream_failures_queue_url: str = stream.failures.queue_url
        self.mail_failures_queue_url: str = mail.failures.queue_url
