"""A few connections of every scenario, copied out of a capture for the repository: one small file for each family."""
import collections, os, socket, struct

import scenario

FILE_BYTES, FILE_CONNECTIONS, EACH, LARGEST = 270000, 38, 4, 70000


def choose(records, connections, budget):
    """Whole visits if they are small enough, the larger first; else single connections, none over half of the budget.
    Where all are large, the smallest will do."""
    visits = collections.defaultdict(list)
    for r in records:
        visits[r['src_ip']].append(r)
    for groups in (list(visits.values()), [[r] for r in records]):
        for most in (budget / 2, budget):
            chosen, left = [], budget
            for size, _, group in sorted(((sum(map(weight, g)), n, g) for n, g in enumerate(groups)), reverse=True):
                if len(chosen) + len(group) <= connections and size <= min(most, left):
                    chosen += group
                    left -= size
            if chosen:
                return chosen
    return [r for r in [min(records, key=weight)] if weight(r) <= LARGEST]


def weight(record):
    """Bytes in a capture file, about."""
    f = record['flow']
    return f['bytes_toserver'] + f['bytes_toclient'] + 50 * (f['pkts_toserver'] + f['pkts_toclient'])


def packets(path):
    """The header of the file, then each packet with its own: (record, who speaks with whom or None)."""
    with open(path, 'rb') as f:
        yield f.read(24), None
        while head := f.read(16):
            data = f.read(struct.unpack('<IIII', head)[2])
            ip, tcp = data[14:], data[14 + (data[14] & 15) * 4:]
            ports = struct.unpack('>HH', tcp[:4])
            ends = [(socket.inet_ntoa(ip[12:16]), ports[0]), (socket.inet_ntoa(ip[16:20]), ports[1])]
            yield head + data, (*ends[0], ends[1][0]) if ends[1][1] == 80 else (*ends[1], ends[0][0])


def write(records, capture, folder):
    """One file for each family, below a folder named for the label that its connections have."""
    of = collections.defaultdict(list)
    for r in records:
        s = scenario.of(r['dest_ip'])
        if r['culvert']['label'] == s.truth and r['flow']['state'] in ('closed', 'reset'):
            of[s].append(r)
    crowd = collections.Counter((s.truth, s.family) for s in of)
    file_of, files = {}, {}
    for s, mine in of.items():
        sort = s.truth, s.family
        for r in choose(mine, min(EACH, FILE_CONNECTIONS // crowd[sort]), FILE_BYTES // crowd[sort]):
            file_of[r['src_ip'], r['src_port'], r['dest_ip']] = sort
    for data, talk in packets(capture):
        if talk is None:
            for truth, family in crowd:
                os.makedirs(os.path.join(folder, truth), exist_ok=True)
                files[truth, family] = open(os.path.join(folder, truth, 'innocents-%s.pcap' % family), 'wb')
                files[truth, family].write(data)
        elif talk in file_of:
            files[file_of[talk]].write(data)
    for f in files.values():
        f.close()
