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

.PHONY: all lib help deps run install uninstall clean format
all: $(B)/slabscope $(B)/libslab.a $(B)/libslab.so
lib: $(B)/libslab.a $(B)/libslab.so

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
	@echo 'make pictures   the pictures of docs/screens.md, by python3-rich'
	@echo 'make bench      libslab beside glibc, jemalloc, mimalloc and tcmalloc; what watching the kernel costs'
	@echo 'make install    to DESTDIR, PREFIX ($(PREFIX))'
	@echo 'make deps, clean, format'

# ---- what people run -----------------------------------------------------------------------------
deps:
	@sh tests/deps

run: deps
	@$(MAKE) --no-print-directory all
	@$(B)/slabscope demo

include tests/tests.mk

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
