from __future__ import annotations

import re

from pulumi_nao.simulator import Simulator

from .wire import KEY, PUBLISH_910, publish, send


def test_a_publication_is_answered_with_303_and_the_jobs_absolute_url(nao):
    received = publish(nao)
    assert received.status == 303
    assert received.headers["location"] == f"{nao.url}/api/v2/background_jobs/48145"


def test_the_303_has_the_documented_headers(nao):
    headers = publish(nao).headers
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers.pop("x-request-id"))
    assert re.fullmatch(r"[0-9]+\.[0-9]{6}", headers.pop("x-runtime"))
    assert re.fullmatch(r"pulumi_nao-simulator/.+", headers.pop("server"))
    assert headers == {
        "date": "Mon, 13 Nov 2023 19:50:57 GMT",
        "location": f"{nao.url}/api/v2/background_jobs/48145",
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "vary": "Origin,Accept-Encoding",
        "transfer-encoding": "chunked",
        "connection": "close",
        "x-frame-options": "SAMEORIGIN",
        "x-content-type-options": "nosniff",
    }


def test_the_body_of_the_303_is_html_with_the_location(nao):
    location = f"{nao.url}/api/v2/background_jobs/48145"
    expected = f'<html><body>You are being <a href="{location}">redirected</a>.</body></html>'
    assert publish(nao).body.decode() == expected


def test_the_location_names_the_host_that_the_client_asked_for(nao):
    received = publish(nao, headers={"Host": "nao.test:8080"})
    assert received.headers["location"] == "http://nao.test:8080/api/v2/background_jobs/48145"


def test_a_host_that_is_none_does_not_get_into_the_location(nao):
    received = publish(nao, headers={"Host": "<b>/é"})
    assert received.headers["location"] == f"{nao.url}/api/v2/background_jobs/48145"


def test_a_client_of_http_1_0_gets_no_chunks(raw):
    received = raw(f"POST {PUBLISH_910} HTTP/1.0\r\nAuthorization: {KEY}\r\n\r\n")
    head, _, body = received.partition("\r\n\r\n")
    assert "transfer-encoding" not in head
    assert body.startswith("<html>")


def test_a_body_of_json_makes_no_difference(nao):
    assert publish(nao, body=b"{}").status == 303


def test_job_ids_count_up(nao):
    locations = [publish(nao).headers["location"].rpartition("/")[2] for _ in range(3)]
    assert locations == ["48145", "48146", "48147"]


def test_the_first_job_id_can_be_chosen():
    with Simulator(first_job_id=62) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        assert publish(nao).headers["location"] == f"{nao.url}/api/v2/background_jobs/62"


def test_publishing_while_a_job_of_the_site_runs_starts_another(nao):
    publish(nao)
    publish(nao)
    assert [(job.id, job.has_finished) for job in nao.jobs] == [(48145, False), (48146, False)]


def test_publications_are_counted_by_site(nao):
    nao.add_site(911)
    for site_id in (910, 911, 910):
        publish(nao, site_id)
    assert (nao.publications(910), nao.publications(911), nao.publications(912), nao.publications()) == (2, 1, 0, 3)


def test_a_redirect_that_is_followed_shows_as_a_look_at_the_job(nao):
    location = publish(nao).headers["location"]
    send(nao, "GET", location.removeprefix(nao.url))
    assert [request.route for request in nao.requests] == ["publish", "job"]
