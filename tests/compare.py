#!/usr/bin/env python3
"""A folder of captures with a truth.jsonl, put before culvert, tshark and ndpiReader: what each of them says.

    compare.py --culvert PROGRAM FOLDER

The answers of the other two are read as kindly as reason allows: for ndpiReader, HTTP_Connect and WebSocket mean a relay and any name of
HTTP's family means HTTP; for tshark, a CONNECT followed by a 2xx, and a 101 other than to h2c, mean a relay, and what it dissects behind
that is the inner protocol.
"""
import argparse, collections, json, os, re, shutil, subprocess, sys

HTTP_FAMILY = {'HTTP', 'HTTP_Proxy', 'HTTP2', 'WebDAV', 'SOAP', 'IPP', 'JSON-RPC', 'UPnP'}
WIDTHS = (26, 26, 44, 32, 32)


def culvert_says(program, path):
    run = subprocess.run([program, 'replay', '-q', '-o', '-', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    best = None
    for line in run.stdout.decode('utf8').splitlines():
        r = json.loads(line)
        if r['event_type'] == 'flow' and (best is None or r['culvert']['label'] in ('blind-relay', 'http-tunnel')):
            best = r['culvert']
    if best is None:
        return 'nothing', []
    relay, tunnel = best.get('relay') or {}, best.get('tunnel') or {}
    return best['label'], relay.get('inner') or tunnel.get('wrapped') or []


def tshark_says(path):
    run = subprocess.run(['tshark', '-r', path, '-T', 'fields', '-E', 'separator=|', '-e', 'frame.protocols', '-e', 'http.request.method',
                          '-e', 'http.response.code', '-e', 'http.upgrade'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    label, inner, asked = 'not-http', [], collections.deque()
    for line in run.stdout.splitlines():
        protocols, methods, codes, upgrade = (line.split('|') + [''] * 4)[:4]
        asked.extend(m for m in methods.split(',') if m)
        if label == 'not-http' and re.search(r':(http|http2)\b', protocols):
            label = 'plain-http'
        for code in (c for c in codes.split(',') if c):
            method = asked.popleft() if asked and not (code.startswith('1') and code != '101') else ''
            if (method == 'CONNECT' and code.startswith('2')) or (code == '101' and 'h2c' not in upgrade.lower()):
                label = 'blind-relay'
        if label == 'blind-relay' and not codes:
            last = re.sub(r'(?<!http):data$', '', protocols).split(':')[-1]
            if last not in ('tcp', 'http') and last not in inner:
                inner.append(last)
        if re.search(r':(sstp|dcerpc)\b', protocols):
            label = 'http-tunnel'
    return label, inner


def ndpi_says(path):
    run = subprocess.run(['ndpiReader', '-t', '-v', '2', '-i', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors='replace')
    found = re.findall(r'^\s*\d+\s+TCP .*?\[proto: [^/]*/([^\]]*)\]', run.stdout, re.M)
    names = [n for f in found for n in f.split('.')]
    if 'HTTP_Connect' in names or 'WebSocket' in names:
        return 'blind-relay', [n.lower() for n in names if n in ('TLS', 'SSH', 'SMTP')]
    return ('plain-http' if any(n in HTTP_FAMILY for n in names) else 'not-http'), []


def text(answer):
    label, inner = answer
    return label + (' (%s)' % '>'.join(inner) if inner else '')


def right(truth, answer):
    alt = truth.get('alt') or []
    return answer[0] == truth['label'] or answer[0] in alt or (truth.get('strict') is False and answer[0] == 'undecided')


def row(*cells):
    return ' '.join(('%-*s' % (w, c)) for w, c in zip(WIDTHS, cells)).rstrip()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--culvert', required=True)
    p.add_argument('folder')
    a = p.parse_args()
    judges = [('culvert', lambda path: culvert_says(os.path.abspath(a.culvert), path))]
    judges += [('tshark', tshark_says)] if shutil.which('tshark') else []
    judges += [('ndpiReader', ndpi_says)] if shutil.which('ndpiReader') else []
    with open(os.path.join(a.folder, 'truth.jsonl'), encoding='utf8') as f:
        truths = [json.loads(line) for line in f]
    print(row('capture', 'truth', *(name for name, _ in judges)))
    score = collections.Counter()
    for truth in truths:
        cells = []
        for name, judge in judges:
            answer = judge(os.path.join(a.folder, truth['pcap']))
            score[name] += right(truth, answer)
            cells.append(text(answer) + ('' if right(truth, answer) else ' *'))
        print(row(truth['pcap'], '%s (%s)' % (truth['label'], truth.get('inner')), *cells))
    print(row('labels right', str(len(truths)), *(str(score[name]) for name, _ in judges)))
    print('* another label than the truth')
    return 0


if __name__ == '__main__':
    sys.exit(main())
