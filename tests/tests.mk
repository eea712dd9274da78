# The tests: their programs, how each is linked, and the targets that run them. The Makefile includes this file.

# ---- their programs -----------------------------------------------------------------------------
$(B)/tests/%.o: KIND = $(TOOL_FLAGS)
# These need libslab alone, and no package.
$(B)/tests/model/%.o $(B)/tests/progs/%.o $(B)/tests/plugin/%.o: KIND = -Ialloc
# All of slabscope except main().
TOOL_LIB  := $(filter-out $(B)/tool/command/main.o,$(TOOL_OBJ)) $(B)/libslab.a
CMOCKA     = $(call once,CMOCKA,$(call packages,--libs,cmocka))
# A program finds libslab.so where the build leaves it.
SHARED    := -L$(B) -lslab -Wl,-rpath,'$$ORIGIN/../..' -pthread

# tests/unit/X.c: cmocka, speaks TAP. Those of alloc_X.c need libslab alone.
# A sanitizer cannot be linked into libslab.so, which leaves no symbol undefined: no plugin then.
# Under one, stacks of 8 KiB and limits of addresses are too small.
NO_SAN    := alloc_addresses alloc_plugin alloc_stack
UNIT_SRC  := $(filter-out $(if $(SAN),$(NO_SAN:%=tests/unit/%.c)),$(sort $(wildcard tests/unit/*.c)))
UNIT_BIN  := $(UNIT_SRC:%.c=$(B)/%)
SAN_BIN   := $(filter-out $(NO_SAN:%=$(B)/tests/unit/%),$(UNIT_BIN))
UNIT_ALLOC := $(filter $(B)/tests/unit/alloc_%,$(UNIT_BIN))
$(UNIT_ALLOC): $(B)/%: $(B)/%.o $(B)/libslab.a
	$(call link,$(CMOCKA) -lm -pthread)
$(filter-out $(UNIT_ALLOC),$(UNIT_BIN)): $(B)/%: $(B)/%.o $(TOOL_LIB)
	$(call link,$(CMOCKA) $(TOOL_LIBS))
$(B)/tests/unit/alloc_memory $(B)/tests/unit/alloc_container: private WRAP := cpus_possible
$(B)/tests/unit/alloc_events: private WRAP := probe_events probe_alloc probe_free
$(B)/tests/unit/alloc_probes: private WRAP := clock_gettime $(addprefix probe_,refill_start refill_done grow \
	list_move transfer flush slab_destroy)
$(B)/tests/unit/alloc_failure: private WRAP := mmap munmap mprotect probe_notes_lost
# The parser of slabscope reads the table of libslab.
$(B)/tests/unit/alloc_slabinfo: private WRAP := kmem_cache_tune
$(B)/tests/unit/alloc_slabinfo: $(addprefix $(B)/tool/,system/slabinfo.o base/failure.o base/array.o)
$(B)/tests/unit/alloc_plugin: $(B)/tests/unit/plugin.so $(B)/tests/unit/plugin_alone.so
$(B)/tests/unit/plugin.so: $(B)/tests/plugin/plugin.shared.o $(B)/libslab.so
	$(call link,-shared $(SHARED))
$(B)/tests/unit/plugin_alone.so: $(B)/tests/plugin/plugin.shared.o $(B)/libslab.a
	$(call link,-shared $(NODELETE) -pthread)

# tests/progs/X.c: programs that other tests run or trace; X.shared calls the shared library for each hit.
PROG_SRC  := $(sort $(wildcard tests/progs/*.c))
PROG_BIN  := $(PROG_SRC:%.c=$(B)/%)
PROG_SO   := $(PROG_SRC:%.c=$(B)/%.shared)
# A program that is static needs no dynamic linker.
PROG_STATIC := $(B)/tests/progs/family.static
$(PROG_STATIC): $(B)/%.static: $(B)/%.o $(B)/libslab.a
	$(call link,-static -pthread)
# tests/guest/X.c: programs on the tool's own sources; tests/guest/X.bpf.c: BPF objects that they load.
GUEST_BPF := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/guest/*.bpf.c)))
GUEST_BIN := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(sort $(wildcard tests/guest/*.c))))
# tests/bench/: these measure slabscope's own programs; the others measure libslab.
BENCH_TOOL := $(addprefix $(B)/tests/bench/,count_cost pair_cost whole_cost)
BENCH_LIB  := $(addprefix $(B)/tests/bench/,alloc figures)
$(PROG_BIN) $(BENCH_LIB): $(B)/%: $(B)/%.o $(B)/libslab.a
	$(call link,-pthread)
$(PROG_SO) $(B)/tests/bench/alloc.shared: $(B)/%: $(B)/%.o $(B)/libslab.so
	$(call link,$(SHARED))
$(GUEST_BIN) $(BENCH_TOOL): $(B)/%: $(B)/%.o $(TOOL_LIB)
	$(call link,$(TOOL_LIBS))
$(B)/tests/bench/figures: private WRAP := cpus_possible
$(B)/tests/bench/libempty.so: $(B)/tests/bench/empty.pic.o
	$(call link,-shared)
# Contains no libslab, or slabscope would take it for a process of the reference.
$(B)/tests/bench/feed.o: $(B)/bpf/kernel.skel.h
$(B)/tests/bench/feed: $(B)/tests/bench/feed.o
	$(call link,$(call packages,--libs,libbpf libelf zlib))

# tests/model: libslab and a model of it side by side, on random operations.
MODEL_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/model/*.c)))
MODEL_BIN := $(B)/tests/model/differential
FUZZER    := $(if $(filter fuzzer-no-link%,$(SAN)),-fsanitize=fuzzer)
$(MODEL_BIN): $(MODEL_OBJ) $(B)/libslab.a
	$(call link,$(FUZZER) -pthread)

# tests/fuzz: recordings that are read from memory, and mutated at random (tests/unit/trace_fuzz);
# and all else that slabscope reads (tests/unit/readers_fuzz).
FUZZ_OBJ  := $(patsubst %,$(B)/tests/fuzz/%.o,files good hang memory mutate play)
READ_OBJ  := $(patsubst %,$(B)/tests/fuzz/%.o,bytes hang mutate read_files read_registry read_texts readers)
$(B)/tests/unit/trace_fuzz $(B)/tests/fuzz/recordings: private WRAP := open openat close read pread scandirat mmap munmap
$(B)/tests/unit/trace_fuzz: $(FUZZ_OBJ)
$(B)/tests/unit/readers_fuzz $(B)/tests/fuzz/readers: private WRAP := process_vm_readv slabinfo_read kallsyms_open \
	options_wrong
$(B)/tests/unit/readers_fuzz: $(READ_OBJ)

.PHONY: progs unit model
progs: $(PROG_BIN) $(PROG_SO) $(PROG_STATIC) $(GUEST_BIN) $(GUEST_BPF)
unit: $(UNIT_BIN)
model: $(MODEL_BIN)

# ---- instrumented builds of the same sources, each with a directory of its own ------------------
build_in   = @$(MAKE) --no-print-directory B=$(B)/$(1)
# The tests with threads.
TSAN_BIN  := $(B)/tests/unit/alloc_% $(B)/tests/unit/replay_threads
.PHONY: san-asan san-tsan debug
debug: ## libslab and its tests with SLAB_DEBUG, in build/debug
	+$(call build_in,debug) DEFS=-DSLAB_DEBUG $(UNIT_ALLOC:$(B)/%=$(B)/debug/%) model
san-asan: ## everything with ASan and UBSan, in build/san-asan
	+$(call build_in,san-asan) SAN=address,undefined unit model $(B)/san-asan/slabscope
san-tsan: ## the tests with threads, with TSan, in build/san-tsan
	+$(call build_in,san-tsan) SAN=thread $(patsubst $(B)/%,$(B)/san-tsan/%,$(filter $(TSAN_BIN),$(SAN_BIN)))

# libFuzzer chooses operations, or mutates recordings. Its corpora are $(B)/tests/{model,fuzz}/corpus;
# tests/model/corpus holds inputs for the model, as text. With ASan's checks of the stack clang runs out
# of registers for the sequences; the builds with gcc have these checks.
FUZZ_TIME ?= 60
FUZZ_BIN  := $(B)/fuzz/tests/model/differential $(B)/fuzz/tests/fuzz/recordings $(B)/fuzz/tests/fuzz/readers
fuzz_run   = -max_total_time=$(FUZZ_TIME) -len_control=0 -artifact_prefix=$(B)/
$(B)/tests/fuzz/recordings: $(B)/tests/fuzz/fuzz.o $(FUZZ_OBJ) $(TOOL_LIB)
	$(call link,$(FUZZER) $(TOOL_LIBS))
$(B)/tests/fuzz/readers: $(B)/tests/fuzz/fuzz_reader.o $(READ_OBJ) $(TOOL_LIB)
	$(call link,$(FUZZER) $(TOOL_LIBS))
.PHONY: $(FUZZ_BIN) fuzz fuzz-recordings fuzz-readers
$(FUZZ_BIN):
	+$(call build_in,fuzz) CC='$(CLANG)' SAN=fuzzer-no-link,address,undefined DEFS=-DFUZZ \
		CFLAGS='-g -mllvm -asan-stack=0 -Wno-unused-command-line-argument' $@
fuzz: $(B)/fuzz/tests/model/differential ## libslab and its model, driven by libFuzzer for FUZZ_TIME (60) seconds
	@mkdir -p $(B)/tests/model/corpus
	@$(PYTHON) -m tests.model.corpus --unpack $(B)/tests/model/corpus
	$< $(fuzz_run) -max_len=4096 $(B)/tests/model/corpus
fuzz-recordings: $(B)/fuzz/tests/fuzz/recordings ## the readers of recordings, likewise
	@mkdir -p $(B)/tests/fuzz/corpus
	$< $(fuzz_run) -max_len=1000000 -timeout=60 $(B)/tests/fuzz/corpus

READERS   := btf elf registry slabinfo kallsyms config globs processes
fuzz-readers: $(B)/fuzz/tests/fuzz/readers ## the other readers, likewise, FUZZ_TIME seconds each
	@for reader in $(READERS); do mkdir -p $(B)/tests/fuzz/$$reader && \
		FUZZ_READER=$$reader $< $(fuzz_run) -max_len=8192 -timeout=60 $(B)/tests/fuzz/$$reader || exit 1; done

# ---- static analysis ----------------------------------------------------------------------------
# Each file by each tool; a file is analyzed again when it, a header or the flags have changed. What a tool finds is in
# $(B)/analysis; tests/analysis/findings.py fails for each finding that tests/analysis/exceptions.txt does not name.
ANALYZED     := $(filter-out %.bpf.c,$(sort $(ALLOC_SRC) $(wildcard tool/*/*.c tool/*/*/*.c \
	tests/analysis/*.c tests/fuzz/*.c tests/guest/*.c tests/model/*.c tests/progs/*.c)))
ANALYSIS     := $(foreach tool,gcc clang-tidy cppcheck,$(ANALYZED:%.c=$(B)/analysis/%.$(tool)))
GCC          ?= gcc
$(B)/analysis/alloc/%: KIND := -fvisibility=hidden
$(B)/analysis/tool/% $(B)/analysis/tests/%: KIND = $(TOOL_FLAGS)
$(ANALYSIS): | $(BPF_SKEL)
# $(call analyze,WORD,COMMAND)
define analyze
$(call step,$(1),$<)
@mkdir -p $(@D)
$(Q)$(2)
endef
# The list of headers is for all three.
$(B)/analysis/%.gcc: %.c $(B)/flags
	$(call analyze,GCC,$(GCC) $(KIND) $(C_FLAGS) -fanalyzer -fdiagnostics-plain-output -MMD -MP -MF $@.d \
		$(addprefix -MT $(@:.gcc=),.gcc .clang-tidy .cppcheck) -S -o /dev/null $< 2> $@)
$(B)/analysis/%.clang-tidy: %.c .clang-tidy $(B)/flags
	$(call analyze,TIDY,clang-tidy --quiet $< -- $(KIND) $(C_FLAGS) > $@ 2> $@.log || { cat $@ $@.log; exit 1; })
$(B)/analysis/%.cppcheck: %.c tests/tests.mk $(B)/flags
	$(call analyze,CPPCHECK,cppcheck $(CPPCHECK) $< 2> $@)
# Its own knowledge of the C library replaces system headers, but not macros of libbpf.
CPPCHECK     := --quiet --std=c11 --platform=unix64 --enable=warning,performance,portability --template=gcc \
	-I. -Itool -Ialloc -D_GNU_SOURCE -D__x86_64__ '-DLIBBPF_OPTS(type, name, ...)=struct type name = {__VA_ARGS__}' \
	'-Dbpf_object__for_each_program(each, object)=while ((each = bpf_object__next_program(object, each)))' \
	'-Dbpf_object__for_each_map(each, object)=while ((each = bpf_object__next_map(object, each)))'

.PHONY: analyze analysis
analysis: $(ANALYSIS)
analyze: ## static analysis: gcc -fanalyzer, clang-tidy and cppcheck (-j2: 2 minutes; then what has changed)
	@sh tests/deps build test
	@$(MAKE) --no-print-directory analysis
	@tests/run tests/analysis

# ---- the targets that run them ------------------------------------------------------------------
# KEEP=1 makes today's screens the expected ones.
.PHONY: screens check test test-kernels test-keys bench
screens: $(B)/tests/unit/screens ## all screens at all sizes on one page, build/screens.html
	@SCREENS_HTML=$(B)/screens.html $(if $(KEEP),SCREENS_KEEP=1) tests/run $<
	@echo 'screens: $(B)/screens.html'
# tests/lint/docs.py checks that they are up to date.
.PHONY: pictures
pictures: $(B)/tests/unit/screens ## the pictures of docs/screens.md, by Debian's python3-rich
	@sh tests/deps docs
	@$(PYTHON) docs/pictures/draw.py $<

UNIT_ASAN    := $(patsubst $(B)/%,$(B)/san-asan/%,$(SAN_BIN))
UNIT_DEBUG   := $(UNIT_ALLOC:$(B)/%=$(B)/debug/%)
# TSan's builds have no sequences to interrupt.
UNIT_TSAN    := $(patsubst $(B)/%,$(B)/san-tsan/%,$(filter-out %/alloc_rseq,$(filter $(TSAN_BIN),$(SAN_BIN))))
MODEL_TESTS  := $(MODEL_BIN) $(B)/san-asan/tests/model/differential \
	$(B)/debug/tests/model/differential

check: all progs unit model ## the tests that need no virtual machine, in about a minute
	@DIFFERENTIAL_OPS=$${DIFFERENTIAL_OPS:-10000000} tests/run -j 2 -m 'not slow' $(UNIT_BIN) \
		$(MODEL_BIN) tests/model tests/lint tests/e2e

test: ## install what is missing, and run all tests but the kernel matrix
	@sh tests/deps build test docs
	@echo 'test: building'
	@$(MAKE) --no-print-directory all progs unit model
	@echo 'test: building again with ASan and UBSan, and libslab with TSan and with SLAB_DEBUG'
	@$(MAKE) --no-print-directory -s san-asan san-tsan debug $(B)/fuzz/tests/model/differential
	@echo 'test: the kernels for the virtual machines (built once, then cached)'
	@for kernel in $(TEST_KERNELS); do $(PYTHON) tests/vm/kernel.py $$kernel || exit 1; done
	@echo 'test: running'
	@tests/run -j 2 -t 600 -m 'not matrix' $(UNIT_BIN) $(UNIT_ASAN) $(UNIT_TSAN) $(UNIT_DEBUG) $(MODEL_TESTS) \
		tests/model tests/lint tests/e2e tests/vm tests/guest
TEST_KERNELS := slab-6.1 debian-6.1 debian-7.3

test-kernels: ## slabscope on every kernel of the matrix, in virtual machines
	@sh tests/deps build test docs
	@$(MAKE) --no-print-directory all progs unit
	@echo 'test-kernels: the kernels (fetched or built once, then cached)'
	@for kernel in $$($(PYTHON) tests/vm/kernel.py --list); do \
		$(PYTHON) tests/vm/kernel.py $$kernel || :; done
	@tests/run -j 2 -t 2400 -m matrix tests/guest tests/kernels

# `make test` has half a minute of them.
test-keys: ## five minutes of random keys, clicks and sizes, 50,000 at least
	@sh tests/deps build test docs
	@$(MAKE) --no-print-directory all san-asan
	@MONKEY_SECONDS=300 MONKEY_EVENTS=50000 tests/run -t 1800 $(B)/san-asan/tests/unit/monkey \
		tests/e2e/tui_monkey.py

# FAULTS: options of tests/faults/run.py, as `-s record -e 5`. `make test` has a sample.
.PHONY: faults
faults: ## every kind of system call of slabscope fails once, in every plausible way: an hour or two
	@sh tests/deps build test
	@$(MAKE) --no-print-directory all progs
	@$(PYTHON) -m tests.faults.run --progress $(FAULTS)

BENCH_BIN := $(addprefix $(B)/tests/bench/,alloc alloc.shared figures libempty.so) \
	$(B)/slabscope $(addprefix $(B)/tests/progs/,load kload pairs) $(BENCH_TOOL) $(B)/tests/bench/feed \
	$(addprefix $(B)/tests/bench/,peers.bpf.o pairs.bpf.o) \
	$(addprefix $(B)/tests/guest/,refill_cost refill_cost.bpf.o)
bench: ## libslab beside other allocators, and what watching the kernel costs
	@sh tests/deps build test bench
	@$(MAKE) --no-print-directory $(BENCH_BIN)
	@$(PYTHON) -m tests.bench.run $(B)
	@$(PYTHON) -m tests.bench.replay $(B)
	@$(PYTHON) -m tests.bench.kernel $(B)
	@$(PYTHON) -m tests.bench.whole $(B)
	@$(PYTHON) -m tests.bench.record $(B)
	@$(PYTHON) -m tests.bench.rings $(B)
