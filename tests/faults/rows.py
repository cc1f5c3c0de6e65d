"""The matrix: each fault, at each moment, and what it comes to.

A row has five moments: the first POST; every POST; the first look at the job; the second look; every look.
A job takes three seconds, a run at most 400.
"""

from tests.faults.run import Seen

DONE = Seen("done", "success", posts=1, then="nothing", jobs=1)
SECOND_TRY = Seen("done", "success", posts=2, then="nothing", jobs=1)

# The request was sent, and no usable answer came. `LOST`: a job had started, so there are two in the end.
LOST = Seen("MayHaveStarted", "unknown", posts=1, then="publishes", jobs=2)
UNKNOWN = Seen("MayHaveStarted", "unknown", posts=1, then="publishes", jobs=1)

# The server did nothing.
NOT_SENT = Seen("ServerUnreachable", "nothing", posts=0, then="publishes", jobs=1)
REFUSED = Seen("Rejected", "nothing", posts=1, then="publishes", jobs=1)
WRONG_KEY = Seen("KeyNotAccepted", "nothing", posts=1, then="publishes", jobs=1)
NO_ACCESS = Seen("AccessDenied", "nothing", posts=1, then="publishes", jobs=1)
BUSY = Seen("TooManyRequests", "nothing", posts=24, then="publishes", jobs=1)
BUSY_7_SECONDS = Seen("TooManyRequests", "nothing", posts=43, then="publishes", jobs=1)
BUSY_A_YEAR = Seen("TooManyRequests", "nothing", posts=6, then="publishes", jobs=1)

# The job is known and goes on.
TIME_OUT = Seen("WaitTimedOut", "unknown + job", posts=1, then="waits on", jobs=1)
TIME_OUT_PAUSED = Seen("WaitTimedOut", "Paused + job", posts=1, then="waits on", jobs=1)
TIME_OUT_SUCCESS = Seen("WaitTimedOut", "success + job", posts=1, then="waits on", jobs=1)
NO_CONTACT = Seen("ContactLost", "unknown + job", posts=1, then="waits on", jobs=1)
CONTACT_LOST = Seen("ContactLost", "In progress + job", posts=1, then="waits on", jobs=1)

# The job is over, or nobody knows it any more.
FAILED = Seen("JobFailed", "failure", posts=1, then="publishes", jobs=2)
FAILED_PAUSED = Seen("JobFailed", "Paused", posts=1, then="publishes", jobs=2)
FAILED_IN_PROGRESS = Seen("JobFailed", "In progress", posts=1, then="publishes", jobs=2)
GONE = Seen("JobGone", "unknown", posts=1, then="publishes", jobs=2)

ROWS = {
    "reset-before": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "reset-after": (LOST, LOST, DONE, DONE, TIME_OUT),
    "hang-up-before": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "hang-up-after": (LOST, LOST, DONE, DONE, TIME_OUT),
    "silence": (LOST, LOST, DONE, DONE, TIME_OUT),
    "refuse": (DONE, NOT_SENT, DONE, DONE, TIME_OUT),
    "html-502": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "html-504": (LOST, LOST, DONE, DONE, TIME_OUT),
    "400": (REFUSED, REFUSED, DONE, DONE, NO_CONTACT),
    "401": (WRONG_KEY, WRONG_KEY, NO_CONTACT, CONTACT_LOST, NO_CONTACT),
    "403": (NO_ACCESS, NO_ACCESS, NO_CONTACT, CONTACT_LOST, NO_CONTACT),
    "404": (REFUSED, REFUSED, DONE, DONE, GONE),
    "408": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "410": (REFUSED, REFUSED, DONE, DONE, GONE),
    "422": (REFUSED, REFUSED, DONE, DONE, NO_CONTACT),
    "429": (SECOND_TRY, BUSY, DONE, DONE, TIME_OUT),
    "429-seconds": (SECOND_TRY, BUSY_7_SECONDS, DONE, DONE, TIME_OUT),
    "500": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "500-after": (LOST, LOST, DONE, DONE, TIME_OUT),
    "503": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "503-seconds": (SECOND_TRY, BUSY_7_SECONDS, DONE, DONE, TIME_OUT),
    "stall-in-headers": (LOST, LOST, DONE, DONE, TIME_OUT),
    "stall-in-body": (DONE, DONE, DONE, DONE, TIME_OUT),
    "drip": (LOST, LOST, DONE, DONE, TIME_OUT),
    "truncate-headers": (LOST, LOST, DONE, DONE, TIME_OUT),
    "truncate-body": (DONE, DONE, DONE, DONE, TIME_OUT),
    "length-too-long": (DONE, DONE, DONE, DONE, TIME_OUT),
    "length-too-short": (DONE, DONE, DONE, DONE, TIME_OUT),
    "length-negative": (DONE, DONE, DONE, DONE, DONE),
    "length-no-number": (DONE, DONE, DONE, DONE, DONE),
    "length-twice": (LOST, LOST, DONE, DONE, TIME_OUT),
    "bad-chunks": (DONE, DONE, DONE, DONE, TIME_OUT),
    "not-http": (LOST, LOST, DONE, DONE, TIME_OUT),
    "early-hints": (DONE, DONE, DONE, DONE, DONE),
    "bad-header": (DONE, DONE, DONE, DONE, DONE),
    "huge-header": (LOST, LOST, DONE, DONE, TIME_OUT),
    "many-headers": (LOST, LOST, DONE, DONE, TIME_OUT),
    "huge-body": (DONE, DONE, DONE, DONE, TIME_OUT),
    "gzip-bomb": (DONE, DONE, DONE, DONE, TIME_OUT),
    "gzip-broken": (DONE, DONE, DONE, DONE, TIME_OUT),
    "html-200": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "html-503": (UNKNOWN, UNKNOWN, DONE, DONE, TIME_OUT),
    "429-date": (SECOND_TRY, BUSY_7_SECONDS, DONE, DONE, TIME_OUT),
    "429-negative": (SECOND_TRY, BUSY, DONE, DONE, TIME_OUT),
    "429-absurd": (SECOND_TRY, BUSY_A_YEAR, DONE, DONE, TIME_OUT),
    "429-nonsense": (SECOND_TRY, BUSY, DONE, DONE, TIME_OUT),
    "503-date": (SECOND_TRY, BUSY_7_SECONDS, DONE, DONE, TIME_OUT),
    "503-negative": (SECOND_TRY, BUSY, DONE, DONE, TIME_OUT),
    "503-absurd": (SECOND_TRY, BUSY_A_YEAR, DONE, DONE, TIME_OUT),
    "503-nonsense": (SECOND_TRY, BUSY, DONE, DONE, TIME_OUT),
    "location-none": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "location-relative": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "location-broken": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "location-other-host": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "location-other-port": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "location-http": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "location-userinfo": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "location-userinfo-host": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "location-javascript": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "location-no-job": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "302-for-303": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "307-for-303": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "200-for-303": (LOST, LOST, DONE, DONE, TIME_OUT),
    "204-for-303": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "202-with-location": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "202-without-job": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "json-plain": (DONE, DONE, DONE, DONE, DONE),
    "json-cut": (LOST, LOST, DONE, DONE, TIME_OUT),
    "json-empty": (LOST, LOST, DONE, DONE, TIME_OUT),
    "json-not-utf-8": (LOST, LOST, DONE, DONE, TIME_OUT),
    "json-deep": (LOST, LOST, DONE, DONE, TIME_OUT),
    "json-null": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "json-list": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "json-no-attributes": (LOST, LOST, DONE, DONE, NO_CONTACT),
    "json-more-fields": (DONE, DONE, DONE, DONE, DONE),
    "json-id-text": (DONE, DONE, DONE, DONE, DONE),
    "json-id-number": (DONE, DONE, DONE, DONE, DONE),
    "json-other-job": (GONE, GONE, DONE, DONE, DONE),
    "json-no-status": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "json-no-has-finished": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "json-no-message": (DONE, DONE, DONE, DONE, DONE),
    "json-no-times": (DONE, DONE, DONE, DONE, DONE),
    "json-absurd-times": (DONE, DONE, DONE, DONE, DONE),
    "json-has-finished-text": (DONE, DONE, DONE, DONE, NO_CONTACT),
    "json-status-unknown": (DONE, DONE, DONE, DONE, TIME_OUT_PAUSED),
    "json-finished-unknown": (DONE, DONE, FAILED_PAUSED, FAILED_PAUSED, FAILED_PAUSED),
    "json-finished-in-progress": (DONE, DONE, FAILED_IN_PROGRESS, FAILED_IN_PROGRESS, FAILED_IN_PROGRESS),
    "json-unfinished-success": (DONE, DONE, DONE, DONE, TIME_OUT_SUCCESS),
    "json-failure": (DONE, DONE, FAILED, FAILED, FAILED),
    "clock-ahead": (DONE, DONE, DONE, DONE, DONE),
    "clock-back": (DONE, DONE, DONE, DONE, DONE),
}
