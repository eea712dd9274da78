# slabscope: one Makefile, no recursion but for the sanitizer builds; all output below $(B).
# `make help` lists the targets.

B       ?= build
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON  ?= python3

# SAN=address,undefined or SAN=thread, with B of its own, builds everything instrumented.
SAN     ?=
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
OPT     ?= -O2
CFLAGS  ?= -g
override CFLAGS += -std=gnu11 $(OPT) -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-fno-semantic-interposition -D_GNU_SOURCE -DSLABSCOPE_VERSION='"$(VERSION)"' $(SANFLAGS)
override LDFLAGS += $(SANFLAGS)
TOOL_LIBS  := -lbpf -lelf -lz -lncursesw -ltinfo -ljansson -lm -pthread
MULTIARCH  := $(shell $(CC) -print-multiarch)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

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
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -I. -Ivmlinux -I/usr/include/$(MULTIARCH) \
	-Wall -Wextra -Wno-unused-parameter -Wno-missing-declarations

$(B)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<
$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---- slabscope ----------------------------------------------------------------------------------
TOOL_SRC := $(wildcard tool/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)
# Everything but main(), for the tests.
TOOL_LIB := $(filter-out $(B)/tool/main.o,$(TOOL_OBJ))

$(B)/tool/%.o: tool/%.c Makefile | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -I$(B) -Ialloc -MMD -MP -c -o $@ $<
$(B)/slabscope: $(TOOL_OBJ) $(B)/libslab.a
	$(CC) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS)

# ---- tests --------------------------------------------------------------------------------------
# tests/unit/X.c: cmocka, speaks TAP. tests/progs/X.c: programs that the other tests run or trace.
# A line "LINK: ..." in the first lines of a file adds flags; "NO_INLINE" style variants are files.
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
PROG_SRC := $(wildcard tests/progs/*.c)
PROG_BIN := $(PROG_SRC:%.c=$(B)/%)

$(B)/tests/unit/alloc_%: tests/unit/alloc_%.c $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Ialloc -MMD -MP -MF $@.d -o $@ $< $(B)/libslab.a -lcmocka -lm -pthread
$(B)/tests/unit/%: tests/unit/%.c $(TOOL_LIB) $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -I$(B) -Ialloc -Itool -MMD -MP -MF $@.d -o $@ $< $(TOOL_LIB) $(B)/libslab.a \
		-lcmocka $(TOOL_LIBS)
$(B)/tests/progs/%: tests/progs/%.c $(B)/libslab.a Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Ialloc -MMD -MP -MF $@.d -o $@ $< $(B)/libslab.a -pthread

.PHONY: all lib progs unit help
all: $(B)/slabscope $(B)/libslab.a $(B)/libslab.so
lib: $(B)/libslab.a $(B)/libslab.so
progs: $(PROG_BIN)
unit: $(UNIT_BIN)

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
