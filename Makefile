# slabscope: one Makefile, no recursion but for the sanitizer builds; all output below $(B).
# `make help` lists the targets. V=1 shows whole commands. CC, CLANG, CPPFLAGS, CFLAGS and LDFLAGS
# come from the environment or the command line; a change of them builds everything again.

B       ?= build
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
SHARE   ?= $(PREFIX)/share
MANDIR  ?= $(SHARE)/man
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG      ?= clang
BPFTOOL    ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
# Debian's python3 finds Debian's python3-pytest and python3-pyte.
PYTHON     ?= $(firstword $(wildcard /usr/bin/python3) python3)
export PYTHON

# SAN=address,undefined or SAN=thread instruments everything; give such a build a B of its own.
SAN      ?=
# DEFS=-DSLAB_DEBUG, with a B of its own: libslab checks the management of a slab at each change.
DEFS     ?=
# A sanitizer's report ends the program, so that the test fails.
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
# Paths in debug information do not depend on where the source and $(B) are.
MAP      := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(B)/=build/
CFLAGS   ?= -g
# The flags of the user come last, and win.
C_FLAGS  := -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-fno-semantic-interposition -D_GNU_SOURCE -DSLABSCOPE_VERSION='"$(VERSION)"' $(MAP) $(SANFLAGS) $(DEFS) \
	$(CPPFLAGS) $(CFLAGS)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

# ---- recipes ------------------------------------------------------------------------------------
# Targets set these: flags for one kind of object; functions for the linker's --wrap.
KIND  :=
WRAP  :=
# $(call once,NAME,VALUE): the value of NAME, computed at its first use.
once   = $(eval $(1) := $(2))$($(1))
Q     := $(if $(V),,@)
# $(call step,WORD,FILE): the first line of a recipe: it shows what the recipe makes, or makes it from.
step   = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-7s %s\n' $(1) '$(2)')

# $(call compile,WORD,COMPILER AND FLAGS)
define compile
$(call step,$(1),$<)
@mkdir -p $(@D)
$(Q)$(2) -MMD -MP -c -o $@ $<
endef
# $(call link,FLAGS AND LIBRARIES): the target, from its objects and archives.
define link
$(call step,LINK,$@)
@mkdir -p $(@D)
$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) $(WRAP:%=-Wl,--wrap=%) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1)
endef

# $(call packages,--cflags or --libs,NAMES): the answer of pkg-config.
packages = $(shell $(PKG_CONFIG) $(1) $(2))$(if $(filter-out 0,$(.SHELLSTATUS)),$(error cannot make $@: \
	$(PKG_CONFIG) does not find all of: $(2). On Debian run "tests/deps build test"; elsewhere install \
	pkg-config and the development files of these libraries, or set PKG_CONFIG_PATH))

# The flags of this build, written when they differ from those of the last one.
FLAGS = $(CC) $(C_FLAGS) / $(LDFLAGS) / $(CLANG) $(BPF_CFLAGS) / $(BPFTOOL)
.PHONY: FORCE
$(B)/flags: FORCE
	+@mkdir -p $(@D) && echo '$(subst ','\'',$(FLAGS))' > $@.new && \
		if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# X.pic.o is for a shared library; X.shared.o calls the shared libslab; X.bpf.o is a BPF program.
$(B)/%.o: %.c $(B)/flags
	$(call compile,CC,$(CC) $(KIND) $(C_FLAGS))
$(B)/%.pic.o: %.c $(B)/flags
	$(call compile,CC,$(CC) $(KIND) $(C_FLAGS) -fPIC)
$(B)/%.shared.o: %.c $(B)/flags
	$(call compile,CC,$(CC) $(KIND) $(C_FLAGS) -fPIC -DSLAB_NO_INLINE)
$(B)/%.bpf.o: %.bpf.c $(B)/flags
	$(call compile,BPF,$(CLANG) $(BPF_CFLAGS))

# ---- libslab ------------------------------------------------------------------------------------
ALLOC_SRC := $(sort $(wildcard alloc/*.c))
NODELETE  := -Wl,-z,nodelete
SO_FLAGS  := -shared -Wl,-soname,libslab.so.2 $(NODELETE) -Wl,-z,defs -pthread
# Programs call libslab on small stacks: no large frame, and no symbol that is bound at its first call.
# Instrumented builds need larger frames.
SMALL_FRAMES := -fno-plt -fstack-clash-protection -Wvla -Walloca -Wframe-larger-than=1024 \
	-Werror=vla -Werror=alloca -Werror=frame-larger-than=1024
$(B)/alloc/%.o: KIND := -fvisibility=hidden $(if $(SAN),,$(SMALL_FRAMES))
# Plugins may contain it, too.
$(B)/libslab.a: $(ALLOC_SRC:%.c=$(B)/%.pic.o)
	$(call step,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
$(B)/libslab.so: $(ALLOC_SRC:%.c=$(B)/%.pic.o)
	$(call link,$(SO_FLAGS))
	$(Q)ln -sf libslab.so $(B)/libslab.so.2

# ---- BPF programs and their skeletons -----------------------------------------------------------
# The architecture as libbpf names it.
ARCHITECTURES := x86_64:x86 i686:x86 aarch64:arm64 riscv64:riscv s390x:s390 powerpc64le:powerpc loongarch64:loongarch
MACHINE = $(call once,MACHINE,$(firstword $(subst -, ,$(shell $(CC) -dumpmachine))))
ARCH    = $(call once,ARCH,$(or $(patsubst $(MACHINE):%,%,$(filter $(MACHINE):%,$(ARCHITECTURES))),$(MACHINE)))
# Where <asm/types.h> is; only Debian has such a directory.
ASM     = $(call once,ASM,$(addprefix -I/usr/include/,$(shell $(CC) -print-multiarch)))
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -I. -Ivmlinux $(ASM) $(MAP) \
	-Wall -Wextra -Wno-unused-parameter -Wno-missing-declarations
BPF_SKEL := $(patsubst %.bpf.c,$(B)/%.skel.h,$(sort $(wildcard bpf/*.bpf.c))) $(B)/bpf/kernel_untyped.skel.h \
	    $(B)/bpf/kernel_old.skel.h

# The variant without calls of kernel functions, which libbpf looks for in the BTF of the kernel.
$(B)/bpf/kernel_untyped.bpf.o: bpf/kernel.bpf.c $(B)/flags
	$(call compile,BPF,$(CLANG) $(BPF_CFLAGS) -DUNTYPED -MT $@)
# The variant for kernels before 5.19: bpf/kernel_helpers.bpf.h.
$(B)/bpf/kernel_old.bpf.o: bpf/kernel.bpf.c $(B)/flags
	$(call compile,BPF,$(CLANG) $(BPF_CFLAGS) -DUNTYPED -DOLD -MT $@)
$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call step,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@.tmp && mv $@.tmp $@

# ---- slabscope ----------------------------------------------------------------------------------
TOOL_OBJ   := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tool/*/*.c tool/*/*/*.c)))
TOOL_PKG   := libbpf libelf zlib libcap libseccomp ncursesw jansson
TOOL_FLAGS  = $(call once,TOOL_FLAGS,-I. -Itool -I$(B) -Ialloc $(call packages,--cflags,$(TOOL_PKG)))
TOOL_LIBS   = $(call once,TOOL_LIBS,$(call packages,--libs,$(TOOL_PKG)) -lm -pthread)

$(B)/tool/%.o: KIND = $(TOOL_FLAGS)
$(TOOL_OBJ): | $(BPF_SKEL)
$(B)/slabscope: $(TOOL_OBJ) $(B)/libslab.a
	$(call link,$(TOOL_LIBS))

# The manual and the completions come from the table of commands.
COMPLETIONS := $(addprefix $(B)/completion/,slabscope.bash _slabscope slabscope.fish)
GENERATED   := $(B)/slabscope.1 $(COMPLETIONS)
$(B)/slabscope.1: docs/slabscope.1.in $(B)/slabscope
	$(call step,MAN,$@)
	$(Q)$(B)/slabscope help --manual $< > $@
$(B)/completion/slabscope.bash: COMPLETION := bash
$(B)/completion/_slabscope: COMPLETION := zsh
$(B)/completion/slabscope.fish: COMPLETION := fish
$(COMPLETIONS): $(B)/slabscope
	$(call step,SHELL,$@)
	@mkdir -p $(@D)
	$(Q)$(B)/slabscope help --completion $(COMPLETION) > $@

# ---- what people run ----------------------------------------------------------------------------
.PHONY: all lib help deps run clean format
all: $(B)/slabscope $(GENERATED) lib ## build everything in build/, or in B=DIRECTORY (what `make` does)

lib: $(B)/libslab.a $(B)/libslab.so ## build libslab alone

run: ## install what is missing, build, and open the demonstration
	@sh tests/deps build
	@$(MAKE) --no-print-directory all
	@$(B)/slabscope demo

deps: ## install all that building, testing, benchmarks and documentation need (Debian)
	@sh tests/deps build test bench docs

format: ## lay out all code with clang-format
	clang-format -i $(FORMATTED)

clean: ## remove build/
	rm -rf $(B)

help: ## show this list
	@awk -F ':.*## *' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile tests/tests.mk

# The hit sequences, the tables of assembly and the tables of probes are laid out by hand.
HAND_LAID := alloc/slab_hit.h alloc/percpu_rseq.h alloc/percpu_bulk.h alloc/probes.h bpf/hist.h
FORMATTED  = $(filter-out $(HAND_LAID),$(sort $(shell find alloc bpf tests tool vmlinux -name '*.[ch]')))

# ---- installation -------------------------------------------------------------------------------
HEADERS := alloc/slab.h alloc/slab_hit.h alloc/slab_registry.h
# $(call put,MODE,FILES,DIRECTORY)
define put
$(call step,INSTALL,$(2))
$(Q)install -D -m $(1) -t '$(DESTDIR)$(3)' $(2)
endef

.PHONY: install install-tool install-lib uninstall uninstall-tool uninstall-lib
install: install-tool install-lib ## install to PREFIX (/usr/local), below DESTDIR
install-tool: $(B)/slabscope $(GENERATED) ## slabscope, its man page and completions
	$(call put,755,$(B)/slabscope,$(BINDIR))
	$(call put,644,$(B)/slabscope.1,$(MANDIR)/man1)
	$(call put,644,$(B)/completion/_slabscope,$(SHARE)/zsh/site-functions)
	$(call put,644,$(B)/completion/slabscope.fish,$(SHARE)/fish/vendor_completions.d)
	$(call step,INSTALL,$(B)/completion/slabscope.bash)
	$(Q)install -D -m 644 $(B)/completion/slabscope.bash '$(DESTDIR)$(SHARE)/bash-completion/completions/slabscope'
install-lib: lib ## libslab, its headers, man page and pkg-config file
	$(call put,644,$(HEADERS),$(INCDIR))
	$(call put,644,$(B)/libslab.a,$(LIBDIR))
	$(call put,644,docs/libslab.3,$(MANDIR)/man3)
	$(call step,INSTALL,$(B)/libslab.so)
	$(Q)install -D -m 755 $(B)/libslab.so '$(DESTDIR)$(LIBDIR)/libslab.so.$(VERSION)'
	$(Q)ln -sf libslab.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/libslab.so.2'
	$(Q)ln -sf libslab.so.2 '$(DESTDIR)$(LIBDIR)/libslab.so'
	$(Q)mkdir -p '$(DESTDIR)$(LIBDIR)/pkgconfig'
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCDIR@|$(INCDIR)|; s|@VERSION@|$(VERSION)|' \
		alloc/slab.pc.in >'$(DESTDIR)$(LIBDIR)/pkgconfig/slab.pc'
	$(if $(filter /usr/local/lib,$(DESTDIR)$(LIBDIR)),$(Q)[ "$$(id -u)" != 0 ] || PATH=$$PATH:/usr/sbin:/sbin ldconfig)
uninstall: uninstall-tool uninstall-lib ## remove what install wrote
uninstall-tool:
	rm -f $(addprefix $(DESTDIR),$(BINDIR)/slabscope $(MANDIR)/man1/slabscope.1 \
		$(SHARE)/zsh/site-functions/_slabscope $(SHARE)/fish/vendor_completions.d/slabscope.fish \
		$(SHARE)/bash-completion/completions/slabscope)
uninstall-lib:
	rm -f $(addprefix $(DESTDIR),$(addprefix $(INCDIR)/,$(notdir $(HEADERS))) $(LIBDIR)/libslab.a \
		$(addprefix $(LIBDIR)/libslab.so,.$(VERSION) .1) $(LIBDIR)/libslab.so $(LIBDIR)/pkgconfig/slab.pc \
		$(MANDIR)/man3/libslab.3)

include tests/tests.mk
-include $(shell find $(addprefix $(B)/,alloc analysis bpf tool tests) -name '*.d' 2>/dev/null)
