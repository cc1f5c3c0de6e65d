"""What the real host imports, and when: a run that publishes nothing goes without the client's libraries."""

from concurrent.futures import ThreadPoolExecutor

from google.protobuf import json_format

TELL_IMPORTS = """
import sys
class Tell:
    def find_spec(self, name, path=None, target=None):
        if name in ("requests", "pydantic", "pulumi_nao.cloud.client"):
            print("imports", name, file=sys.stderr)
sys.meta_path.insert(0, Tell())
"""
SITES = 200


def test_a_run_that_publishes_nothing_imports_neither_requests_nor_pydantic(start_host, nao):
    inputs = {"site_id": 910, "triggers": {"zones": "a"}, "config_namespace": "nao", "base_url": nao.url}
    recorded = json_format.MessageToDict(start_host().create(inputs).properties)
    host = start_host(code=TELL_IMPORTS)
    host.check(inputs, inputs)
    host.diff(recorded, inputs)
    host.read(recorded)
    host.delete(recorded)
    assert "imports" not in host.errors()


def test_the_first_publication_imports_what_it_needs(start_host, nao):
    host = start_host(code=TELL_IMPORTS)
    host.create({"site_id": 910, "config_namespace": "nao", "base_url": nao.url})
    told = host.errors().split("\n")
    assert {"imports pulumi_nao.cloud.client", "imports requests", "imports pydantic"} <= {*told}


def test_two_hundred_first_publications_at_once_share_the_import(start_host, nao):
    for site in range(1, SITES + 1):
        nao.add_site(site)
    host = start_host()

    def create(site):
        return host.create({"site_id": site, "config_namespace": "nao", "base_url": nao.url}).id

    with ThreadPoolExecutor(SITES) as pool:
        published = list(pool.map(create, range(1, SITES + 1)))
    assert published == [str(site) for site in range(1, SITES + 1)]
    assert nao.publications() == SITES
