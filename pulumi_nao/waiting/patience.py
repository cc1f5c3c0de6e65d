"""How long we put up with trouble, in seconds. Intervals and back-off are in `jobs`, a call's limit in `clock`."""

# One call tries so long to reach the server, and so do all of them together.
CONNECT_PATIENCE = 300.0

# One call waits so long for a server that refuses it as one too many, or refuses everything.
BUSY_PATIENCE = 300.0

# After a cancel: the answer to an action names the job, a poll can be made again.
CANCELLED_ACTION_GRACE = 10.0
CANCELLED_POLL_GRACE = 1.0

# Of many polls that are due at one deadline, each has its turn.
LAST_POLL_PATIENCE = 5.0
