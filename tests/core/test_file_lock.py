"""Turns that processes take together. The other process is real, and so is the file."""

import errno
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager

import psutil
import pytest

from pulumi_nao.errors import NotSent
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.locks import MachineLocks, lock_folder

SITE = ("https://nao.example.com", "sites/910/asset_tracking_config/publish")
OPERATION = "publication of site 910"
HOLDER = f"""
import sys
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.locks import MachineLocks
with MachineLocks(SystemClock(), None, print).held({SITE!r}, {OPERATION!r}, print):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_elsewhere():
    """Another process that has the turn."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A temporary folder of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def locks(warnings):
    return MachineLocks(SystemClock(), None, warnings.append)


def _end_when_told(told, end):
    def report(line):
        told.append(line)
        end()

    return report


def test_a_turn_that_another_process_has_is_waited_for_and_the_wait_is_told(locks):
    told = []
    with held_elsewhere() as other:

        def end():
            other.stdin.write("\n")
            other.stdin.flush()

        with locks.held(SITE, OPERATION, _end_when_told(told, end)):
            pass
        assert other.wait(30) == 0
    assert told == ["waiting for another publication of site 910 to end, in another process"]


def test_a_process_that_is_killed_keeps_no_turn(locks):
    with held_elsewhere() as other, locks.held(SITE, OPERATION, _end_when_told([], other.kill)):
        pass


def test_another_address_is_not_waited_for(locks):
    with held_elsewhere(), locks.held((SITE[0], "sites/911/asset_tracking_config/publish"), OPERATION, pytest.fail):
        pass


def test_who_waits_for_another_process_takes_no_place_from_those_who_could_go_on():
    locks = MachineLocks(SystemClock(), 1, pytest.fail)
    went_on = threading.Event()

    def go_on():
        with locks.held((SITE[0], "sites/911/asset_tracking_config/publish"), OPERATION, pytest.fail):
            went_on.set()

    def end(_line):
        threading.Thread(target=go_on).start()
        in_time.append(went_on.wait(10))
        other.kill()

    in_time = []
    with held_elsewhere() as other, locks.held(SITE, OPERATION, end):
        pass
    assert in_time == [True]


class LinedUp(SystemClock):
    """Tells of everybody who lines up for something."""

    def __init__(self):
        super().__init__()
        self.told = threading.Semaphore(0)

    def event(self):
        self.told.release()
        return super().event()


def test_who_waits_for_a_place_keeps_no_other_process_from_the_address():
    locks = MachineLocks(clock := LinedUp(), 1, pytest.fail)

    def wait_in_line():
        with locks.held(SITE, OPERATION, pytest.fail):
            pass

    thread = threading.Thread(target=wait_in_line)
    with locks.held((SITE[0], "sites/911/asset_tracking_config/publish"), OPERATION, pytest.fail):
        thread.start()
        for _ in range(4):  # each of the two for its address, and for a place
            assert clock.told.acquire(timeout=10)
        with held_elsewhere():
            pass
    thread.join(10)
    assert not thread.is_alive()


def test_a_cancel_ends_the_wait_and_nothing_is_sent():
    cancel = threading.Event()
    locks = MachineLocks(SystemClock(cancel), None, pytest.fail)
    with (
        held_elsewhere(),
        pytest.raises(NotSent, match="cancelled while it waited for its turn"),
        locks.held(SITE, OPERATION, _end_when_told([], cancel.set)),
    ):
        pass


def test_who_is_cancelled_in_line_leaves_the_turn_with_whoever_has_it():
    cancel = threading.Event()
    locks = MachineLocks(SystemClock(cancel), None, pytest.fail)
    with locks.held(SITE, OPERATION, pytest.fail):
        with (
            pytest.raises(NotSent, match="cancelled while it waited for its turn"),
            locks.held(SITE, OPERATION, _end_when_told([], cancel.set)),
        ):
            pass
        with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as another:
            told = another.stdout.readline()
            another.kill()
    assert told == "waiting for another publication of site 910 to end, in another process\n"


def test_hundreds_of_turns_take_one_descriptor_and_one_file(locks):
    with locks.held(SITE, OPERATION, pytest.fail):
        one = psutil.Process().num_fds()
    with ExitStack() as held:
        for site in range(256):
            held.enter_context(locks.held((SITE[0], str(site)), OPERATION, pytest.fail))
        assert psutil.Process().num_fds() == one
    assert [path.name for path in lock_folder().iterdir()] == ["locks"]


def test_the_folder_is_the_users_alone(locks):
    with locks.held(SITE, OPERATION, pytest.fail):
        assert oct(lock_folder().stat().st_mode) == "0o40700"


def test_a_folder_that_others_can_write_to_is_not_used_and_told_once(locks, warnings):
    lock_folder().mkdir()
    lock_folder().chmod(0o777)
    for _ in range(2):
        with locks.held(SITE, OPERATION, pytest.fail):
            pass
    (warning,) = warnings
    assert warning == (
        f"the folder {lock_folder()} cannot be used (it is not this user's alone), so what runs in other processes "
        "at the same time is not waited for; set TMPDIR to a folder of your own"
    )
    assert [*lock_folder().iterdir()] == []


def test_a_folder_that_cannot_be_made_is_a_warning(folder, monkeypatch, warnings):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "nowhere"))
    with MachineLocks(SystemClock(), None, warnings.append).held(SITE, OPERATION, pytest.fail):
        pass
    (warning,) = warnings
    assert "cannot be used (No such file or directory)" in warning


def test_a_folder_that_belongs_to_a_group_by_the_one_above_is_used(locks, warnings):
    lock_folder().mkdir(mode=0o700)
    lock_folder().chmod(0o2700)
    with locks.held(SITE, OPERATION, pytest.fail):
        assert [path.name for path in lock_folder().iterdir()] == ["locks"]
    assert warnings == []


def test_a_machine_without_any_temporary_folder_is_a_warning(monkeypatch, warnings):
    def none_to_be_had():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_to_be_had)
    with MachineLocks(SystemClock(), None, warnings.append).held(SITE, OPERATION, pytest.fail):
        pass
    (warning,) = warnings
    assert warning.startswith(
        "the folder for temporary files cannot be used (No usable temporary directory found), so what runs in other "
    )
