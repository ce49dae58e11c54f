// SPDX-License-Identifier: Apache-2.0
//
// Heap memory. The plain verbs abort with size and place when memory is out: replicas that
// continue after a lost allocation diverge, which is worse than a restart. The `try_` verbs return
// NULL and are for sizes that came from the network (after a named limit) and for client code.
// All allocation of the project goes through here, so a test can fail the n-th one.
#ifndef PADDOCK_BASE_MEM_H
#define PADDOCK_BASE_MEM_H

#include <stddef.h>

// Memory: returns owned bytes (zeroed for mem_zalloc); release with mem_free. size 0 is legal.
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *old, size_t size);
// At a multiple of `alignment`, a power of two; mem_realloc would lose that.
void *mem_alloc_aligned(size_t alignment, size_t size);
void *mem_try_alloc(size_t size);
void *mem_try_realloc(void *old, size_t size);
char *mem_strdup(const char *text);
void mem_free(void *p); // NULL is legal

// Fail the try_ allocation at which `countdown` reaches zero (1 = the next one); 0 = none. Returns
// what was left of the countdown before, so that a test can stop the count and go on with it.
// Thread: tests only, before threads start.
unsigned mem_fail_after(unsigned countdown);

#endif
