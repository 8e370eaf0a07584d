"""What a scenario is, and the list of all: a short function, decorated.  Each has a server network of its own, by which its
connections are told from the others' in the capture."""
from netns import SERVERS

ALL = []


class Scenario:
    def __init__(self, play, family, truth, visits=0, lasts=0):
        self.play, self.family, self.truth, self.visits, self.lasts = play, family, truth, visits, lasts
        self.name = play.__name__.strip('_').replace('_', '-')
        self.number = len(ALL) + 1
        self.address = '%s.%d.1' % (SERVERS, self.number)


def scripted(family, visits, lasts=20, truth='plain-http'):
    """A coroutine that is given a Visit and plays both sides of it; played `visits` times, each with another seed and client, none for
    much longer than it `lasts`, in seconds."""
    return lambda play: ALL.append(Scenario(play, family, truth, visits, lasts)) or play


def program(family, truth='plain-http'):
    """A function that is given a Stage and runs real clients and servers on it."""
    return lambda play: ALL.append(Scenario(play, family, truth)) or play


def of(address):
    return ALL[int(address.split('.')[2]) - 1]
