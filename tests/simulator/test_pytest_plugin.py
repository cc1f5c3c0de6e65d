from __future__ import annotations

import subprocess
import sys

USERS_TEST = """
import os, urllib.request

def test_deploys(nao_simulator):
    nao_simulator.add_site(910)
    request = urllib.request.Request(
        os.environ["NAO_BASE_URL"] + "/api/v2/sites/910/asset_tracking_config/publish",
        method="POST",
        headers={"Authorization": os.environ["NAO_API_KEY"]},
    )
    urllib.request.urlopen(request).close()
    assert nao_simulator.publications(910) == 1

def test_leaves_no_trace():
    assert "NAO_BASE_URL" not in os.environ
"""


def python(*arguments, cwd):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_users_opt_in_and_get_a_simulator_with_its_settings_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("NAO_BASE_URL", raising=False)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["pulumi_nao.simulator.pytest_plugin"]\n')
    (tmp_path / "test_users.py").write_text(USERS_TEST)
    ended = python("-m", "pytest", "-q", "-p", "no:randomly", "-W", "error", cwd=tmp_path)
    assert (ended.returncode, "2 passed" in ended.stdout) == (0, True), ended.stdout


def test_the_simulator_itself_needs_no_pytest(tmp_path):
    ended = python("-c", "import sys, pulumi_nao.simulator; sys.exit('pytest' in sys.modules)", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
