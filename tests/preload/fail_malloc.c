// SPDX-License-Identifier: Apache-2.0
//
// A malloc that fails once: preloaded into a server (LD_PRELOAD), it lets the FAIL_MALLOC_AT-th
// allocation that the program asks for fail. That is every one of base/mem.h, by which libuv,
// OpenSSL and zlib get theirs; what libc takes for itself (user database, resolver, directories)
// does not count, since glibc 2.36 asserts and crashes without it. When the allocation fails one
// line on standard error says so, and another one at exit how many there were.
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong allocations;
static unsigned long fail_at; // 0: never
static uintptr_t program_start, program_end;

// The program comes first, the libraries after it.
static int find_program(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    program_start = (uintptr_t)info->dlpi_addr;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && end > program_end) {
            program_end = end;
        }
    }
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAIL_MALLOC_AT");
    fail_at = text != NULL ? strtoul(text, NULL, 10) : 0;
    (void)dl_iterate_phdr(find_program, NULL);
}

static void say(const char *what, unsigned long number)
{
    char line[80];
    int len = snprintf(line, sizeof(line), "fail_malloc: %s %lu\n", what, number);
    ssize_t written = write(STDERR_FILENO, line, (size_t)len);
    (void)written;
}

__attribute__((destructor)) static void end(void)
{
    say("allocations", atomic_load(&allocations));
}

static int must_fail(const void *caller)
{
    uintptr_t place = (uintptr_t)caller;
    if (place < program_start || place >= program_end) {
        return 0;
    }
    if (atomic_fetch_add(&allocations, 1) + 1 != fail_at) {
        return 0;
    }
    say("failed", fail_at);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return must_fail(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *p = must_fail(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
    if (p == NULL) {
        return ENOMEM;
    }
    *ret = p;
    return 0;
}
