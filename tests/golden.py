#!/usr/bin/env python3
"""What culvert says of every capture in pcaps/, compared with tests/golden.

    golden.py --check | --write --culvert PROGRAM

A golden file holds one line for each connection: what it is and why.  It holds no counters, times or flow numbers, so that a change
moves only what it changes.  Besides, every connection must get the label that its folder is named for.
"""
import argparse, difflib, json, os, subprocess, sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
GOLDEN = os.path.join(TOP, 'tests', 'golden')


def captures():
    for folder, _, names in sorted(os.walk(os.path.join(TOP, 'pcaps'))):
        for name in sorted(names):
            if name.endswith(('.pcap', '.pcapng')):
                yield os.path.basename(folder), os.path.relpath(os.path.join(folder, name), TOP)


def flows(culvert, path):
    run = subprocess.run([os.path.abspath(culvert), 'replay', '-o', '-', path], cwd=TOP, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    if run.returncode not in (0, 1):
        sys.exit('golden: %s: exit status %d: %s' % (path, run.returncode, run.stderr.decode('utf8', 'replace')))
    records = [json.loads(line) for line in run.stdout.decode('utf8').splitlines()]
    return [r for r in records if r['event_type'] == 'flow']


def pick(source, *keys):
    return {k: source[k] for k in keys if source.get(k) not in (None, [], '')} if source else {}


def essence(record):
    c = record['culvert']
    out = {'connection': '%s:%s > %s:%s' % (record['src_ip'], record['src_port'], record['dest_ip'], record['dest_port'])}
    out.update(pick(c, 'label', 'because', 'certainty', 'undecided'))
    for key, parts in (('handshake', ('kind', 'protocol', 'target', 'result', 'status', 'tries')),
                       ('relay', ('inner', 'sni', 'sni_vs_target')), ('tunnel', ('tool', 'wrapped', 'target'))):
        found = pick(c.get(key), *parts)
        if found:
            out[key] = found
    out.update(pick(c, 'doubt', 'anomalies'))
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true')
    p.add_argument('--write', action='store_true')
    p.add_argument('--culvert', required=True)
    a = p.parse_args()
    if a.check == a.write:
        p.error('either --check or --write')
    passed = failed = 0
    wanted = set()
    for label, path in captures():
        name = '%s.%s.jsonl' % (label, os.path.splitext(os.path.basename(path))[0])
        wanted.add(name)
        golden = os.path.join(GOLDEN, name)
        found = [essence(r) for r in flows(a.culvert, path)]
        text = ''.join(json.dumps(f, ensure_ascii=False) + '\n' for f in found)
        wrong = ['%s: %s is %s, the folder says %s' % (path, f['connection'], f['label'], label) for f in found if f['label'] != label]
        if not found:
            wrong.append('%s: no connection found' % path)
        if a.write:
            with open(golden, 'w', encoding='utf8') as f:
                f.write(text)
        old = ''
        if os.path.exists(golden):
            with open(golden, encoding='utf8') as f:
                old = f.read()
        if old != text:
            wrong += list(difflib.unified_diff(old.splitlines(), text.splitlines(), 'tests/golden/' + name, path, lineterm='', n=0))
        for line in wrong:
            print('# ' + line)
        print('%s %s' % ('not ok' if wrong else 'ok', path))
        passed += not wrong
        failed += bool(wrong)
    for name in sorted(set(n for n in os.listdir(GOLDEN) if n.endswith('.jsonl')) - wanted):
        print('not ok tests/golden/%s has no capture' % name)
        failed += 1
    print('golden: %d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
