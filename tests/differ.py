#!/usr/bin/env python3
"""Messages counted beside tshark: in every capture of pcaps/, the number of HTTP/1 requests and of final and interim responses of each
connection, by culvert and by an independent dissector.  What may differ stands in ALLOWED, with the reason.

    differ.py --culvert PROGRAM
"""
import argparse, collections, json, os, shutil, subprocess, sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')

# Part of a capture's path: why the counts may differ there.
ALLOWED = {
    'connect-in-connect': 'tshark counts the CONNECT inside the relay too; culvert counts it in the layer it belongs to',
    'connect-odd-spelling': 'an answer without a status code is none to tshark',
    'rtsp-over-http': 'to tshark, what is on port 554 is RTSP',
    'innocents-uploads': 'BITS_POST is no method to tshark',
    'connects-odd': 'an answer without a status code is none to tshark',
    'relay-inside': 'tshark counts the HTTP inside the relay too',
    'published': 'RDG_IN_DATA and RDG_OUT_DATA are no methods to tshark',
    'framing-odd': 'readers differ on where these messages end: that is what they are made for',
}
# Captures in which connections end within a message, which tshark then does not count: culvert may have one more.
UNFINISHED = 'innocents-'
# Captures of tunnels whose messages never end.
ENDLESS = ('/httptunnel-', '/sstp', '/unnamed-chunked', '/tools-that-poll')


def key(a, ap, b, bp):
    return ' - '.join(sorted(['%s:%s' % (a, ap), '%s:%s' % (b, bp)]))


def by_culvert(culvert, path):
    run = subprocess.run([culvert, 'replay', '-q', '-o', '-', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    counts = collections.Counter()
    for line in run.stdout.decode('utf8').splitlines():
        r = json.loads(line)
        if r['event_type'] != 'flow':
            continue
        k = key(r['src_ip'], r['src_port'], r['dest_ip'], r['dest_port'])
        http = r['culvert'].get('http') or {}
        counts[k, 'requests'] += http.get('requests', 0)
        counts[k, 'responses'] += http.get('responses', 0)
    return counts


def by_tshark(path):
    fields = ['ip.src', 'ipv6.src', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport', 'http.request.method', 'http.response.code']
    command = ['tshark', '-r', path, '-o', 'tcp.reassemble_out_of_order:TRUE', '-o', 'ip.defragment:TRUE',
               # tshark shows a head when its body is complete; the bodies of these tunnels never are, so there it must not wait.
               '-o', 'http.desegment_body:' + ('FALSE' if any(t in path for t in ENDLESS) else 'TRUE'), '-Y', 'http',
               '-T', 'fields', '-E', 'separator=|', '-E', 'aggregator=,']
    for f in fields:
        command += ['-e', f]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    counts = collections.Counter()
    for line in run.stdout.splitlines():
        c = line.split('|')
        # Several layers of IP: the innermost is the last.
        source, target = ((c[0] or c[1]).split(',')[-1], (c[3] or c[4]).split(',')[-1])
        k = key(source, c[2].split(',')[-1], target, c[5].split(',')[-1])
        counts[k, 'requests'] += len([x for x in c[6].split(',') if x])
        counts[k, 'responses'] += len([x for x in c[7].split(',') if x])
    return counts


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--culvert', required=True)
    a = p.parse_args()
    if shutil.which('tshark') is None:
        print('differ: tshark is not installed: nothing compared')
        print('differ: 0 passed, 0 failed')
        return 0
    passed = failed = 0
    for folder, _, names in sorted(os.walk(os.path.join(TOP, 'pcaps'))):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not name.endswith(('.pcap', '.pcapng')):
                continue
            shown = os.path.relpath(path, TOP)
            ours, theirs = by_culvert(os.path.abspath(a.culvert), path), by_tshark(path)
            allowed = (0, 1) if UNFINISHED in name else (0,)
            different = ['%s: %s %s: culvert %d, tshark %d' % (shown, k[0], k[1], ours[k], theirs[k])
                         for k in sorted(set(ours) | set(theirs)) if ours[k] - theirs[k] not in allowed]
            reason = next((why for part, why in ALLOWED.items() if part in shown), None)
            if different and reason:
                print('ok %s (differs: %s)' % (shown, reason))
                passed += 1
                continue
            for line in different:
                print('# ' + line)
            print('%s differ %s' % ('not ok' if different else 'ok', shown))
            passed += not different
            failed += bool(different)
    print('differ: %d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
