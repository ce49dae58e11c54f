// SPDX-License-Identifier: Apache-2.0
//
// Leader election among the processes that run this with the same path:
//
//     cc examples/leader.c $(pkg-config --cflags --libs paddock) -o leader
//     ./leader zk-0:2181,zk-1:2181 /app/election
//
// Each makes an ephemeral sequential node below the path; who has the lowest number leads, and each
// other one watches the node right before its own, so that the end of a leader wakes one process,
// not all. The node goes with the session. A leader that is cut off from the servers must stop
// before they give its node to another: paddock_lease_ms says how long it may go on.
#include <paddock/paddock.h>

#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 10, NAME_SIZE = 64, PATH_SIZE = 512 };

struct member {
    struct paddock *zk;
    const char *path;       // of the election
    char prefix[NAME_SIZE]; // of our node: names our session, so that we know our node again
    char name[NAME_SIZE];   // of our node, with its number
    bool is_first;          // of the row
    bool is_changed;        // look again
};

static void on_change(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    if (event->type != PADDOCK_EVENT_SESSION) {
        ((struct member *)ctx)->is_changed = true;
    }
}

static const char *number_of(const char *name)
{
    size_t len = strlen(name);
    return len < NUMBER_DIGITS ? name : name + len - NUMBER_DIGITS;
}

static bool is_ours(const struct member *m, const char *name)
{
    return strncmp(name, m->prefix, strlen(m->prefix)) == 0;
}

static int enter(struct member *m)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/%s", m->path, m->prefix);
    return paddock_create(m->zk, path, paddock_text(""), PADDOCK_EPHEMERAL_SEQUENTIAL, NULL);
}

// The name with the highest number below `before`; NULL when there is none.
static const char *find_previous(const struct paddock_result *r, const char *before)
{
    const char *best = NULL;
    for (size_t i = 0; i < r->string_count; i++) {
        const char *number = number_of(r->strings[i]);
        if (strcmp(number, number_of(before)) < 0 &&
            (best == NULL || strcmp(number, number_of(best)) > 0)) {
            best = r->strings[i];
        }
    }
    return best;
}

// Be told when `name` goes.
static int watch(struct member *m, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "%s/%s", m->path, name);
    struct paddock_op op;
    memset(&op, 0, sizeof(op));
    op.type = PADDOCK_OP_EXISTS;
    op.path = path;
    op.watch.fn = on_change;
    op.watch.ctx = m;
    int code = paddock_call(m->zk, &op, NULL);
    if (code == PADDOCK_NO_NODE) {
        m->is_changed = true; // gone already
        return PADDOCK_OK;
    }
    return code;
}

// Take our place in the row: our node is looked for before one is made, since a create whose answer
// was lost may have been executed (fate PADDOCK_UNKNOWN).
static int look(struct member *m)
{
    struct paddock_result *r = NULL;
    int code = paddock_children(m->zk, m->path, &r);
    if (code != PADDOCK_OK) {
        return code;
    }
    m->name[0] = 0;
    for (size_t i = 0; i < r->string_count; i++) {
        if (is_ours(m, r->strings[i])) {
            snprintf(m->name, sizeof(m->name), "%s", r->strings[i]);
        }
    }
    if (m->name[0] == 0) {
        m->is_first = false;
        m->is_changed = true; // look where the new node stands
        code = enter(m);
    } else {
        const char *previous = find_previous(r, m->name);
        m->is_first = previous == NULL;
        code = watch(m, previous != NULL ? previous : m->name);
    }
    paddock_result_free(r);
    return code;
}

// Until the session ends. A leader does its work between the turns, and only while `leads`.
static void take_part(struct member *m)
{
    bool leads = false;
    m->is_changed = true;
    while (paddock_state(m->zk) != PADDOCK_STATE_EXPIRED) {
        if (m->is_changed) {
            m->is_changed = false;
            int code = look(m);
            if (code != PADDOCK_OK) {
                fprintf(stderr, "%s: %s\n", m->path, paddock_code_name(code));
                m->is_changed = true;
            }
        } else {
            paddock_turn(m->zk, m->is_first ? 100 : -1);
        }
        bool may_lead = m->is_first && paddock_lease_ms(m->zk) > 0;
        if (may_lead != leads) {
            leads = may_lead;
            printf("%s %s\n", m->prefix, leads ? "leads" : "pauses");
            fflush(stdout);
        }
    }
}

// A session: connect, make sure of the path, take part.
static int run(const char *servers, const char *path)
{
    struct member m;
    memset(&m, 0, sizeof(m));
    m.path = path;
    struct paddock_options options;
    memset(&options, 0, sizeof(options));
    options.servers = servers;
    options.flags = PADDOCK_NO_THREAD;
    int code = paddock_open(&options, &m.zk);
    if (code == PADDOCK_OK) {
        code = paddock_connect(m.zk, 30000);
    }
    if (code == PADDOCK_OK) {
        code = paddock_create(m.zk, path, paddock_text(""), PADDOCK_PERSISTENT, NULL);
    }
    if (code == PADDOCK_OK || code == PADDOCK_NODE_EXISTS) {
        struct paddock_session_info session;
        paddock_session(m.zk, &session);
        snprintf(m.prefix, sizeof(m.prefix), "member-%016llx-", (unsigned long long)session.id);
        take_part(&m);
        code = PADDOCK_OK;
    }
    paddock_close(m.zk);
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: leader SERVERS PATH\n");
        return 2;
    }
    for (;;) {
        int code = run(argv[1], argv[2]);
        if (code != PADDOCK_OK) {
            fprintf(stderr, "%s: %s\n", argv[1], paddock_code_name(code));
            return 1;
        }
    }
}
