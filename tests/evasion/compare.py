"""The same captures before tshark and ndpiReader: does their answer call the conversation what it is?

Their answers are read as tests/compare.py reads them, as kindly as reason allows.  Neither knows `undecided`: where that is the right
answer, they have none to give, and the case does not count.  Each case as written and byte by byte, over IPv4 unless there is none: both
programs start anew for each capture, and all of them would take ten minutes."""
import importlib.util, os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))


def others():
    spec = importlib.util.spec_from_file_location('others', os.path.join(HERE, '..', 'compare.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(runs, folder):
    other = others()
    by_case = {}
    for run in runs:
        if run.version == run.case.versions[0] and run.variant in ('whole', 'bytes'):
            by_case.setdefault(run.case, []).append(run)
    print(f'{"case":6} {"what it attacks":66} {"what it is":24} {"culvert":>8} {"tshark":>8} {"ndpi":>8}')
    total = [0, 0, 0, 0]
    for case, mine in by_case.items():
        wanted = {label for labels in case.labels for label in labels.split('|')}
        strongest = next(l for l in ('http-tunnel', 'blind-relay', 'plain-http', 'not-http', 'undecided') if l in wanted)
        ours = sum(1 for r in mine if not any(w.startswith('label') for w in r.wrong))
        theirs = [0, 0]
        if strongest != 'undecided':
            for r in mine:
                path = os.path.join(folder, r.name)
                theirs[0] += other.tshark_says(path)[0] in wanted
                theirs[1] += other.ndpi_says(path)[0] in wanted
            total = [total[0] + len(mine), total[1] + ours, total[2] + theirs[0], total[3] + theirs[1]]
        marks = [f'{ours}/{len(mine)}'] + [f'{n}/{len(mine)}' if strongest != 'undecided' else '-' for n in theirs]
        print(f'{case.number:6} {case.attacks[:66]:66} {"|".join(sorted(wanted))[:24]:24} {marks[0]:>8} {marks[1]:>8} {marks[2]:>8}', flush=True)
    print(f'\nof {total[0]} runs that have a label: culvert {total[1]}, tshark {total[2]}, ndpiReader {total[3]} called what they are')
