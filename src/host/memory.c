// SPDX-License-Identifier: Apache-2.0
//
// The allocators of libuv and OpenSSL, in their words. A product that wraps becomes SIZE_MAX, which
// nobody has.
#include "host/memory.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <uv.h>

#include "base/assert.h"
#include "base/mem.h"

static void *uv_zalloc(size_t count, size_t size)
{
    size_t bytes;
    return mem_zalloc(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

static void *crypto_alloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return mem_alloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size > 0) {
        return mem_realloc(old, size);
    }
    mem_free(old); // as OpenSSL's own does
    return NULL;
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    mem_free(p);
}

void memory_own(void)
{
    int status = uv_replace_allocator(mem_alloc, mem_realloc, uv_zalloc, mem_free);
    ASSERT(status == 0);
    bool is_first = CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_free) == 1;
    ASSERT(is_first); // before OpenSSL allocates anything
}
