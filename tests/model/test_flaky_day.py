"""24 hours in which every fifth request fails, and 500 publications come to the end that the server says."""

from random import Random

from tests.model.cloud import GOOD_LOOK, GOOD_POST, Answer, NaoCloud
from tests.model.engine import Engine
from tests.model.judge import Judge
from tests.model.plugin_host import Situation
from tests.model.test_engine_actions import LOOK_TROUBLE, POST_TROUBLE
from tests.model.timeline import Timeline

DAY = 24 * 3600.0
PUBLICATIONS = 500
SITES = range(900, 950)
SITES_WITHOUT_A_GRAPH = range(900, 905)
MOST_RUNS = 30


class FlakyWeather:
    """One request in five fails, and any may be slow."""

    def __init__(self, random):
        self._random = random
        self.requests = 0
        self.failures = 0

    def next_post(self):
        return self._next(GOOD_POST, POST_TROUBLE)

    def next_look(self):
        return self._next(GOOD_LOOK, LOOK_TROUBLE)

    def _next(self, good, trouble):
        self.requests += 1
        kind = good.kind
        if self._random.random() < 0.2:
            self.failures += 1
            kind = self._random.choice(trouble)
        return Answer(kind, self._random.choice([0.1, 0.3, 2.0, 20.0]), self._random.choice([None, 7.0]))


def published(engine, goal, weather):
    """Run `up` until the site is published, or the server says why not; return all errors."""
    errors = []
    for _ in range(MOST_RUNS):
        failures = engine.up({f"site-{goal[0]}": goal}, Situation(weather))
        if not failures:
            return errors
        errors += failures.values()
        if "failed: Missing graph or indoor area" in errors[-1]:
            return errors
    raise AssertionError(f"site {goal[0]} has no end after {MOST_RUNS} runs: {errors[-1]}")


def test_every_publication_of_a_flaky_day_ends_as_the_server_says_and_none_is_made_twice():
    random = Random(20260101)  # noqa: S311 - a day that can be told again
    timeline = Timeline()
    judge = Judge(timeline)
    cloud = judge.cloud = NaoCloud(timeline, judge)
    engine = Engine(cloud, timeline)
    weather = FlakyWeather(random)
    ends = {"success": 0, "failure": 0}
    errors = []
    for number in range(PUBLICATIONS):
        timeline.seconds = max(timeline.seconds, number * DAY / PUBLICATIONS)
        site_id = SITES[number % len(SITES)]
        cloud.set_site(site_id, good=site_id not in SITES_WITHOUT_A_GRAPH, job_seconds=random.uniform(1, 120))
        errors += published(engine, (site_id, {"change": number}), weather)
        last = judge.posts[-1]
        assert (last.site_id, last.triggers) == (site_id, {"change": number})
        ends[cloud.truth(last.job_id).status] += 1

    assert ends == {"success": 450, "failure": 50}
    assert weather.failures > weather.requests / 6
    posts = [post for post in judge.posts if post.site_id not in SITES_WITHOUT_A_GRAPH]
    unknown = [post for post in judge.posts if post.unknown or post.lost]
    assert len(posts) - 450 == len([post for post in unknown if post.site_id not in SITES_WITHOUT_A_GRAPH]) > 0
    reported = [text for text in errors if "may have started" in text or "ended in a way nobody knows" in text]
    assert len(reported) == len(unknown)
