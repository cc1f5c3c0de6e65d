"""A stateful NAO Cloud on this machine, for tests, demonstrations and users' own CI.

::

    from pulumi_nao.simulator import Answer, HangUp, Simulator

    with Simulator() as nao:
        nao.add_key("k-123")
        nao.add_site(910)
        nao.add_site(911, graph=False)  # its publications fail, as they do in NAO Cloud
        nao.script("publish", Answer(503), HangUp(after_effect=True))
        nao.add_action("POST", "sites/910/import", failure="Column name is missing.")  # any other long call
        nao.inject("job:2=silence:5", "job/911:3-=404")  # `FAULTS` has the names
        ...  # point a client at nao.url
        assert nao.publications(910) == 1

It needs the standard library alone and listens on loopback only. `pulumi_nao.simulator.pytest_plugin` has a fixture,
`python -m pulumi_nao simulate` runs it from a shell.

How far it can be trusted

Documented: taken from the vendor's knowledge base.

- `POST /api/v2/sites/{id}/asset_tracking_config/publish` without a body, answered with 303: an absolute `location`,
  `content-type` `text/html; charset=utf-8`, `cache-control`, `x-request-id`, `x-runtime`, `vary`, `x-frame-options`,
  `x-content-type-options`, `transfer-encoding: chunked`, `connection: close`.
- `GET /api/v2/background_jobs/{id}` with its envelope, type `job_watcher` and attributes; `created_at` and
  `updated_at` in UTC with milliseconds.
- The statuses `success`, `failure` and `In progress` as words; the message `success` after success; the message
  `Missing graph or indoor area. Please add.` after a failure, told by the job and not by the publish call.
- The bare token in `Authorization`, without a scheme; 401 when it is missing or wrong, 403, 404, 405, and 400 for
  malformed JSON; an `errors` root in the body of every error.
- That there are 406, 422, 429 and 500. Nothing here leads to 500 by itself; script it.
- `PUT` or `POST /api/v2/sites/{id}/nao_trackables/batch`: each tag has `name` and `tracking_id`; 201, and the tags of
  the site are overwritten.
- Any other long call, which `Simulator.add_action` adds: 303 as for a publication, or, of a creation, 202 with a job;
  a creation that is done at once: 201 with JSON. What such a call means is not simulated.

Inferred: probable, seen nowhere.

- The GET of a job answers 200 with `content-type` `application/vnd.api+json`, as errors do.
- A job that runs has the status `In progress` in its JSON, the message `null`, and the same time in `updated_at` as
  in `created_at`.
- A site fails to publish when either its graph or its indoor area is missing, after the same time as it would
  take to succeed.
- The HTML body of the 303 is the one of Ruby on Rails.
- What is checked first: the request limit, the path, the method, the key, `Accept`, the body, whether the site or job
  exists, whether the key may use it. A job may be looked at by those who may publish its site.
- 406 is for an `Accept` that takes no JSON; a missing `Accept` takes anything.
- 202 has the job in its body, as its GET would answer it.
- 422 for a batch without the list `nao_trackables`, or with a tag whose `name` or `tracking_id` is missing, empty or
  no text.
- 429 comes with `Retry-After` in seconds; the limit is one for all clients.
- Job ids are digits and grow.

Unknown: the simulator had to choose.

- What is beneath `errors`: here a list of objects with `status`, `title` and `detail`.
- Publishing while a job of the same site runs, or without a change: here another job starts.
- How long a finished job can be looked at: here for ever, or until `Simulator.forget_job`.
- Whether a batch replaces all tags of the site, or those with the same ids: here all. Its answer: here a list of the
  tags, with ids from 1.
- What a body of the publish call means: here nothing, if it is JSON.
- Headers of answers other than the 303: here `x-request-id`, `x-runtime`, `vary` and the security headers too.
- Everything else in NAO Cloud: here 404.
"""

from pulumi_nao.simulator.faults import FAULTS
from pulumi_nao.simulator.injections import Injection
from pulumi_nao.simulator.replies import Answer, Connection, HangUp, Reply, Silence
from pulumi_nao.simulator.request import Request
from pulumi_nao.simulator.simulator import Simulator
from pulumi_nao.simulator.world import BackgroundJob, Tag

__all__ = [
    "FAULTS",
    "Answer",
    "BackgroundJob",
    "Connection",
    "HangUp",
    "Injection",
    "Reply",
    "Request",
    "Silence",
    "Simulator",
    "Tag",
]
