# Short names for the build (Meson and Ninja under build/<config>/).
#   make                    the programs and the client library, CONFIG=release
#   make install            them, header, pkg-config file, man pages: PREFIX=/usr/local, DESTDIR=
#   make run                set this machine up and run a server on port 2181
#   make run-ensemble       the same with three servers, on ports 2181 to 2183
#   make test               set this machine up and pass the tests (about ten minutes on 2 cores)
#   make check              unit and script tests and a minute of simulation
# Others: sim SEED=n, sim-coverage, chaos MINUTES=n [SEED=n] [MIXED=1], fuzz T=name [SECONDS=n],
#         integration, interop, bench, tidy, fmt, golden, clean.
# CONFIG: release, debug (ASan and UBSan), tsan, cov.
CONFIG ?= release
B := build/$(CONFIG)
PORT ?= 2181
PREFIX ?= /usr/local
SECONDS ?= 60
# Debian's package belongs to /usr/bin/python3; another python3 may come first in the path.
PYTEST := $(shell python3 -c 'import pytest, pyte' 2>/dev/null && echo python3 || echo /usr/bin/python3) \
          -m pytest -q -ra

.PHONY: all install deps run run-ensemble test check integration interop sim sim-coverage chaos fuzz bench tidy fmt golden clean

all: deps
	@tools/configure.sh $(CONFIG)
	@ninja --quiet -C $(B) programs

install: all
	@DESTDIR="$(DESTDIR)" tools/install.sh $(B) "$(PREFIX)"

deps:
	@tools/install-deps.sh build

run: all
	@tools/run.sh $(B) $(PORT)

run-ensemble: all
	@tools/run-ensemble.sh $(B) $(PORT)

test: deps
	@tools/test.sh

check: deps
	@tools/check.sh $(CONFIG) $(SUITE)

integration: all
	@tools/install-deps.sh test
	@ninja --quiet -C $(B) preloads test_tools paddock-sim
	@PADDOCKD=$(CURDIR)/$(B)/paddockd $(PYTEST) tests/integration

interop: all
	@tools/install-deps.sh interop
	@ninja --quiet -C $(B) preloads test_tools paddock-sim
	@PADDOCKD=$(CURDIR)/$(B)/paddockd DUMP_DATADIR=$(CURDIR)/$(B)/dump_datadir \
		$(PYTEST) tests/interop

sim: deps
	@tools/sim.sh $(CONFIG) "$(SEED)" "$(SECONDS)" $(SCHEDULES)

sim-coverage: deps
	@tools/configure.sh cov
	@ninja --quiet -C build/cov paddock-sim
	@python3 tools/sim_coverage.py build/cov $(SCHEDULES)

chaos: all
	@tools/install-deps.sh interop
	@ninja --quiet -C $(B) preloads test_tools paddock-sim
	@PADDOCKD=$(CURDIR)/$(B)/paddockd python3 -u -m tests.chaos.run --kazoo --minutes $(or $(MINUTES),0) \
		--rounds $(or $(ROUNDS),1) $(if $(SEED),--seed $(SEED)) $(if $(MIXED),--mixed)

fuzz:
	@tools/install-deps.sh build lint
	@tools/fuzz.sh "$(T)" "$(SECONDS)"

bench: all
	@ninja --quiet -C $(B) bench
	@python3 bench/run.py $(ARGS)

tidy: deps
	@tools/install-deps.sh lint
	@tools/configure.sh debug
	@python3 tools/tidy.py build/debug

fmt:
	@tools/install-deps.sh lint
	@find src sim tests fuzz bench \( -name '*.c' -o -name '*.h' \) 2>/dev/null | xargs clang-format -i

golden: deps
	@GOLDEN=write tools/check.sh debug script

clean:
	rm -rf build
