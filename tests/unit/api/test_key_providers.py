"""Which providers the settings compose."""

import os
from pathlib import Path

import pytest

from api.key_providers import providers_of
from api.settings import Settings, SettingsError, read_settings


def settings(tmp_path: Path, **given: object) -> Settings:
    return read_settings(data_folder=tmp_path, keys_folder=tmp_path / "keys", **given)


TOKEN = {"pkcs11_module": "libtoken.so", "pkcs11_token": "clés"}


def names(settings: Settings) -> list[str]:
    return [provider.name for provider in providers_of(settings).all]


def test_files_are_what_there_is_when_nothing_is_said(tmp_path: Path) -> None:
    assert names(settings(tmp_path)) == ["file"]


def test_a_token_that_is_named_is_known(tmp_path: Path) -> None:
    assert names(settings(tmp_path, **TOKEN)) == ["file", "pkcs11"]


def test_the_files_still_open_what_they_made_before_the_token_came(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()

    assert names(settings(tmp_path, provider="pkcs11", **TOKEN)) == ["pkcs11", "file"]


def test_a_folder_that_is_gone_is_not_asked_for(tmp_path: Path) -> None:
    assert names(settings(tmp_path, provider="pkcs11", **TOKEN)) == ["pkcs11"]


def test_the_same_settings_share_what_a_secret_opened(tmp_path: Path) -> None:
    first, again = (providers_of(settings(tmp_path, **TOKEN)) for _ in range(2))

    assert all(one is other for one, other in zip(first.all, again.all, strict=True))
    assert providers_of(settings(tmp_path / "elsewhere", **TOKEN)).current is not first.current


def test_replicas_are_separated_as_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILLAGE_KEYS_REPLICAS", os.pathsep.join(["/mnt/one", "/mnt/two"]))

    assert settings(tmp_path).keys_replicas == (Path("/mnt/one"), Path("/mnt/two"))


@pytest.mark.parametrize("given", [{"provider": "pkcs11"}, {"pkcs11_module": "libtoken.so"}, {"pkcs11_token": "clés"}])
def test_half_a_token_is_refused(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="SILLAGE_PKCS11"):
        settings(tmp_path, **given)
