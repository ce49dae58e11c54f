// SPDX-License-Identifier: Apache-2.0
//
// Memory of the libraries under host/. By themselves libuv aborts without a word when it has none,
// and OpenSSL refuses a digest that it knows; with base/mem.h both stop with size and place, like
// the rest of the process.
#ifndef PADDOCK_HOST_MEMORY_H
#define PADDOCK_HOST_MEMORY_H

// Give libuv and OpenSSL the plain verbs of base/mem.h. For a server's main, before anything else
// of host/; a client library leaves its user's process alone.
void memory_own(void);

#endif
