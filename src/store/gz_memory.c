// SPDX-License-Identifier: Apache-2.0
//
// The two functions that zlib asks for.
#include "store/gz_memory.h"

#include "base/mem.h"

static voidpf take(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return mem_alloc((size_t)items * size);
}

static void give_back(voidpf opaque, voidpf address)
{
    (void)opaque;
    mem_free(address);
}

void gz_memory_use(z_stream *z)
{
    z->zalloc = take;
    z->zfree = give_back;
    z->opaque = Z_NULL;
}
