// SPDX-License-Identifier: Apache-2.0
//
// Print a node now and at every change, also over restarts of the servers and the end of a session:
//
//     cc examples/config_watch.c $(pkg-config --cflags --libs paddock) -o config_watch
//     ./config_watch zk-0:2181,zk-1:2181 /app/config
//
// A watch tells once. So the order is: set the flag down, read and watch anew, print; whatever
// changes after the read sets the flag again. Without a thread of the library everything happens
// inside paddock_turn and paddock_call, and the flag needs no lock.
#include <paddock/paddock.h>

#include <stdio.h>
#include <string.h>

static void on_change(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    if (event->type != PADDOCK_EVENT_SESSION) {
        *(bool *)ctx = true;
    }
}

static void print(const struct paddock_result *r)
{
    printf("version %d: ", (int)r->stat.version);
    fwrite(r->data.bytes, 1, r->data.len, stdout);
    printf("\n");
    fflush(stdout);
}

static int call(struct paddock *zk, enum paddock_op_type type, const char *path, bool *changed,
                struct paddock_result **ret)
{
    struct paddock_op op;
    memset(&op, 0, sizeof(op));
    op.type = type;
    op.path = path;
    op.watch.fn = on_change;
    op.watch.ctx = changed;
    return paddock_call(zk, &op, ret);
}

// Read, print and watch. False when it is to be tried again.
static bool show(struct paddock *zk, const char *path, bool *changed)
{
    struct paddock_result *r = NULL;
    int code = call(zk, PADDOCK_OP_GET, path, changed, &r);
    if (code == PADDOCK_OK) {
        print(r);
    }
    paddock_result_free(r);
    if (code == PADDOCK_NO_NODE) {
        code = call(zk, PADDOCK_OP_EXISTS, path, changed, NULL); // watches for its creation
        if (code == PADDOCK_OK) {
            return false; // created in between
        }
        if (code == PADDOCK_NO_NODE) {
            printf("no node\n");
            fflush(stdout);
            return true;
        }
    }
    if (code != PADDOCK_OK) {
        char trouble[256];
        paddock_trouble(zk, trouble, sizeof(trouble));
        fprintf(stderr, "%s: %s %s\n", path, paddock_code_name(code), trouble);
    }
    return code == PADDOCK_OK;
}

// Until the session ends.
static void follow(struct paddock *zk, const char *path)
{
    bool changed = true;
    while (paddock_state(zk) != PADDOCK_STATE_EXPIRED) {
        if (changed) {
            changed = false;
            if (!show(zk, path, &changed)) {
                changed = true; // requests wait for a server, so this does not spin
            }
        } else {
            paddock_turn(zk, -1);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: config_watch SERVERS PATH\n");
        return 2;
    }
    for (;;) { // a session each
        struct paddock_options options;
        memset(&options, 0, sizeof(options));
        options.servers = argv[1];
        options.flags = PADDOCK_NO_THREAD;
        struct paddock *zk = NULL;
        int code = paddock_open(&options, &zk);
        if (code != PADDOCK_OK) {
            fprintf(stderr, "%s: %s\n", argv[1], paddock_code_name(code));
            return 1;
        }
        follow(zk, argv[2]);
        paddock_close(zk);
    }
}
