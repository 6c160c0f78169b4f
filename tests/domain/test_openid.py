"""What a provider answers, and what of that is believed. It really answers, over HTTP."""

import logging
import time
from typing import Any

import flask
import pytest
from joserfc.jwk import KeySet, RSAKey

from domain import openid
from domain.identities import Ending, SignInEnded, Told
from domain.openid import Provider
from domain.providers import Secrets, new_secrets
from tests.provider import JANE, LocalProvider, query_of

WAY_BACK = "http://muster.test/login/surf/callback"


@pytest.fixture
def provider(local_provider: LocalProvider) -> Provider:
    local_provider.knows("jane", **JANE)
    return Provider(local_provider.settings())


def told(provider: Provider, local_provider: LocalProvider, **answer: str) -> Told:
    """Of Jane, who signs in and comes back; `answer`: with something else."""
    chosen = new_secrets()
    way = local_provider.way_back(provider.address(WAY_BACK, chosen))
    return provider.told({**query_of(way), **answer}, WAY_BACK, chosen)


def ending(provider: Provider, local_provider: LocalProvider, **answer: str) -> Ending:
    with pytest.raises(SignInEnded) as ended:
        told(provider, local_provider, **answer)
    return ended.value.ending


def test_it_tells_who_has_signed_in(provider: Provider, local_provider: LocalProvider) -> None:
    expected = Told(local_provider.issuer, "jane", "jane@example.org", is_verified=True, name="Jane Doe")
    assert told(provider, local_provider) == expected


def test_what_the_token_leaves_out_is_asked_for(provider: Provider, local_provider: LocalProvider) -> None:
    local_provider.claims = {"email": None, "email_verified": None, "name": None}
    assert told(provider, local_provider).email == "jane@example.org"
    assert told(provider, local_provider).is_verified


def test_what_is_told_of_another_person_is_not_believed(provider: Provider, local_provider: LocalProvider) -> None:
    local_provider.claims = {"email": None}
    local_provider.faults["/userinfo"] = lambda: {"sub": "somebody else", **JANE}
    assert ending(provider, local_provider) is Ending.MISTAKEN


def test_it_is_asked_for_itself_and_its_keys_once(provider: Provider, local_provider: LocalProvider) -> None:
    told(provider, local_provider)
    local_provider.faults = {"/.well-known/openid-configuration": unavailable, "/jwks": unavailable}
    told(provider, local_provider)


def test_after_a_while_it_is_asked_again(
    provider: Provider, local_provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "_KEPT", 0)
    told(provider, local_provider)
    local_provider.faults = {"/.well-known/openid-configuration": unavailable}
    with pytest.raises(SignInEnded):
        provider.address(WAY_BACK, new_secrets())


def test_when_it_has_changed_its_keys_they_are_asked_for_anew(
    provider: Provider, local_provider: LocalProvider
) -> None:
    local_provider.faults["/jwks"] = lambda: KeySet([RSAKey.generate_key(2048)]).as_dict()
    assert ending(provider, local_provider) is Ending.MISTAKEN
    local_provider.faults = {}
    assert told(provider, local_provider).subject == "jane"


# What is not believed.


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": "another", "azp": "muster"},
        {"aud": ["another", "one more"], "azp": "muster"},
        {"aud": ["muster", "another"], "azp": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"at_hash": "another"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(
    provider: Provider, local_provider: LocalProvider, claims: dict[str, Any]
) -> None:
    local_provider.claims = claims
    assert ending(provider, local_provider) is Ending.MISTAKEN


def test_a_token_that_somebody_else_has_signed_is_not_believed(
    provider: Provider, local_provider: LocalProvider
) -> None:
    local_provider.key = RSAKey.generate_key(2048)
    assert ending(provider, local_provider) is Ending.MISTAKEN


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.", 7, None])
def test_what_is_no_signed_token_is_not_believed(
    provider: Provider, local_provider: LocalProvider, token: object
) -> None:
    local_provider.faults["/oauth2/token"] = lambda: {"access_token": "a", "token_type": "Bearer", "id_token": token}
    assert ending(provider, local_provider) is Ending.MISTAKEN


def test_clocks_may_differ_a_little(provider: Provider, local_provider: LocalProvider) -> None:
    local_provider.claims = {"iat": int(time.time()) + 30, "exp": int(time.time()) - 30}
    assert told(provider, local_provider).subject == "jane"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://evil.example"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_says_something_else_of_itself_is_not_asked(
    provider: Provider, local_provider: LocalProvider, metadata: dict[str, Any]
) -> None:
    right = {
        "issuer": local_provider.issuer,
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "https://example.org"),
    }
    local_provider.faults["/.well-known/openid-configuration"] = lambda: right | metadata
    with pytest.raises(SignInEnded) as ended:
        provider.address(WAY_BACK, new_secrets())
    assert ended.value.ending is Ending.MISTAKEN


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"error": "access_denied"}, Ending.CANCELLED),
        ({"error": "temporarily_unavailable"}, Ending.AWAY),
        ({"error": "invalid_scope"}, Ending.MISTAKEN),
        ({"iss": "https://evil.example"}, Ending.MISTAKEN),
        ({"code": "another"}, Ending.MISTAKEN),
        ({"code": ""}, Ending.MISTAKEN),
    ],
)
def test_an_answer_without_the_code_ends_the_sign_in(
    provider: Provider, local_provider: LocalProvider, answer: dict[str, str], expected: Ending
) -> None:
    assert ending(provider, local_provider, **answer) is expected


@pytest.mark.parametrize("error", ["invalid_client", "a\nb", 5, None, ["x"], {}])
def test_a_refusal_of_the_code_ends_the_sign_in(
    provider: Provider, local_provider: LocalProvider, error: object
) -> None:
    local_provider.faults["/oauth2/token"] = lambda: ({"error": error, "error_description": 7}, 400)
    assert ending(provider, local_provider) is Ending.MISTAKEN


# When it is away.


def unavailable() -> Any:
    return "<h1>Service unavailable</h1>", 503


ANSWERS = {
    "unavailable": unavailable,
    "no JSON": lambda: "<h1>Welcome</h1>",
    "no object": lambda: flask.jsonify([1]),
    "too late": lambda: time.sleep(1) or unavailable(),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks", "/userinfo"])
def test_a_provider_that_does_not_answer_is_away(
    local_provider: LocalProvider, provider: Provider, path: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "_PATIENCE", (0.5, 0.5))
    local_provider.claims = {"email": None}
    local_provider.faults[path] = ANSWERS[answer]
    assert ending(provider, local_provider) is Ending.AWAY


def test_a_provider_that_is_nowhere_is_away(local_provider: LocalProvider) -> None:
    nowhere = Provider(local_provider.settings(issuer="http://localhost:1"))
    with pytest.raises(SignInEnded) as ended:
        nowhere.address(WAY_BACK, new_secrets())
    assert ended.value.ending is Ending.AWAY


# How we prove who we are, and what is logged.


def test_our_secret_goes_into_the_form_only_where_the_provider_asks_for_that(
    provider: Provider, local_provider: LocalProvider
) -> None:
    told(provider, local_provider)
    assert "client_secret" not in local_provider.asked["/oauth2/token"]
    here = local_provider.issuer
    local_provider.faults["/.well-known/openid-configuration"] = lambda: {
        "issuer": here,
        "authorization_endpoint": f"{here}/oauth2/authorize",
        "token_endpoint": f"{here}/oauth2/token",
        "jwks_uri": f"{here}/jwks",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }
    told(Provider(local_provider.settings()), local_provider)
    assert local_provider.asked["/oauth2/token"]["client_secret"] == "not told"


def test_the_log_says_what_is_wrong_and_nothing_that_was_sent(
    provider: Provider, local_provider: LocalProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "domain")
    local_provider.claims = {"aud": "another"}
    chosen = new_secrets()
    answer = query_of(local_provider.way_back(provider.address(WAY_BACK, chosen)))
    with pytest.raises(SignInEnded):
        provider.told(answer, WAY_BACK, chosen)
    [said] = [record.getMessage() for record in caplog.records if record.name == "domain.openid"]
    assert local_provider.issuer in said
    assert "'aud'" in said
    assert not any(secret in said for secret in (*chosen, answer["code"], "not told"))


def test_secrets_are_never_the_same() -> None:
    assert not set(new_secrets()) & set(new_secrets())
    assert len(Secrets(*new_secrets()).verifier) >= 43
