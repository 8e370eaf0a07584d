#!/usr/bin/env python3
"""How often the shipped rules speak about what: a table of severities by label, and the busiest rules.

    alerts.py --culvert PROGRAM [--rules FOLDER] CAPTURE|FOLDER...

Exit status 1 when a rule of severity high spoke about a connection that stayed ordinary HTTP or never was HTTP.
"""
import argparse, collections, json, subprocess, sys

SEVERITIES = {1: 'high', 2: 'medium', 3: 'low', 4: 'info'}
LABELS = ('plain-http', 'not-http', 'blind-relay', 'http-tunnel', 'undecided')


def records(culvert, rules, captures):
    run = subprocess.Popen([culvert, 'replay', '-q', '-o', '-', '-r', rules] + captures, stdout=subprocess.PIPE)
    for line in run.stdout:
        yield json.loads(line)
    if run.wait() not in (0, 1):
        sys.exit('alerts: culvert ended with status %d' % run.returncode)


def count(found):
    waiting, table, busiest, flows = collections.defaultdict(list), collections.Counter(), collections.Counter(), collections.Counter()
    for r in found:
        if r['event_type'] == 'alert':
            waiting[r['flow_id']].append(r['alert'])
        elif r['event_type'] == 'flow':
            label = r['culvert']['label']
            flows[label] += 1
            for a in waiting.pop(r['flow_id'], ()):
                table[SEVERITIES[a['severity']], label] += 1
                busiest[a['signature_id'], SEVERITIES[a['severity']], a['signature'], label] += 1
    return table, busiest, flows


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--culvert', required=True)
    args.add_argument('--rules', default='rules')
    args.add_argument('captures', nargs='+')
    args = args.parse_args()
    table, busiest, flows = count(records(args.culvert, args.rules, args.captures))
    print('%-10s' % '' + ''.join('%13s' % label for label in LABELS))
    print('%-10s' % 'flows' + ''.join('%13d' % flows[label] for label in LABELS))
    for severity in SEVERITIES.values():
        print('%-10s' % severity + ''.join('%13d' % table[severity, label] for label in LABELS))
    for (number, severity, title, label), times in busiest.most_common(12):
        print('%7d  %d %-6s %-12s %s' % (times, number, severity, label, title))
    wrong = table['high', 'plain-http'] + table['high', 'not-http']
    print('alerts: %d of severity high about plain-http or not-http' % wrong)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
