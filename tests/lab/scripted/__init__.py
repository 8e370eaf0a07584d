"""Scenarios that no program at hand plays: both sides scripted, one function each.  They are short on purpose: what matters is the
shape of what is sent (methods, types, sizes, rhythm, kind of content), since that is what detectors of tunnels look at."""
from scripted import api, beacons, downloads, media, oddities, polling, soap, uploads  # noqa: F401
