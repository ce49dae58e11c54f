// SPDX-License-Identifier: Apache-2.0
//
// getrandom(2) in blocks of 256 bytes, which it fills whole once the kernel's pool is seeded.
#include "host/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/list.h"

static void refill(struct host_entropy *e)
{
    ssize_t len;
    do {
        len = getrandom(e->block, sizeof(e->block), 0);
    } while (len < 0 && errno == EINTR);
    ASSERT(len == (ssize_t)sizeof(e->block));
    e->left = sizeof(e->block) / sizeof(e->block[0]);
}

static uint64_t next(struct port_entropy *port)
{
    struct host_entropy *e = CONTAINER_OF(port, struct host_entropy, port);
    if (e->left == 0) {
        refill(e);
    }
    uint64_t number = e->block[--e->left];
    e->block[e->left] = 0; // a secret is handed out once and not kept
    return number;
}

void entropy_init(struct host_entropy *e)
{
    *e = (struct host_entropy){.port = {.next = next}};
}
