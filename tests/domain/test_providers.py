"""How providers of sign-in are configured, and what a mistake in that is answered with."""

import pytest

from domain.providers import Settings, SettingsError, is_safe, read

ALONE = {
    "OIDC_ISSUER": "https://connect.surfconext.nl",
    "OIDC_CLIENT_ID": "muster",
    "OIDC_CLIENT_SECRET": "not told",
    "OIDC_NAME": "SURFconext",
}
GOOGLE = {
    "OIDC_GOOGLE_ISSUER": "https://accounts.google.com",
    "OIDC_GOOGLE_CLIENT_ID": "muster.apps",
    "OIDC_GOOGLE_CLIENT_SECRET": "not told",
    "OIDC_GOOGLE_NAME": "Google",
}


def test_without_settings_there_is_no_provider() -> None:
    assert read({"SECRET_KEY": "x"}) == []


def test_a_single_provider_needs_four_settings() -> None:
    expected = Settings("oidc", "SURFconext", "https://connect.surfconext.nl", "muster", "not told")
    assert read(ALONE) == [expected]
    assert expected.scopes == "openid profile email"
    assert "not told" not in repr(expected)


def test_several_are_listed_by_name() -> None:
    surf = {name.replace("OIDC_", "OIDC_SURF_"): value for name, value in ALONE.items()}
    named = read({"OIDC_PROVIDERS": "surf, Google", **surf, **GOOGLE})
    assert [(one.key, one.name) for one in named] == [("surf", "SURFconext"), ("google", "Google")]


def test_the_one_without_a_name_comes_first() -> None:
    assert [one.key for one in read({"OIDC_PROVIDERS": "google", **ALONE, **GOOGLE})] == ["oidc", "google"]


def test_other_scopes_may_be_asked_for() -> None:
    assert read({**ALONE, "OIDC_SCOPES": "openid email"})[0].scopes == "openid email"


@pytest.mark.parametrize("name", ALONE)
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"Set also: {name}$"):
        read({other: value for other, value in ALONE.items() if other != name})


def test_what_is_missing_of_a_listed_one_is_named_too() -> None:
    with pytest.raises(SettingsError, match="OIDC_SURF_ISSUER, OIDC_SURF_CLIENT_ID"):
        read({"OIDC_PROVIDERS": "surf", **ALONE})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"OIDC_ISSUER": "http://connect.surfconext.nl"}, "OIDC_ISSUER must begin with https://"),
        ({"OIDC_ISSUER": "connect.surfconext.nl"}, "OIDC_ISSUER must begin with https://"),
        ({"OIDC_ISSUER": "https://"}, "OIDC_ISSUER must begin with https://"),
        ({"OIDC_ISSUER": "https://a.example/?tenant=b"}, "OIDC_ISSUER is not the address of an issuer"),
        ({"OIDC_ISSUER": "https://a.example/" + "x" * 255}, "OIDC_ISSUER is not the address of an issuer"),
        ({"OIDC_SCOPES": "profile email"}, "OIDC_SCOPES must have “openid” among them"),
        ({"OIDC_PROVIDERS": "surf conext!"}, "OIDC_PROVIDERS names “conext!”"),
        ({"OIDC_PROVIDERS": "google", **GOOGLE, "OIDC_GOOGLE_ISSUER": ALONE["OIDC_ISSUER"]}, "have the same issuer"),
    ],
)
def test_a_mistake_is_named(given: dict[str, str], said: str) -> None:
    surf = {name.replace("OIDC_", "OIDC_SURF_"): "https://x.example" for name in ALONE}
    with pytest.raises(SettingsError, match=said):
        read({**ALONE, **surf, **given})


@pytest.mark.parametrize("url", ["https://a.example/x", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"])
def test_https_is_safe_and_so_is_this_machine(url: str) -> None:
    assert is_safe(url)


@pytest.mark.parametrize(
    "url", ["http://a.example", "http://localhost.evil.example", "ftp://localhost", "//a", "", None]
)
def test_nothing_else_is(url: object) -> None:
    assert not is_safe(url)
