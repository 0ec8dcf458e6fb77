"""Configuration sets of SES, one store for both versions of the API.

Upstream, MiniStack 1.5.33: services/ses.py and services/ses_v2.py keep configuration sets each for
itself, so that v1's SendEmail does not find a set that aws_sesv2_configuration_set made. AWS has one. The
fix makes v2's store serve both. v1 knows no more of a set than its name.
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Gives v1 the store of v2, and each record what the other version reads."""
    from ministack.services import ses, ses_v2

    create_v1, create_v2 = ses._create_configuration_set, ses_v2._create_config_set
    ses._configuration_sets = ses_v2._v1_config_sets = ses_v2._config_sets

    def create_config_set(name: str, data: Any) -> Any:
        made = create_v2(name, data)
        made.update(Name=name, CreatedTimestamp=ses._iso_now())
        return made

    def create_configuration_set(params: Any) -> Any:
        answer = create_v1(params)
        if answer[0] == 200:
            create_config_set(ses._p(params, "ConfigurationSet.Name"), {})
        return answer

    ses_v2._create_config_set = create_config_set
    ses._create_configuration_set = create_configuration_set
