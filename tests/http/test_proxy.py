"""Addresses behind a proxy: believed exactly as far as the operator says."""

from __future__ import annotations

from flask import Flask, request


def address_seen(app: Flask, forwarded: str) -> str:
    seen: list[str] = []
    app.before_request(lambda: seen.append(request.remote_addr or ""))
    app.test_client().get("/livez", headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    return seen[0]


def test_without_a_proxy_nobodys_word_for_an_address_is_taken(fresh_app) -> None:  # type: ignore[no-untyped-def]  # fixture
    assert address_seen(fresh_app(), "203.0.113.9") == "10.0.0.1"


def test_one_proxy_is_believed_and_what_it_was_told_is_not(fresh_app) -> None:  # type: ignore[no-untyped-def]  # fixture
    assert address_seen(fresh_app(trusted_proxies=1), "1.1.1.1, 203.0.113.9") == "203.0.113.9"
