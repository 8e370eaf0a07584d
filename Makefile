# culvert -- `make help` lists the targets.  GNU make; no configure step.
#
# Every build lives in a folder of its own below build/, named by what it is for, so that builds do not disturb each
# other: build/ (release), build/check (sanitizers), build/clang, build/fuzz.

B       ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
VERSION := 0.1.0
PREFIX  ?= /usr/local
FUZZ_SECONDS ?= 10
# make V=1 shows the commands.
Q = $(if $(V),,@)
# Further captures with known truth and a scorer; optional, nothing needs them.
CORPUS  ?= ../shared/corpus

PACKAGES := gcc make pkg-config libpcap-dev libndpi-dev libmd-dev libyaml-dev libpcre2-dev libcap-ng-dev libseccomp-dev \
	libmicrohttpd-dev libnetfilter-queue-dev libnetfilter-conntrack-dev libmnl-dev libcmocka-dev \
	python3 python3-jsonschema
CHECK_PACKAGES := clang clang-format clang-tidy libclang-rt-14-dev cppcheck mandoc universal-ctags tshark libndpi-bin \
	shellcheck valgrind libhtp-dev clang-tools gcovr
BENCH_PACKAGES := gnuplot-nox valgrind libndpi-bin

LAB_PACKAGES := httptunnel openssh-client openssh-server tcpdump tcpreplay ethtool curl iproute2 procps squid tinyproxy-bin corkscrew \
	socat iptables conntrack openssl cups cups-client cups-ipp-utils

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wvla -Wpointer-arith \
	-Wwrite-strings -Wundef -Werror
OPT    ?= -O2 -g
# The program is optimised across its rooms: a tenth less time on bulk HTTP, a seventh on short flows.  Tests link the same
# objects as they are.  `make LTO=` builds in half the time.
LTO    ?= $(if $(findstring gcc,$(CC)),-flto=auto -ffat-lto-objects)
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CPPFLAGS += -Isrc -D_GNU_SOURCE -DCULVERT_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 $(OPT) $(HARDEN) $(WARN)
LDFLAGS  += -pie -Wl,-z,relro,-z,now
# nDPI before libmd, so that nDPI finds its own SHA1Init and not libmd's of the same name: see base/digest.c.
LDLIBS   = -lpcap $(NDPI_LIBS) -lmd -lyaml -lpcre2-8 -lcap-ng -lseccomp -lnetfilter_queue -lnetfilter_conntrack -lmnl -lm

NDPI_CFLAGS = $(shell pkg-config --cflags libndpi 2>/dev/null)
NDPI_LIBS   = $(shell pkg-config --libs libndpi 2>/dev/null || echo -lndpi)

SRC  := $(filter-out src/main/%,$(wildcard src/*/*.c))
OBJ   = $(SRC:src/%.c=$(B)/obj/%.o)
MAIN := $(wildcard src/main/*.c)
UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*_test.c))

# Unit tests link only the room under test and the floors below it: a forbidden dependency does not link either.
floor_of = $(shell awk '$$2 == "$1" { print $$1 }' tests/floors)
below    = $(shell awk -v f='$(call floor_of,$1)' '/^[0-9]/ && $$1 < f { print $$2 }' tests/floors) $1
objects_for = $(filter $(foreach r,$(call below,$1),$(B)/obj/$r/%),$(OBJ))
room_of  = $(firstword $(subst _, ,$1))

.DEFAULT_GOAL := all
.SECONDARY:
.PHONY: all release help setup setup-check setup-lab run test tests unit talk golden cli upkeep rules-tests pack differ lab check clang \
	sanitized lint floors sizes format format-check fuzz score compare alerts evasion evasion-compare innocents rates bench bench-rules bench-workers bench-compare bench-instructions bench-growth faults exhaustion uninitialized raced scan coverage differ-htp install clean

all: $(B)/culvert ## build the program

# What is installed and measured is compiled twice by gcc, the second time for what it met in pcaps/: a sixth less time on
# bulk HTTP.  A small flood is met as well, or what only a flood comes to would be compiled to be short and not fast: a sixth of its
# time.  Profiles lie beside the objects and are found by their names; a program that is shut in can't write them, nor can a worker
# that leaves by _exit, and -Wno-missing-profile would hide that.
TRAINED := build/trained
LEARN   := -fprofile-generate -fprofile-update=single -D_exit=exit
LEARNT  := -fprofile-use -fprofile-partial-training -Wno-missing-profile -Wno-maybe-uninitialized
# gcc clears a small struct with `rep stos`, which is slow to begin: one of them had 17 % of the samples in follow() (perf, bulk HTTP), a
# hundredth of the whole.
comma   := ,
CLEARS  := $(if $(findstring gcc,$(CC)),$(if $(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null)),-mmemset-strategy=vector_loop:512:noalign$(comma)libcall:-1:noalign))
# Where it is known what is hot, -O3 is worth 7 % of the instructions of bulk HTTP and of short flows (callgrind).
RELEASE ?= -O3 -g $(CLEARS)
train    = $(MAKE) --no-print-directory B=$(TRAINED) OPT="$(RELEASE) $1" LTO="$2" $(TRAINED)/culvert

release: setup $(TRAINED)/done ## build the program as it is installed

$(TRAINED)/done: $(SRC) $(MAIN) $(wildcard src/*/*.h) Makefile | $(B)/generate
	@rm -rf $(TRAINED)
	$(if $(findstring gcc,$(CC)),+@$(call train,$(LEARN),))
	$(if $(findstring gcc,$(CC)),@$(B)/generate syn 4000 $(TRAINED)/flood.pcap && $(TRAINED)/culvert replay --sandbox off -q --flows 1000 -o /dev/null $(TRAINED)/flood.pcap)
	$(if $(findstring gcc,$(CC)),@$(TRAINED)/culvert replay --sandbox off -q -o /dev/null pcaps && test -s $(TRAINED)/obj/engine/follow.gcda)
	$(if $(findstring gcc,$(CC)),@$(TRAINED)/culvert replay --sandbox off -q -j 2 -o /dev/null pcaps && test -s $(TRAINED)/obj/main/hand.gcda)
	@rm -f $(TRAINED)/flood.pcap
	@find $(TRAINED) '(' -name '*.o' -o -name culvert ')' -delete 2>/dev/null || true
	+@$(call train,$(if $(findstring gcc,$(CC)),$(LEARNT)),$(LTO))
	@touch $@

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages)
	@tests/setup $(PACKAGES)

setup-check:
	@tests/setup $(PACKAGES) $(CHECK_PACKAGES)

# With make -j, too, what is missing is installed before anything is compiled.
ifneq ($(filter release run test lab rates,$(MAKECMDGOALS)),)
$(OBJ) $(MAIN:src/%.c=$(B)/obj/%.o) $(B)/generate: | setup
endif

$(B)/culvert: $(OBJ) $(MAIN:src/%.c=$(B)/obj/%.o)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CFLAGS) $(LTO) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/obj/channel/ndpi.o: CPPFLAGS += $(NDPI_CFLAGS)

$(B)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LTO) -MMD -MP -c -o $@ $<

$(B)/unit/%: tests/unit/%.c $(OBJ)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $< $(call objects_for,$(call room_of,$*)) -lcmocka $(LDLIBS)

# One test of one room, without building the others:  make unit-http_head
unit-%:
	@$(MAKE) --no-print-directory $(B)/unit-only/$*_test && $(B)/unit-only/$*_test

.SECONDEXPANSION:
$(B)/unit-only/%: tests/unit/%.c $$(call objects_for,$$(call room_of,$$*))
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -MMD -MP -MF $@.d -fno-lto $(LDFLAGS) -o $@ $(filter %.c %.o,$^) -lcmocka $(LDLIBS)

run: setup all ## replay every capture in pcaps/: a table of what each connection is
	@mkdir -p $(B)/run
	@$(B)/culvert replay --table -o $(B)/run/events.jsonl pcaps
	@echo "The records, one JSON line each, are in $(B)/run/events.jsonl" >&2

test: setup tests ## unit, talk, golden and command-line tests

tests: $(B)/culvert $(B)/generate $(UNIT:%=$(B)/unit/%) $(B)/talk
	@B=$(B) tests/run "tests/unit/run $(UNIT:%=$(B)/unit/%)" "$(B)/talk tests/talk" \
		"tests/golden.py --check --culvert $(B)/culvert" "tests/cli/run $(B)/culvert" "tests/cli/share $(B)/culvert" \
		"tests/cli/reload $(B)/culvert $(B)/generate" "tests/cli/upkeep $(B)/culvert $(B)/generate" "tests/rules/run $(B)/culvert" \
		"tests/rules/hostile.py $(B)/culvert" "tests/rules/pack $(B)/culvert $(B)/talk" \
		"tests/differ.py --culvert $(B)/culvert"

unit: $(UNIT:%=$(B)/unit/%) ## unit tests
	@tests/unit/run $^

# The player of conversations links every room but main.
PLAYER := $(wildcard tests/talk/*.c) tests/lib/wire.c
$(B)/talk: $(PLAYER) $(wildcard tests/talk/*.h tests/lib/*.h) $(OBJ)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib -Itests/talk $(CFLAGS) -fno-lto $(LDFLAGS) -o $@ $(PLAYER) $(OBJ) $(LDLIBS)

talk: $(B)/talk ## play the conversations of tests/talk
	@$(B)/talk tests/talk

golden: $(B)/culvert ## rewrite tests/golden from what culvert says now
	@tests/golden.py --write --culvert $(B)/culvert

cli: $(B)/culvert $(B)/generate ## tests of the command line
	@tests/cli/run $(B)/culvert
	@tests/cli/share $(B)/culvert
	@tests/cli/reload $(B)/culvert $(B)/generate
	@tests/cli/upkeep $(B)/culvert $(B)/generate

KILLS ?= 200
upkeep: $(B)/culvert $(B)/generate ## what a run of months owes its operator: KILLS of it, full disks, readers that sleep (as root)
	@tests/cli/upkeep $(B)/culvert $(B)/generate $(KILLS)

rules-tests: $(B)/culvert ## rule files: what is said of bad ones, how good ones are printed, what hostile ones cost
	@tests/rules/run $(B)/culvert
	@tests/rules/hostile.py $(B)/culvert

pack: $(B)/culvert $(B)/talk ## check the rules that ship, and run their tests
	@tests/rules/pack $(B)/culvert $(B)/talk

differ: $(B)/culvert ## count messages in pcaps/ beside tshark
	@tests/differ.py --culvert $(B)/culvert

LABS ?= unwrap live
lab: setup-lab $(B)/culvert ## real programs: what tunnels carry comes back byte for byte, live says what replay says
	@JOBS=1 tests/run $(foreach l,$(LABS),"tests/lab/$l $(B)/culvert")

setup-lab:
	@tests/setup $(PACKAGES) $(LAB_PACKAGES)

check: setup-check ## everything: sanitizers, clang, coverage, lint, floors, sizes, format
	@tests/run "$(MAKE) --no-print-directory sanitized"
	@$(MAKE) --no-print-directory clang
	@$(MAKE) --no-print-directory uninitialized raced coverage faults differ-htp
	@$(MAKE) --no-print-directory lint floors sizes format-check

sanitized:
	@RULES_SECONDS=10 $(MAKE) --no-print-directory B=build/check HARDEN= LTO= tests \
		OPT="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DCHECK_BUILD"

# What is read before it was written: units of rooms that need no library but libmd, which a sanitizer of memory does not see into.
UNINITIALIZED := $(filter stream_% http_% verdict_% evidence_% flow_% kin_% handshake_% decode_%,$(UNIT)) \
	base_hash_test base_json_test base_pool_test base_reserve_test base_ring_test base_slice_test base_utf8_test
MEMORY_FLAGS = B=build/memory CC=clang HARDEN= LTO= \
	OPT="-O1 -g -fsanitize=memory -fno-sanitize-recover=all -fno-omit-frame-pointer -DCHECK_BUILD"

uninitialized: ## units of the parsing rooms in a build for MemorySanitizer
	@$(MAKE) --no-print-directory $(MEMORY_FLAGS) $(UNINITIALIZED:%=build/memory/unit-only/%)
	@tests/unit/run $(UNINITIALIZED:%=build/memory/unit-only/%)

# What two sides write at once: workers are processes, which ThreadSanitizer does not see together, so a test plays them as threads.
RACED_FLAGS = B=build/raced CC=clang HARDEN= LTO= OPT="-O1 -g -fsanitize=thread -fno-omit-frame-pointer -DCHECK_BUILD"

raced: ## what processes share, in a build for ThreadSanitizer
	@$(MAKE) --no-print-directory $(RACED_FLAGS) build/raced/unit-only/base_raced_test
	@tests/unit/run build/raced/unit-only/base_raced_test

# By hand, for the paths to what is found: `make lint` has clang-tidy run all of the analyzer's checks over the same files, so
# that `make check` would only wait ten minutes for the same answer.
scan: ## scan-build over the program
	@scan-build --status-bugs --use-cc=clang $(MAKE) --no-print-directory B=build/scan CC=clang HARDEN= LTO= build/scan/culvert

# How much is run by units, talks, captures and rule files.  Not optimised and nothing inlined, so that a branch of the source counts
# once.  A program that is shut in can't write its counts, and threads spoil them.
COUNTED := $(filter-out base_raced_test,$(UNIT))
COVERAGE_FLAGS = B=build/coverage CC=gcc HARDEN= LTO= OPT="-O0 --coverage -Dalways_inline="

coverage: setup-check ## lines and branches that tests run, against floors
	@$(MAKE) --no-print-directory $(COVERAGE_FLAGS) build/coverage/culvert build/coverage/talk $(COUNTED:%=build/coverage/unit/%)
	@find build/coverage -name '*.gcda' -delete
	@tests/unit/run $(COUNTED:%=build/coverage/unit/%)
	@build/coverage/talk -s tests/talk | tail -n 1
	@tests/rules/run build/coverage/culvert | tail -n 1
	@for format in json text; do build/coverage/culvert replay --sandbox off -q -r rules --format $$format -o /dev/null pcaps || exit 1; done
	@tests/coverage build/coverage

differ-htp: $(B)/differ_htp ## the same messages read by libhtp
	@$(B)/differ_htp

$(B)/differ_htp: tests/differ/htp.c tests/lib/two_sides.h $(OBJ)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -fno-lto $(LDFLAGS) -o $@ $< $(call objects_for,http) -lhtp $(LDLIBS)

clang:
	@$(MAKE) --no-print-directory B=build/clang CC=clang HARDEN= build/clang/culvert build/clang/talk

OURS  = $(sort $(wildcard src/*/*.[ch] tests/*/*.[ch]))

lint: ## clang-tidy, cppcheck, mandoc, systemd-analyze, shellcheck
	@tests/lint.sh

floors: ## every include against tests/floors
	@tests/layers.sh

sizes: ## lengths of functions, files and headers
	@tests/sizes.sh

format: ## let clang-format have its way
	@clang-format -i $(OURS)

format-check:
	@clang-format --dry-run -Werror $(OURS) && echo "format: $(words $(OURS)) files as clang-format wants them"

# Fuzzing: clang's libFuzzer over the same sources, FUZZ_SECONDS or T minutes for each target, one on each processor; seeds are the talks and tests/fuzz/corpus.
FUZZ := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_FLAGS = B=build/fuzz CC=clang HARDEN= \
	OPT="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -DCHECK_BUILD"

# Twins of those that take memory: it is refused now and then.
STARVED := decode engine rules stream tunnel

fuzz: ## every fuzz target for FUZZ_SECONDS, or T minutes, and some with too little memory
	@$(MAKE) --no-print-directory $(FUZZ_FLAGS) $(FUZZ:%=build/fuzz/%_fuzz) $(STARVED:%=build/fuzz/%_starved_fuzz) build/fuzz/talk
	@FUZZ_SECONDS=$(if $(T),$$(( $(T) * 60 )),$(FUZZ_SECONDS)) tests/fuzz/run build/fuzz $(FUZZ) $(STARVED:%=%_starved)

# The same objects, but for the names of what takes memory.
$(B)/starved/%.o: $(B)/obj/%.o tests/fuzz/starved
	@mkdir -p $(@D)
	$(Q)objcopy $(if $(filter base/pool,$*),,--redefine-syms=tests/fuzz/starved) $< $@

$(B)/%_starved_fuzz: tests/fuzz/%_fuzz.c tests/fuzz/starve.c tests/lib/wire.c $(OBJ:$(B)/obj/%=$(B)/starved/%)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -DSTARVED=1 -Itests/lib $(CFLAGS) -DLLVMFuzzerTestOneInput=target -c -o $@.o $<
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $@.o $(filter-out $<,$^) $(LDLIBS)

$(B)/%_fuzz: tests/fuzz/%_fuzz.c tests/lib/wire.c $(OBJ)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -DSTARVED=0 -Itests/lib $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< tests/lib/wire.c $(OBJ) $(LDLIBS)

# The Nth call fails, for every N.  The second program was built for AddressSanitizer, which says what leaks then.
LEAKS ?= build/check/culvert
LEAKS_EVERY ?= 10
faults: $(B)/culvert $(B)/shim.so ## each piece of memory, file and write is refused once: nothing crashes, hangs or tears
	@tests/faults/run --culvert $(B)/culvert --shim $(B)/shim.so
	@if [ -x $(LEAKS) ]; then tests/faults/run --culvert $(LEAKS) --shim $(B)/shim.so --every $(LEAKS_EVERY) memory memory-unwrap open write; fi

$(B)/shim.so: tests/faults/shim.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -fPIC -shared -o $@ $< -ldl

score: $(B)/culvert ## right labels on the further captures, when they are there (CORPUS=folder)
	@if [ -f "$(CORPUS)/score.py" ]; then \
		python3 "$(CORPUS)/score.py" --culvert $(B)/culvert --min 99 --no-false http-tunnel --no-false blind-relay \
			$(wildcard $(CORPUS)/lab $(CORPUS)/matrix $(CORPUS)/public); \
	else echo "score: no captures at $(CORPUS): nothing scored"; fi

compare: $(B)/culvert ## the matrix of handshakes: culvert beside tshark and ndpiReader (CORPUS=folder)
	@if [ -f "$(CORPUS)/matrix/truth.jsonl" ]; then tests/compare.py --culvert $(B)/culvert "$(CORPUS)/matrix"; \
	else echo "compare: no captures at $(CORPUS)/matrix: nothing compared"; fi

alerts: $(B)/culvert ## what the shipped rules say of $(CORPUS) and of pcaps/: severities by label
	@for folder in pcaps $(dir $(wildcard $(CORPUS)/*/truth.jsonl)); do echo "$$folder"; \
		tests/rules/alerts.py --culvert $(B)/culvert $$folder || exit 1; done

evasion: $(B)/culvert ## attacks on the stream and on HTTP, each in variants: what culvert says of them
	@python3 tests/evasion/run --culvert $(B)/culvert $(if $(KEEP),--keep $(KEEP))

evasion-compare: $(B)/culvert ## the same captures before tshark and ndpiReader: one line a case
	@python3 tests/evasion/run --compare --culvert $(B)/culvert

innocents: $(B)/culvert ## no false alarm on 30,000 ordinary connections, made in network namespaces (as root)
	@tests/lab/innocents --culvert $(B)/culvert $(if $(KEEP),--keep $(KEEP))

BENCH_MB ?= 500
BENCH_RULES_MB ?= 100
$(B)/generate: tests/bench/generate.c tests/lib/wire.c tests/lib/wire.h
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) $(LDFLAGS) -o $@ tests/bench/generate.c tests/lib/wire.c

$(B)/loop: tests/bench/loop.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -lpcap

rates: release setup-lab $(B)/generate ## how fast packets may come before one is lost: live beside tcpdump and ndpiReader (as root)
	@tests/lab/rates --culvert $(TRAINED)/culvert --generate $(B)/generate

$(B)/attack: $(wildcard tests/exhaustion/*.[ch]) tests/lib/wire.c tests/lib/wire.h
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $@")
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)

exhaustion: $(B)/culvert $(B)/attack $(B)/generate ## attacks by number: memory, time and labels against goals (SHORT=1: a tenth; ONLY="D1 D7")
	@tests/exhaustion/run $(if $(SHORT),--short) --culvert $(B)/culvert --attack $(B)/attack --generate $(B)/generate $(ONLY)

bench: release $(B)/generate $(B)/loop ## CPU time and memory, beside ndpiReader (BENCH_MB=size of each capture)
	@tests/bench/run.sh $(TRAINED)/culvert $(B)/generate $(B)/loop $(BENCH_MB)

bench-workers: release $(B)/generate ## what -j 2 gains in replay (WORKERS="2 4": others)
	@tests/bench/workers.sh $(TRAINED)/culvert $(B)/generate $(BENCH_MB)

bench-compare: release $(B)/generate $(B)/loop ## BASE=REV: that revision and this one, in turn
	@tests/bench/compare.sh $(TRAINED)/culvert "$(BASE)" $(B)/generate $(B)/loop $(BENCH_MB)

# What is installed: callgrind counts the program as it runs, optimised across its rooms and trained.
bench-instructions: release $(B)/generate $(B)/loop ## instructions a packet, by callgrind
	@tests/bench/instructions.sh $(TRAINED)/culvert $(B)/generate $(B)/loop

bench-growth: release $(B)/generate $(B)/loop ## curves in docs/: cost of a packet by open connections and by rules
	@tests/setup $(PACKAGES) $(BENCH_PACKAGES)
	@tests/bench/growth.sh $(TRAINED)/culvert $(B)/generate $(B)/loop docs

bench-rules: release $(B)/generate ## what 10,000 rules cost beside 10 (BENCH_RULES_MB=size of the capture)
	@tests/bench/rules.sh $(TRAINED)/culvert $(B)/generate $(BENCH_RULES_MB)

install: release ## DESTDIR=, PREFIX=
	install -D -m 755 $(TRAINED)/culvert $(DESTDIR)$(PREFIX)/bin/culvert
	for page in $(wildcard docs/*.[1-9]); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	for rules in $(wildcard rules/*.yaml); do \
		install -D -m 644 $$rules $(DESTDIR)$(PREFIX)/share/culvert/rules/$${rules##*/} || exit 1; done
	for schema in $(wildcard docs/*.json); do \
		install -D -m 644 $$schema $(DESTDIR)$(PREFIX)/share/culvert/$${schema##*/} || exit 1; done
	install -D -m 644 docs/service/culvert.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/culvert.conf
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/local,$(PREFIX),g' docs/service/culvert@.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/culvert@.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/culvert@.service

clean: ## remove what was built
	rm -rf build

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/unit/*.d $(B)/unit-only/*.d)
