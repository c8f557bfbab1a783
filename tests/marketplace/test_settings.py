import stat
from pathlib import Path

import pytest

from marketplace.errors import Invalid
from marketplace.settings import Secret, Settings, signing_key


def test_everything_has_a_default() -> None:
    assert Settings.from_environment({"PATH": "/bin"}) == Settings()


def test_all_wrong_settings_are_told_at_once_and_secrets_are_not_repeated() -> None:
    environment = {
        "DATABASE_URL": "mysql://root:hunter2@db/x",
        "GREENHATCH_SMTP_PORT": "70000",
        "GREENHATCH_SMTP_STARTTLS": "perhaps",
        "GREENHATCH_MAIL_FROM": "nobody",
        "GREENHATCH_LOG_LEVEL": "loud",
        "GREENHATCH_SMPT_HOST": "typing mistake",
    }
    with pytest.raises(Invalid) as refused:
        Settings.from_environment(environment)
    assert {error.field for error in refused.value.fields} == set(environment)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(refused.value.fields)


def test_settings_are_read_and_secrets_do_not_print() -> None:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": "postgresql://app:hunter2@db/greenhatch",
            "GREENHATCH_SMTP_PORT": "25",
            "GREENHATCH_SMTP_STARTTLS": "false",
            "GREENHATCH_SECRET_KEY": "hunter3",
            "GREENHATCH_HOME": "/srv/greenhatch",
            "GREENHATCH_SMTP_HOST": "",
        }
    )
    assert (settings.smtp_port, settings.smtp_starttls, settings.smtp_host) == (25, False, None)
    assert settings.home == Path("/srv/greenhatch")
    assert settings.database_url is not None
    assert settings.database_url.reveal() == "postgresql://app:hunter2@db/greenhatch"
    assert "hunter" not in repr(settings)
    assert "hunter" not in f"{settings.secret_key}"


def test_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    assert signing_key(settings) == signing_key(settings)
    assert len(signing_key(settings)) > 40
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert signing_key(Settings(home=tmp_path, secret_key=Secret("mine"))) == b"mine"
