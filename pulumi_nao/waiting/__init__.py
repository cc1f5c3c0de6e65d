"""Waiting: for a time, for a place, for one at a time, for a thread."""
