// SPDX-License-Identifier: Apache-2.0
//
// A program that asks for many things and takes "no memory" for an answer: out_of_memory SERVERS
// FLAGS. Exits 0 when nothing failed, 1 when something did in a way that want of memory explains,
// 3 otherwise. test_library.py runs it with the n-th allocation failing.
#include <paddock/paddock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void expect(int code)
{
    switch (code) {
    case PADDOCK_OK:
        return;
    case PADDOCK_NO_MEMORY:
    case PADDOCK_CONNECTION_LOSS: // given up for want of memory
    case PADDOCK_NODE_EXISTS:     // what comes of a request whose answer was lost
    case PADDOCK_NO_NODE:
        failures++;
        return;
    default:
        printf("%s\n", paddock_code_name(code));
        exit(3);
    }
}

static void ignore(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    (void)ctx;
}

static void once(struct paddock *zk)
{
    struct paddock_result *r = NULL;
    struct paddock_op op;
    memset(&op, 0, sizeof(op));
    expect(paddock_create(zk, "/memory", paddock_text("x"), PADDOCK_PERSISTENT, NULL));
    op.type = PADDOCK_OP_GET;
    op.path = "/memory";
    op.watch.fn = ignore;
    expect(paddock_call(zk, &op, &r));
    paddock_result_free(r);
    expect(paddock_set(zk, "/memory", paddock_text("longer"), -1, NULL));
    r = NULL;
    expect(paddock_children(zk, "/", &r));
    paddock_result_free(r);
    expect(paddock_delete(zk, "/memory", -1));
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    struct paddock_options options;
    memset(&options, 0, sizeof(options));
    options.servers = argv[1];
    options.flags = (unsigned)strtoul(argv[2], NULL, 10);
    struct paddock *zk = NULL;
    expect(paddock_open(&options, &zk));
    if (zk != NULL) {
        once(zk);
        once(zk);
    }
    paddock_close(zk);
    return failures > 0 ? 1 : 0;
}
