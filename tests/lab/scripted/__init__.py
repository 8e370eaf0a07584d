"""Scenarios that no program at hand plays: both sides scripted, one function each."""
from scripted import beacons, uploads  # noqa: F401
