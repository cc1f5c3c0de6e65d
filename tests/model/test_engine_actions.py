"""Whatever engine and server do, in whatever order, the promises hold.

`MODEL_RUNS` and `MODEL_STEPS` in the environment set how many stories are told, and how long they are.
"""

import os
from itertools import chain

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model.cloud import GOOD_LOOK, GOOD_POST, Answer, NaoCloud, Weather
from tests.model.engine import Engine
from tests.model.judge import Judge
from tests.model.plugin_host import Situation
from tests.model.timeline import Interrupt, Timeline

RUNS = int(os.environ.get("MODEL_RUNS", "50"))
STEPS = int(os.environ.get("MODEL_STEPS", "30"))

SITES = {"first": (910, 911), "second": (920,)}
TRIGGERS = ({"zones": "a"}, {"zones": "b"}, {"zones": 5, "tags": ["x", None]}, ["a"], None)

SECONDS = st.sampled_from([0.0, 0.3, 9.0, 59.0])
RETRY_AFTER = st.sampled_from([None, 0.0, 7.0, 3600.0])
POST_TROUBLE = ("started, not answered", "lost", "429", "no connection", "bad certificate", "401", "403", "404")
LOOK_TROUBLE = ("early success", "early success", "trouble", "429", "denied", "not found", "senseless", "odd")
POSTS = st.builds(Answer, st.just("accepted") | st.sampled_from(POST_TROUBLE), SECONDS, RETRY_AFTER)
LOOKS = st.builds(Answer, st.just("shown") | st.sampled_from(LOOK_TROUBLE), SECONDS, RETRY_AFTER)
WEATHER = st.builds(
    Weather,
    st.lists(POSTS, max_size=3),
    st.lists(LOOKS, max_size=6),
    st.just(GOOD_POST) | POSTS,
    st.just(GOOD_LOOK) | LOOKS,
)
MOMENTS = st.one_of(
    st.builds(dict, seconds=st.sampled_from([0.0, 0.1, 1.0, 20.0, 90.0, 900.0])),
    st.builds(dict, requests=st.integers(1, 8)),
)
TIMEOUTS = st.sampled_from([None, 1.0, 60.0])
ODDITIES = st.sampled_from([{}, {}, {}, {}, {"has_key": False}, {"shows_errors": False}])


class EngineActions(RuleBasedStateMachine):
    """A stack with two publications, from its first `up` on."""

    def __init__(self):
        super().__init__()
        self.timeline = Timeline()
        self.judge = Judge(self.timeline)
        self.cloud = self.judge.cloud = NaoCloud(self.timeline, self.judge)
        self.engine = Engine(self.cloud, self.timeline)
        self.program = {name: (sites[0], TRIGGERS[0]) for name, sites in SITES.items()}
        self.earlier = [dict(self.program)]

    @initialize(job_seconds=st.sampled_from([0.0, 40.0, 1000.0]))
    def the_sites_are_good(self, job_seconds):
        for site_id in chain(*SITES.values()):
            self.cloud.set_site(site_id, job_seconds=job_seconds)

    def run(self, weather, timeout=None, interrupt=None, **rest):
        situation = Situation(weather, interrupt, timeout, **rest)
        self.earlier.append(dict(self.program))
        return self.engine.up(self.program, situation)

    def declare(self, name, site_id=None, triggers=None):
        site, _ = self.program[name]
        self.program[name] = (site_id or site, triggers)

    @rule(
        site_id=st.sampled_from([910, 911, 920]),
        good=st.booleans(),
        job_seconds=st.sampled_from([0.0, 2.0, 40.0, 1000.0, 4000.0]),
    )
    def the_site_changes(self, site_id, good, job_seconds):
        self.cloud.set_site(site_id, good=good, job_seconds=job_seconds)

    @rule(seconds=st.sampled_from([1.0, 60.0, 3600.0]))
    def time_passes(self, seconds):
        self.timeline.seconds += seconds

    @precondition(lambda self: self.judge.posts)
    @rule(data=st.data())
    def the_server_forgets_a_job(self, data):
        post = data.draw(st.sampled_from(self.judge.posts))
        self.cloud.forgotten.add(post.job_id)

    @precondition(lambda self: any(not job.has_finished for job in self.cloud.world.jobs))
    @rule(data=st.data(), status=st.sampled_from(["success", "failure", "cancelled", "In progress"]))
    def the_server_ends_a_job(self, data, status):
        running = [job.id for job in self.cloud.world.jobs if not job.has_finished]
        self.cloud.world.finish_job(data.draw(st.sampled_from(running)), status=status, message="as it were")

    @rule(weather=WEATHER, timeout=TIMEOUTS, oddity=ODDITIES)
    def up(self, weather, timeout, oddity):
        self.run(weather, timeout, **oddity)

    @rule()
    def up_on_a_fine_day(self):
        self.run(Weather())

    @rule(name=st.sampled_from(sorted(SITES)), triggers=st.sampled_from(TRIGGERS), weather=WEATHER, timeout=TIMEOUTS)
    def up_with_changed_triggers(self, name, triggers, weather, timeout):
        self.declare(name, triggers=triggers)
        self.run(weather, timeout)

    @rule(data=st.data(), weather=WEATHER, timeout=TIMEOUTS)
    def up_with_reverted_triggers(self, data, weather, timeout):
        self.program = dict(data.draw(st.sampled_from(self.earlier[-4:])))
        self.run(weather, timeout)

    @rule(site_id=st.sampled_from(SITES["first"]), weather=WEATHER, timeout=TIMEOUTS)
    def up_with_another_site(self, site_id, weather, timeout):
        self.declare("first", site_id, self.program["first"][1])
        self.run(weather, timeout)

    @rule(triggers=st.sampled_from(TRIGGERS), weather=WEATHER, moment=MOMENTS)
    def up_cancelled(self, triggers, weather, moment):
        self.declare("first", triggers=triggers)
        self.run(weather, interrupt=Interrupt("cancel", **moment))

    @rule(
        triggers=st.sampled_from(TRIGGERS),
        weather=WEATHER,
        kind=st.sampled_from(["kill", "engine gone"]),
        moment=MOMENTS,
    )
    def up_killed_without_a_signal(self, triggers, weather, kind, moment):
        self.declare("first", triggers=triggers)
        self.run(weather, interrupt=Interrupt(kind, **moment))

    @precondition(lambda self: len(self.engine.states) == len(SITES))
    @rule(weather=WEATHER, site_id=st.sampled_from(SITES["first"]))
    def up_with_the_server_no_longer_stated(self, weather, site_id):
        self.declare("first", site_id, self.program["first"][1])
        self.run(weather, states_server=False)

    @rule(weather=WEATHER, timeout=TIMEOUTS)
    def up_with_replace(self, weather, timeout):
        self.engine.up(self.program, Situation(weather, timeout=timeout), replace=True)

    @rule(looks=st.lists(LOOKS, min_size=2, max_size=2), oddity=ODDITIES, moment=st.none() | MOMENTS)
    def refresh(self, looks, oddity, moment):
        interrupt = Interrupt("cancel", **moment) if moment else None
        self.engine.refresh(Situation(Weather(looks=looks), interrupt, **oddity))

    @rule()
    def destroy(self):
        self.engine.destroy(Situation(has_key=False))

    @invariant()
    def the_state_parses_and_tells_the_truth(self):
        for state in self.engine.states.values():
            self.judge.record(state.outputs)
        self.judge.conclude()


TestEngineActions = EngineActions.TestCase
TestEngineActions.settings = settings(
    max_examples=RUNS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
