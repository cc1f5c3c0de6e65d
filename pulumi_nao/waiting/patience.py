"""How long we wait for what, in seconds; the limit of a whole call is the program's, see `clock.Limit`."""

# One publication tries so long to reach the server, and so do all of them together.
CONNECT_PATIENCE = 300.0

# One publication waits so long for a server that refuses it as one too many, or refuses everything.
BUSY_PATIENCE = 300.0

# After a cancel: the answer to an action names the job, a poll can be made again.
CANCELLED_ACTION_GRACE = 10.0
CANCELLED_POLL_GRACE = 1.0

# Of many polls that are due at one deadline, each has its turn.
LAST_POLL_PATIENCE = 5.0
