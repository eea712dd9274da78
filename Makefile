# slabscope: one Makefile, no recursion but for the sanitizer builds; all output below $(B).
# `make help` lists the targets.

B       ?= build
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
SHARE   ?= $(PREFIX)/share
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON  ?= python3

# SAN=address,undefined or SAN=thread, with B of its own, builds everything instrumented.
SAN     ?=
# DEFS=-DSLAB_DEBUG, with B of its own: libslab checks a slab's management wherever it changes.
DEFS    ?=
# Whatever they find ends the program, or a test would not fail by it.
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
OPT     ?= -O2
CFLAGS  ?= -g
override CFLAGS += -std=gnu11 $(OPT) -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-fno-semantic-interposition -D_GNU_SOURCE -DSLABSCOPE_VERSION='"$(VERSION)"' $(DEFS) $(SANFLAGS)
LDFLAGS  += $(SANFLAGS)
TOOL_LIBS  := -lbpf -lelf -lz -lcap -lncursesw -ltinfo -ljansson -lm -pthread
MULTIARCH  := $(shell $(CC) -print-multiarch)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# ---- libslab ------------------------------------------------------------------------------------
ALLOC_SRC := $(wildcard alloc/*.c)
ALLOC_OBJ := $(ALLOC_SRC:%.c=$(B)/%.o)
ALLOC_PIC := $(ALLOC_SRC:%.c=$(B)/%.pic.o)

$(B)/alloc/%.o: alloc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fvisibility=hidden -MMD -MP -c -o $@ $<
$(B)/alloc/%.pic.o: alloc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fvisibility=hidden -fPIC -MMD -MP -c -o $@ $<
$(B)/libslab.a: $(ALLOC_OBJ)
	rm -f $@ && ar rcs $@ $^
$(B)/libslab.so: $(ALLOC_PIC)
	$(CC) $(LDFLAGS) -shared -Wl,-soname,libslab.so.1 -Wl,-z,nodelete -Wl,-z,defs -o $@ $^ -pthread
	ln -sf libslab.so $(B)/libslab.so.1

# ---- BPF programs and their skeletons -----------------------------------------------------------
BPF_SRC  := $(wildcard bpf/*.bpf.c)
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h) $(B)/bpf/kernel_untyped.skel.h
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -I. -Ivmlinux -I/usr/include/$(MULTIARCH) \
	-Wall -Wextra -Wno-unused-parameter -Wno-missing-declarations

$(B)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<
# The same without calls of kernel functions, which libbpf wants to find in the kernel's own BTF.
$(B)/bpf/kernel_untyped.bpf.o: bpf/kernel.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -DUNTYPED -MMD -MP -MT $@ -c -o $@ $<
$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---- slabscope ----------------------------------------------------------------------------------
TOOL_SRC := $(wildcard tool/*/*.c tool/*/*/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)
TOOL_INC := -I. -Itool -I$(B) -Ialloc
# Everything but main(), for the tests.
TOOL_LIB := $(filter-out $(B)/tool/command/main.o,$(TOOL_OBJ))

$(B)/tool/%.o: tool/%.c Makefile | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TOOL_INC) -MMD -MP -c -o $@ $<
$(B)/slabscope: $(TOOL_OBJ) $(B)/libslab.a
	$(CC) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS)

# ---- tests --------------------------------------------------------------------------------------
# tests/unit/X.c: cmocka, speaks TAP. tests/progs/X.c: programs that the other tests run or trace.
# A line "LINK: ..." in the first lines of a file adds flags; "NO_INLINE" style variants are files.
comma    := ,
# Sanitizers cannot be linked into a libslab.so that leaves nothing undefined: no plugin for them.
NO_SAN   := alloc_plugin
UNIT_SRC := $(filter-out $(if $(SAN),$(NO_SAN:%=tests/unit/%.c)),$(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
SAN_BIN  := $(filter-out $(NO_SAN:%=$(B)/tests/unit/%),$(UNIT_BIN))
PROG_SRC := $(wildcard tests/progs/*.c)
PROG_BIN := $(PROG_SRC:%.c=$(B)/%)
# The same programs on the shared library, without the inlined hit.
PROG_SO  := $(PROG_SRC:%.c=$(B)/%.shared)

$(B)/tests/unit/alloc_memory: LDFLAGS += -Wl$(comma)--wrap=percpu_possible_cpus
$(B)/tests/unit/alloc_probes: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,clock_gettime $(addprefix probe_,\
	refill_start refill_done grow list_move transfer flush slab_destroy))
$(B)/tests/unit/alloc_events: LDFLAGS += $(addprefix -Wl$(comma)--wrap=probe_,events alloc free)
# slabscope's own parser reads libslab's table.
$(B)/tests/unit/alloc_slabinfo: TOOL_PART := -Itool
$(B)/tests/unit/alloc_slabinfo: MORE := tool/system/slabinfo.c tool/base/failure.c
$(B)/tests/unit/alloc_slabinfo: LDFLAGS += -Wl,--wrap=kmem_cache_tune
$(B)/tests/unit/alloc_slabinfo: tool/system/slabinfo.c tool/system/slabinfo.h tool/base/failure.c tool/base/failure.h
$(B)/tests/unit/alloc_%: tests/unit/alloc_%.c $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Ialloc $(TOOL_PART) -MMD -MP -MF $@.d -o $@ $< $(MORE) $(B)/libslab.a -lcmocka -lm -pthread
$(B)/tests/unit/alloc_failure: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,mmap munmap mprotect)
$(B)/tests/unit/alloc_plugin: $(B)/tests/unit/plugin.so
$(B)/tests/unit/plugin.so: tests/plugin/plugin.c tests/plugin/plugin.h $(B)/libslab.so Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -DSLAB_NO_INLINE -fPIC -shared -Ialloc -o $@ $< -L$(B) -lslab \
		-Wl,-rpath,'$$ORIGIN/../..'
# Recordings that are read from memory (tests/fuzz/files.c), and mutated.
FUZZ_SRC  := $(addprefix tests/fuzz/,files.c good.c memory.c mutate.c play.c)
FUZZ_WRAP := $(addprefix -Wl$(comma)--wrap=,open openat close read pread scandirat mmap munmap)
$(B)/tests/unit/trace_fuzz: MORE := $(FUZZ_SRC)
$(B)/tests/unit/trace_fuzz: LDFLAGS += $(FUZZ_WRAP)
$(B)/tests/unit/trace_fuzz: $(FUZZ_SRC) $(wildcard tests/fuzz/*.h)
$(B)/tests/unit/%: tests/unit/%.c $(TOOL_LIB) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(TOOL_INC) -MMD -MP -MF $@.d -o $@ $< $(MORE) $(TOOL_LIB) $(B)/libslab.a \
		-lcmocka $(TOOL_LIBS)
define PROG_RULES
$(B)/tests/$(1)/%: tests/$(1)/%.c $(B)/libslab.a Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -Ialloc -MMD -MP -MF $$@.d -o $$@ $$< $(B)/libslab.a -pthread
$(B)/tests/$(1)/%.shared: tests/$(1)/%.c $(B)/libslab.so Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -DSLAB_NO_INLINE -Ialloc -MMD -MP -MF $$@.d -o $$@ $$< -L$(B) -lslab \
		-Wl,-rpath,'$$$$ORIGIN/../..' -pthread
endef
$(eval $(call PROG_RULES,progs))
$(eval $(call PROG_RULES,bench))
$(B)/tests/bench/figures: LDFLAGS += -Wl$(comma)--wrap=percpu_possible_cpus
$(B)/tests/bench/libempty.so: tests/bench/empty.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
# tests/guest/X.c: programs on the tool's own sources; tests/guest/X.bpf.c: BPF objects they load.
GUEST_BPF := $(patsubst %.c,$(B)/%.o,$(wildcard tests/guest/*.bpf.c))
GUEST_BIN := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard tests/guest/*.c)))
$(B)/tests/guest/%.bpf.o: tests/guest/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<
$(B)/tests/guest/%: tests/guest/%.c $(TOOL_LIB) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(TOOL_INC) -MMD -MP -MF $@.d -o $@ $< $(TOOL_LIB) $(B)/libslab.a $(TOOL_LIBS)

# The same for tests/bench: these measure slabscope's own programs.
$(B)/tests/bench/%.bpf.o: tests/bench/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<
BENCH_TOOL := $(addprefix $(B)/tests/bench/,count_cost pair_cost)
$(BENCH_TOOL): $(B)/tests/bench/%: tests/bench/%.c $(TOOL_LIB) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(TOOL_INC) -MMD -MP -MF $@.d -o $@ $< $(TOOL_LIB) $(B)/libslab.a $(TOOL_LIBS)
# Without libslab, or slabscope would have found a process of the reference's.
BENCH_FEED := $(B)/tests/bench/feed
$(BENCH_FEED): tests/bench/feed.c $(B)/bpf/kernel.skel.h Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -I$(B) -MMD -MP -MF $@.d -o $@ $< -lbpf -lelf -lz

# tests/model: libslab and a model of it side by side; `make fuzz` lets libFuzzer drive them.
MODEL_SRC := $(wildcard tests/model/*.c)
MODEL_BIN := $(B)/tests/model/differential
FUZZ_TIME ?= 60
$(MODEL_BIN): $(MODEL_SRC) $(wildcard tests/model/*.h) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Ialloc -o $@ $(MODEL_SRC) $(B)/libslab.a -pthread
$(B)/tests/model/fuzz: $(MODEL_SRC) $(ALLOC_SRC) $(wildcard tests/model/*.h alloc/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -fsanitize=fuzzer,address,undefined -mllvm -asan-stack=0 -DFUZZ -Ialloc -o $@ $(MODEL_SRC) \
		$(ALLOC_SRC) -pthread
# (Where ASan looks after the stack, clang runs out of registers for the sequences; gcc's builds do that.)
# Inputs that libFuzzer found worth keeping are text in tests/model/corpus.
.PHONY: fuzz model
model: $(MODEL_BIN)
fuzz: $(B)/tests/model/fuzz
	@mkdir -p $(B)/tests/model/corpus
	@$(PYTHON) tests/model/corpus.py --unpack $(B)/tests/model/corpus
	$< -max_total_time=$(FUZZ_TIME) -max_len=4096 -len_control=0 -artifact_prefix=$(B)/ $(B)/tests/model/corpus

# tests/fuzz: recordings, mutated at random (tests/unit/trace_fuzz) or as libFuzzer chooses. Whatever is found worth
# keeping stays in $(B)/tests/fuzz/corpus.
FUZZ_RECORDINGS := $(B)/fuzz/tests/fuzz/recordings
$(B)/tests/fuzz/recordings: tests/fuzz/fuzz.c $(FUZZ_SRC) $(wildcard tests/fuzz/*.h) $(TOOL_LIB) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer $(FUZZ_WRAP) $(TOOL_INC) -o $@ $< $(FUZZ_SRC) $(TOOL_LIB) \
		$(B)/libslab.a $(TOOL_LIBS)
.PHONY: fuzz-recordings
fuzz-recordings:
	@$(MAKE) --no-print-directory B=$(B)/fuzz CC=$(CLANG) SAN=fuzzer-no-link,address,undefined \
		CFLAGS='-g -mllvm -asan-stack=0' $(FUZZ_RECORDINGS)
	@mkdir -p $(B)/tests/fuzz/corpus
	$(FUZZ_RECORDINGS) -max_total_time=$(FUZZ_TIME) -max_len=1000000 -len_control=0 -timeout=60 \
		-artifact_prefix=$(B)/ $(B)/tests/fuzz/corpus

# Every screen at every size: `make screens` puts them on one page, KEEP=1 keeps how they look now.
.PHONY: screens
screens: $(B)/tests/unit/screens
	@SCREENS_HTML=$(B)/screens.html $(if $(KEEP),SCREENS_KEEP=1) tests/run $<
	@echo 'screens: $(B)/screens.html'

.PHONY: all lib progs unit help deps run check test test-kernels test-keys bench install uninstall clean format
all: $(B)/slabscope $(B)/libslab.a $(B)/libslab.so
lib: $(B)/libslab.a $(B)/libslab.so
progs: $(PROG_BIN) $(PROG_SO) $(GUEST_BIN) $(GUEST_BPF)
unit: $(UNIT_BIN)

help:
	@echo 'make            build $(B)/slabscope, $(B)/libslab.a, $(B)/libslab.so'
	@echo 'make run        install what is missing, build, and open the demonstration'
	@echo 'make test       install what is missing, and run all tests but the kernel matrix'
	@echo 'make check      the tests that need no virtual machine (under a minute)'
	@echo 'make test-kernels  slabscope on every kernel of the matrix, in virtual machines'
	@echo 'make test-keys  five minutes of random keys'
	@echo 'make fuzz       libslab and a model of it, driven by libFuzzer for FUZZ_TIME=$(FUZZ_TIME) seconds'
	@echo 'make fuzz-recordings  what reads recordings, driven by libFuzzer likewise'
	@echo 'make screens    all screens at all sizes on one page: $(B)/screens.html; KEEP=1 keeps them'
	@echo 'make bench      libslab beside glibc, jemalloc, mimalloc and tcmalloc; what watching the kernel costs'
	@echo 'make install    to DESTDIR, PREFIX ($(PREFIX))'
	@echo 'make deps, clean, format'

# ---- what people run -----------------------------------------------------------------------------
deps:
	@sh tests/deps

run: deps
	@$(MAKE) --no-print-directory all
	@$(B)/slabscope demo

# What has threads.
TSAN_BIN := $(B)/tests/unit/alloc_% $(B)/tests/unit/replay_threads
# Instrumented builds of the same sources; each with a directory of its own.
.PHONY: san-asan san-tsan debug
debug:
	@$(MAKE) --no-print-directory B=$(B)/debug DEFS=-DSLAB_DEBUG \
		$(patsubst $(B)/%,$(B)/debug/%,$(filter $(B)/tests/unit/alloc_%,$(UNIT_BIN))) model
san-asan:
	@$(MAKE) --no-print-directory B=$(B)/san-asan SAN=address,undefined unit model \
		$(B)/san-asan/slabscope
san-tsan:
	@$(MAKE) --no-print-directory B=$(B)/san-tsan SAN=thread \
		$(patsubst $(B)/%,$(B)/san-tsan/%,$(filter $(TSAN_BIN),$(SAN_BIN)))

LINT_TESTS   := $(wildcard tests/lint/*.py)
E2E_TESTS    := $(wildcard tests/e2e/*.py)
# These wait for time-outs and for processes that live and die: not for the minute of `make check`.
E2E_SLOW     := $(addprefix tests/e2e/,reference_hostile.py reference_processes.py tui_endings.py \
	cli_endings.py lock_backend.py tui_looks.py workload.py tui_answers.py tui_monkey.py reference_walk.py \
	record.py compare.py playback.py outputs.py tui_screens.py)
# Each on a kernel of each allocator: part of the matrix.
GUEST_MORE   := $(addprefix tests/guest/,btf.py callers.py choice.py cost.py names.py privileges.py)
GUEST_TESTS  := $(filter-out $(GUEST_MORE),$(wildcard tests/vm/test_*.py tests/guest/*.py))
KERNEL_TESTS := $(GUEST_MORE) $(wildcard tests/kernels/*.py)
UNIT_ASAN    := $(patsubst $(B)/%,$(B)/san-asan/%,$(SAN_BIN))
UNIT_DEBUG   := $(patsubst $(B)/%,$(B)/debug/%,$(filter $(B)/tests/unit/alloc_%,$(UNIT_BIN)))
# TSan's builds have no sequences to interrupt.
UNIT_TSAN    := $(patsubst $(B)/%,$(B)/san-tsan/%,$(filter-out %/alloc_rseq,$(filter $(TSAN_BIN),$(SAN_BIN))))
MODEL_TESTS  := $(MODEL_BIN) $(wildcard tests/model/*.py) $(B)/san-asan/tests/model/differential \
	$(B)/debug/tests/model/differential

check: all progs unit model
	@DIFFERENTIAL_OPS=$${DIFFERENTIAL_OPS:-10000000} tests/run -j 2 $(UNIT_BIN) $(MODEL_BIN) \
		tests/model/corpus.py $(LINT_TESTS) $(filter-out $(E2E_SLOW),$(E2E_TESTS))

test: deps
	@echo 'test: building'
	@$(MAKE) --no-print-directory all progs unit model
	@echo 'test: building again with ASan and UBSan, and libslab with TSan and with SLAB_DEBUG'
	@$(MAKE) --no-print-directory -s san-asan san-tsan debug $(B)/tests/model/fuzz
	@echo 'test: the kernels for the virtual machines (built once, then cached)'
	@for kernel in $(TEST_KERNELS); do $(PYTHON) tests/vm/kernel.py $$kernel || exit 1; done
	@echo 'test: running'
	@tests/run -j 2 -t 600 $(UNIT_BIN) $(UNIT_ASAN) $(UNIT_TSAN) $(UNIT_DEBUG) $(MODEL_TESTS) \
		$(LINT_TESTS) $(E2E_TESTS) $(GUEST_TESTS)
TEST_KERNELS := slab-6.1 debian-6.1 debian-7.3

test-kernels: deps
	@$(MAKE) --no-print-directory all progs unit
	@echo 'test-kernels: the kernels (fetched or built once, then cached)'
	@for kernel in $$($(PYTHON) tests/vm/kernel.py --list); do \
		$(PYTHON) tests/vm/kernel.py $$kernel || :; done
	@tests/run -j 2 -t 2400 $(KERNEL_TESTS)

# Random keys, clicks and sizes for five minutes, 50,000 at least; make test has half a minute of them.
test-keys: deps
	@$(MAKE) --no-print-directory all san-asan
	@MONKEY_SECONDS=300 MONKEY_EVENTS=50000 tests/run -t 1800 $(B)/san-asan/tests/unit/monkey \
		tests/e2e/tui_monkey.py

BENCH_BIN := $(addprefix $(B)/tests/bench/,alloc alloc.shared figures libempty.so) \
	$(B)/slabscope $(B)/tests/progs/load $(B)/tests/progs/kload $(BENCH_TOOL) $(BENCH_FEED) \
	$(addprefix $(B)/tests/bench/,peers.bpf.o pairs.bpf.o) \
	$(addprefix $(B)/tests/guest/,refill_cost refill_cost.bpf.o)
bench: deps
	@$(MAKE) --no-print-directory $(BENCH_BIN)
	@$(PYTHON) tests/bench/run.py $(B)
	@$(PYTHON) tests/bench/replay.py $(B)
	@$(PYTHON) tests/bench/kernel.py $(B)
	@$(PYTHON) tests/bench/record.py $(B)

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCDIR) $(DESTDIR)$(MANDIR)/man1
	install -m 755 $(B)/slabscope $(DESTDIR)$(BINDIR)/
	install -m 644 alloc/slab.h alloc/slab_hit.h alloc/slab_registry.h $(DESTDIR)$(INCDIR)/
	install -m 644 $(B)/libslab.a $(DESTDIR)$(LIBDIR)/
	install -m 755 $(B)/libslab.so $(DESTDIR)$(LIBDIR)/libslab.so.$(VERSION)
	ln -sf libslab.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libslab.so.1
	ln -sf libslab.so.1 $(DESTDIR)$(LIBDIR)/libslab.so
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCDIR@|$(INCDIR)|; s|@VERSION@|$(VERSION)|' \
		alloc/slab.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/slab.pc
	install -m 644 docs/slabscope.1 $(DESTDIR)$(MANDIR)/man1/
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man3 docs/libslab.3
	install -D -m 644 completion/slabscope.bash $(DESTDIR)$(SHARE)/bash-completion/completions/slabscope
	install -D -m 644 -t $(DESTDIR)$(SHARE)/zsh/site-functions completion/_slabscope
	install -D -m 644 -t $(DESTDIR)$(SHARE)/fish/vendor_completions.d completion/slabscope.fish

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/slabscope $(DESTDIR)$(LIBDIR)/libslab.a $(DESTDIR)$(LIBDIR)/libslab.so* \
		$(DESTDIR)$(LIBDIR)/pkgconfig/slab.pc $(DESTDIR)$(MANDIR)/man1/slabscope.1 $(DESTDIR)$(MANDIR)/man3/libslab.3 \
		$(DESTDIR)$(SHARE)/bash-completion/completions/slabscope \
		$(DESTDIR)$(SHARE)/zsh/site-functions/_slabscope \
		$(DESTDIR)$(SHARE)/fish/vendor_completions.d/slabscope.fish \
		$(addprefix $(DESTDIR)$(INCDIR)/,slab.h slab_hit.h slab_registry.h)

# The hit sequences, the tables of assembly and of probes are laid out by hand.
format:
	clang-format -i $(FORMATTED)
FORMATTED := $(filter-out $(HAND_LAID),$(shell git ls-files "*.c" "*.h"))
HAND_LAID := alloc/slab_hit.h alloc/percpu_rseq.h alloc/percpu_bulk.h alloc/probes.h bpf/hist.h

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
