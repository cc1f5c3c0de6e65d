"""What a program wants, in the words of tests."""

from pulumi_nao.attempt import Attempt, Wanted
from pulumi_nao.models import Action, publication

SERVER = "https://www.nao-cloud.com"


def wanted(site_id=910, triggers=None, base_url=SERVER):
    return Wanted(publication(site_id), base_url, triggers)


def call(body=None, triggers=None, *, method="PUT", path="sites/910/tags", is_secret=False, base_url=SERVER, **more):
    action = Action(f"{method} {path}", path, method, body, is_secret=is_secret)
    more = {"repeats_unknown": False, "repeats_failed": False, **more}
    return Wanted(action, base_url, triggers, **more)


def attempt_at(wanted_then, **facts):
    return Attempt(wanted_then.action, wanted_then.triggers, wanted_then.base_url, **facts)
