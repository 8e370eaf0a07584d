#!/usr/bin/env python3
"""Runs commands in turn, several times, and prints for each the median of its CPU time (user + system), its peak memory,
and the median of the time by the clock on the wall.

    measure.py RUNS NAME=COMMAND...       one line each: NAME SECONDS PEAK_KIB WALL_SECONDS
"""
import os, statistics, subprocess, sys, time


def once(command):
    begun = time.monotonic()
    with open(os.devnull, 'w') as null:
        child = subprocess.Popen(command, shell=True, stdout=null, stderr=null)
        _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit('measure: exit status %d: %s' % (os.waitstatus_to_exitcode(status), command))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, time.monotonic() - begun


def main():
    runs, jobs = int(sys.argv[1]), [a.split('=', 1) for a in sys.argv[2:]]
    seen = {name: [] for name, _ in jobs}
    for _ in range(runs):
        for name, command in jobs:
            seen[name].append(once('exec ' + command))
    for name, _ in jobs:
        print(name, '%.3f' % statistics.median(s for s, _, _ in seen[name]), max(m for _, m, _ in seen[name]),
              '%.3f' % statistics.median(w for _, _, w in seen[name]))


if __name__ == '__main__':
    main()
