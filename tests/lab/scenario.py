"""What a scenario is, and the list of all: a short function, decorated.  Each has a server network of its own, by which its
connections are told from the others' in the capture."""
from netns import SERVERS

ALL = []


class Scenario:
    def __init__(self, play, family, visits, truth):
        self.play, self.family, self.visits, self.truth = play, family, visits, truth
        self.name = play.__name__.strip('_').replace('_', '-')
        self.number = len(ALL) + 1
        self.address = '%s.%d.1' % (SERVERS, self.number)


def scripted(family, visits, truth='plain-http'):
    """A coroutine that is given a Visit and plays both sides of it; played `visits` times, each with another seed and client."""
    return lambda play: ALL.append(Scenario(play, family, visits, truth)) or play


def program(family, truth='plain-http'):
    """A function that is given a Stage and runs real clients and servers on it."""
    return lambda play: ALL.append(Scenario(play, family, 0, truth)) or play


def of(address):
    return ALL[int(address.split('.')[2]) - 1]
