// SPDX-License-Identifier: Apache-2.0
//
// The one door to malloc. The countdown that fails the n-th try_ allocation is process-wide on
// purpose: a fault loop must reach every caller without each of them carrying an allocator.
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static unsigned fail_countdown; // 0: never

unsigned mem_fail_after(unsigned countdown)
{
    unsigned left = fail_countdown;
    fail_countdown = countdown;
    return left;
}

static bool must_fail(void)
{
    return fail_countdown > 0 && --fail_countdown == 0;
}

static size_t at_least_one(size_t size)
{
    return size > 0 ? size : 1;
}

static _Noreturn void out_of_memory(size_t size, const void *caller)
{
    char text[96];
    (void)snprintf(text, sizeof(text), "out of memory: %zu bytes for the code at %p", size, caller);
    assert_failed(text, __FILE__, __LINE__);
}

void *mem_alloc(size_t size)
{
    void *p = malloc(at_least_one(size));
    if (p == NULL) {
        out_of_memory(size, __builtin_return_address(0));
    }
    return p;
}

void *mem_zalloc(size_t size)
{
    void *p = calloc(1, at_least_one(size));
    if (p == NULL) {
        out_of_memory(size, __builtin_return_address(0));
    }
    return p;
}

void *mem_realloc(void *old, size_t size)
{
    void *p = realloc(old, at_least_one(size));
    if (p == NULL) {
        out_of_memory(size, __builtin_return_address(0));
    }
    return p;
}

void *mem_alloc_aligned(size_t alignment, size_t size)
{
    void *p = NULL;
    if (posix_memalign(&p, alignment, at_least_one(size)) != 0) {
        out_of_memory(size, __builtin_return_address(0));
    }
    return p;
}

void *mem_try_alloc(size_t size)
{
    return must_fail() ? NULL : malloc(at_least_one(size));
}

void *mem_try_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : realloc(old, at_least_one(size));
}

char *mem_strdup(const char *text)
{
    ASSERT(text != NULL);
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

void mem_free(void *p)
{
    free(p);
}
