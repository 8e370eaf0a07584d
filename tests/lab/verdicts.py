"""What culvert says of the capture, counted for each scenario."""
import collections, json, os, subprocess, sys

import scenario

LABELS = ['plain-http', 'undecided', 'not-http', 'blind-relay', 'http-tunnel']
# Those who speak of HTTP itself, not of tunnels.
NEUTRAL = {'http', 'handshake', 'stream'}


class Tally:
    def __init__(self):
        self.labels, self.evidence, self.score = collections.Counter(), collections.Counter(), None

    def add(self, record):
        said = record['culvert']
        self.labels[said['label']] += 1
        for note in said.get('evidence', []):
            if note['who'] not in NEUTRAL:
                self.evidence['%s/%s' % (note['who'], note['what'])] += 1
        if 'tunnel' in said:
            self.evidence['tunnel: ' + str(said['tunnel'].get('tool'))] += 1
        score = said.get('suspicion', {}).get('score')
        if score is not None:
            self.score = max(score, self.score or 0)


def replay(culvert, work):
    """The flow records of all connections in which anything was said: browsers open some that they never use."""
    events = os.path.join(work, 'events.jsonl')
    done = subprocess.run([culvert, 'replay', '-q', '--no-anomalies', '-o', events, os.path.join(work, 'innocents.pcap')])
    if done.returncode:
        print('innocents: culvert: exit status %d' % done.returncode, file=sys.stderr)
    with open(events, encoding='utf8') as f:
        for line in f:
            record = json.loads(line)
            if record['event_type'] == 'flow' and record['culvert'].get('undecided') != 'nothing-seen':
                yield record


def judge(records, least):
    """Prints the tables; returns whether anything is wrong."""
    tallies = {s: Tally() for s in scenario.ALL}
    blamed = []
    for record in records:
        s = scenario.of(record['dest_ip'])
        tallies[s].add(record)
        label = record['culvert']['label']
        if label in ('http-tunnel', 'blind-relay') and label != s.truth:
            blamed.append('%s: %s:%s is taken for %s because of %s' % (s.name, record['src_ip'], record['src_port'], label,
                                                                       record['culvert']['because']))
    seen = {s: t for s, t in tallies.items() if t.labels}
    print('\n%-28s %-12s' % ('scenario', 'truth') + ''.join('%12s' % label for label in LABELS))
    for s, t in sorted(seen.items(), key=lambda pair: (pair[0].family, pair[0].name)):
        print('%-28s %-12s' % (s.name, s.truth) + ''.join('%12s' % (t.labels[label] or '.') for label in LABELS))
    print('%-28s %-12s' % ('all', '') + ''.join('%12d' % sum(t.labels[label] for t in seen.values()) for label in LABELS))
    print('\n%-28s %9s  %s' % ('scenario', 'suspicion', 'evidence of tunnels (connections that have it)'))
    for s, t in sorted(seen.items(), key=lambda pair: (pair[0].family, pair[0].name)):
        if t.evidence or t.score is not None:
            print('%-28s %9s  %s' % (s.name, '-' if t.score is None else t.score, ', '.join('%s %d' % e for e in t.evidence.most_common())))
    scores = [t.score for t in seen.values() if t.score is not None]
    print('%-28s %9s  %s\n' % ('all', max(scores, default='-'), sum(sum(t.evidence.values()) for t in seen.values()) or '-'))
    for line in blamed[:50]:
        print('  ' + line)
    total = sum(sum(t.labels.values()) for t in seen.values())
    innocents = sum(sum(t.labels.values()) for s, t in seen.items() if s.truth == 'plain-http')
    print('innocents: %d connections, %d of them innocent; %d wrongly blamed%s' %
          (total, innocents, len(blamed), '' if innocents >= least else '; fewer than %d' % least))
    return bool(blamed) or innocents < least
