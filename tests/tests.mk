# The tests: their programs, how each is linked, and the targets that run them. The Makefile includes this file.

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
$(B)/tests/unit/alloc_slabinfo: MORE := tool/system/slabinfo.c tool/base/failure.c tool/base/array.c
$(B)/tests/unit/alloc_slabinfo: LDFLAGS += -Wl,--wrap=kmem_cache_tune
$(B)/tests/unit/alloc_slabinfo: tool/system/slabinfo.c tool/system/slabinfo.h tool/base/failure.c tool/base/failure.h \
	tool/base/array.c tool/base/array.h
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
# One size of each in docs/pictures, by Debian's python3-rich (tests/lint/docs.py sees that they are up to date).
.PHONY: pictures
pictures: $(B)/tests/unit/screens
	@/usr/bin/python3 docs/pictures/draw.py $<

.PHONY: progs unit check test test-kernels test-keys bench
progs: $(PROG_BIN) $(PROG_SO) $(GUEST_BIN) $(GUEST_BPF)
unit: $(UNIT_BIN)

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
