#!/bin/sh
# What compilers do not say: clang-tidy and cppcheck over the sources, mandoc over the manual, systemd-analyze over the
# service, shellcheck over the scripts.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0
jobs=$(nproc)
# All that scan-build runs is among these checks (clang-analyzer-*, over every file), so `make check` has no scan-build of its own:
# `make scan` shows the paths to what is found here.
checks='-*,clang-analyzer-*,bugprone-*,performance-*,portability-*,cert-err34-c,cert-flp30-c,misc-redundant-expression'
# What is left out, and why.  Numbers beside numbers are what parsers take.
checks="$checks,-bugprone-easily-swappable-parameters"
# gcc's -Wconversion, an error in every build, is stricter; products that widen here are of constants and of counts below a hundred.
checks="$checks,-bugprone-narrowing-conversions,-bugprone-implicit-widening-of-multiplication-result"
# It wants Annex K, which no C library here has.
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
# False alarms of version 14: va_start followed by vsnprintf, copies that are not meant to end in NUL, arrays of pointers.
checks="$checks,-clang-analyzer-valist.Uninitialized,-bugprone-not-null-terminated-result,-bugprone-sizeof-expression"
sources=$(find src -name '*.c' | LC_ALL=C sort)
helpers='tests/talk/player.c tests/talk/play.c tests/talk/script.c tests/talk/record.c tests/talk/seeds.c tests/talk/capture.c tests/lib/wire.c'
# shellcheck disable=SC2086,SC2016
echo $sources $helpers | tr ' ' '\n' | xargs -P "$jobs" -n 2 sh -c '
	checks=$1
	shift
	clang-tidy --quiet --warnings-as-errors="*" --checks="$checks" "$@" -- -std=c11 -Isrc -Itests/lib -Itests/talk -D_GNU_SOURCE \
		-DCULVERT_VERSION=\"0\" $(pkg-config --cflags libndpi 2>/dev/null) 2>/dev/null
' tidy "$checks" || failed=1
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -Isrc -D_GNU_SOURCE \
	-DCULVERT_VERSION='"0"' --suppress=missingIncludeSystem --max-configs=4 -j "$jobs" $sources || failed=1
for page in docs/*.[1-9]; do
	[ -e "$page" ] || continue
	mandoc -T lint -W warning "$page" || failed=1
done
# 20 is 2.0: what a hardened service has.
if command -v systemd-analyze >/dev/null; then
	for unit in docs/service/*.service; do
		exposure=$(systemd-analyze --no-pager security --offline=true --threshold=20 "$unit" 2>&1) || {
			printf '%s\n' "$exposure" | grep -v '✓'
			failed=1
		}
	done
else
	echo "lint: service files not looked at: no systemd-analyze"
fi
scripts=$(grep -rlE '^#!/bin/(ba)?sh' tests .ci | LC_ALL=C sort)
# shellcheck disable=SC2086
shellcheck -x $scripts || failed=1
[ "$failed" -eq 0 ] && echo "lint: nothing to say"
exit "$failed"
