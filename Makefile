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

PACKAGES := gcc make pkg-config libpcap-dev libndpi-dev libmd-dev libcmocka-dev python3 zlib1g-dev
CHECK_PACKAGES := clang clang-format clang-tidy libclang-rt-14-dev cppcheck mandoc universal-ctags tshark libndpi-bin \
	python3-jsonschema shellcheck valgrind

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wvla -Wpointer-arith \
	-Wwrite-strings -Wundef -Werror
OPT    ?= -O2 -g
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CPPFLAGS += -Isrc -D_GNU_SOURCE -DCULVERT_VERSION='"$(VERSION)"'
CFLAGS   += -std=c11 $(OPT) $(HARDEN) $(WARN)
LDFLAGS  += -pie -Wl,-z,relro,-z,now
LDLIBS   = -lpcap $(NDPI_LIBS) -lmd -lm

NDPI_CFLAGS = $(shell pkg-config --cflags libndpi 2>/dev/null)
NDPI_LIBS   = $(shell pkg-config --libs libndpi 2>/dev/null || echo -lndpi)

SRC  := $(wildcard src/*/*.c)
OBJ   = $(SRC:src/%.c=$(B)/obj/%.o)
MAIN := src/main.c
UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*_test.c))

# Unit tests link only the room under test and the floors below it: a forbidden dependency does not link either.
floor_of = $(shell awk '$$2 == "$1" { print $$1 }' tests/floors)
below    = $(shell awk -v f='$(call floor_of,$1)' '/^[0-9]/ && $$1 < f { print $$2 }' tests/floors) $1
objects_for = $(filter $(foreach r,$(call below,$1),$(B)/obj/$r/%),$(OBJ))
room_of  = $(firstword $(subst _, ,$1))

.DEFAULT_GOAL := all
.SECONDARY:
.PHONY: all help setup setup-check run test unit clean

all: $(B)/culvert ## build the program

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages)
	@tests/setup $(PACKAGES)

setup-check:
	@tests/setup $(PACKAGES) $(CHECK_PACKAGES)

$(B)/culvert: $(OBJ) $(B)/obj/main.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/obj/channel/ndpi.o: CPPFLAGS += $(NDPI_CFLAGS)

$(B)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/unit/%: tests/unit/%.c $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(call objects_for,$(call room_of,$*)) -lcmocka $(LDLIBS)

# One test of one room, without building the others:  make unit-http_head
unit-%:
	@$(MAKE) --no-print-directory $(B)/unit-only/$*_test && $(B)/unit-only/$*_test

.SECONDEXPANSION:
$(B)/unit-only/%: tests/unit/%.c $$(call objects_for,$$(call room_of,$$*))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $(filter %.c %.o,$^) -lcmocka $(LDLIBS)

unit: $(UNIT:%=$(B)/unit/%) ## unit tests
	@tests/unit/run $^

clean: ## remove what was built
	rm -rf build

-include $(wildcard $(B)/obj/*.d $(B)/obj/*/*.d $(B)/unit/*.d $(B)/unit-only/*.d)
