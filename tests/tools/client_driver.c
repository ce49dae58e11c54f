// SPDX-License-Identifier: Apache-2.0
//
// The client library behind a line protocol, for tests in other languages: one command a line on
// standard input, one line of answer on standard output, and a line "event ..." whenever one comes.
//
//     open SERVERS TIMEOUT_MS [nothread] [readonly] [keep]   then one handle is open
//     create PATH DATA [MODE] | get PATH [watch] | exists PATH [watch] | children PATH [watch] ...
//     hammer THREADS COUNT PATH    many threads, blocking calls and callbacks at once
//
// An answer begins with the name of the code; "-" stands for nothing. It uses the public header
// and nothing else.
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paddock/paddock.h"

enum { WORDS_MAX = 16, THREADS_MAX = 32 };

struct driver {
    struct paddock *zk;
    struct paddock_session_info saved; // of the session that was abandoned
    char *words[WORDS_MAX];       // of the command
    size_t count;
};

// ---- output ----

static void on_event(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    printf("event %s %d %d %s\n", (const char *)ctx, (int)event->type, (int)event->state,
           event->path != NULL ? event->path : "-");
    (void)fflush(stdout);
}

static const char *fate_name(enum paddock_fate fate)
{
    switch (fate) {
    case PADDOCK_ANSWERED:
        return "answered";
    case PADDOCK_NOT_SENT:
        return "not-sent";
    case PADDOCK_UNKNOWN:
        break;
    }
    return "unknown";
}

static void print_result(const struct paddock_result *r)
{
    printf(" path=%s version=%d owner=%" PRIx64 " number=%" PRId64, r->path != NULL ? r->path : "-",
           r->stat.version, (uint64_t)r->stat.ephemeral_owner, r->number);
    if (r->data.bytes == NULL) {
        printf(" data=-");
    } else {
        printf(" data=%zu:%.*s", r->data.len, (int)(r->data.len < 100 ? r->data.len : 100),
               (const char *)r->data.bytes);
    }
    for (size_t i = 0; i < r->string_count; i++) {
        printf(" string=%s", r->strings[i]);
    }
    for (size_t i = 0; i < r->acl_count; i++) {
        printf(" acl=%d:%s:%s", (int)r->acl[i].perms, r->acl[i].scheme, r->acl[i].id);
    }
}

static void answer(int code, const struct paddock_result *r)
{
    printf("%s", paddock_code_name(code));
    if (r != NULL) {
        printf(" %s", fate_name(r->fate));
        print_result(r);
        for (size_t i = 0; i < r->part_count; i++) {
            printf(" | %s", paddock_code_name(r->parts[i].code));
            print_result(&r->parts[i]);
        }
    }
    printf("\n");
}

static void call(struct driver *d, const struct paddock_op *op)
{
    struct paddock_result *r;
    int code = paddock_call(d->zk, op, &r);
    answer(code, r);
    paddock_result_free(r);
}

// ---- words ----

static const char *word(const struct driver *d, size_t i)
{
    return i < d->count ? d->words[i] : "";
}

static bool has_word(const struct driver *d, const char *text)
{
    for (size_t i = 1; i < d->count; i++) {
        if (strcmp(d->words[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static int number(const struct driver *d, size_t i)
{
    return (int)strtol(word(d, i), NULL, 10);
}

static struct paddock_watch wanted_watch(const struct driver *d)
{
    static char name[] = "watch";
    return has_word(d, "watch") ? (struct paddock_watch){on_event, name}
                                : (struct paddock_watch){NULL, NULL};
}

// ---- the handle ----

static void do_open(struct driver *d)
{
    static char name[] = "main";
    struct paddock_options o = {
        .servers = word(d, 1),
        .session_timeout_ms = number(d, 2),
        .request_timeout_ms = 20000,
        .flags = (has_word(d, "nothread") ? PADDOCK_NO_THREAD : 0U) |
                 (has_word(d, "readonly") ? PADDOCK_READ_ONLY_OK : 0U) |
                 (has_word(d, "keep") ? PADDOCK_KEEP_ORDER : 0U),
        .on_event = on_event,
        .ctx = name,
    };
    if (has_word(d, "resume")) {
        o.session_id = d->saved.id;
        o.password = paddock_bytes_of(d->saved.password, sizeof(d->saved.password));
    }
    answer(paddock_open(&o, &d->zk), NULL);
}

static void do_connect(struct driver *d)
{
    answer(paddock_connect(d->zk, number(d, 1)), NULL);
}

static void do_close(struct driver *d)
{
    answer(paddock_close_within(d->zk, d->count > 1 ? number(d, 1) : 2000), NULL);
    d->zk = NULL;
}

static void do_abandon(struct driver *d)
{
    paddock_session(d->zk, &d->saved);
    paddock_abandon(d->zk);
    d->zk = NULL;
    answer(PADDOCK_OK, NULL);
}

static void do_status(struct driver *d)
{
    struct paddock_session_info s;
    char trouble[300];
    paddock_session(d->zk, &s);
    paddock_trouble(d->zk, trouble, sizeof(trouble));
    printf("Ok state=%d session=%" PRIx64 " timeout=%d server=%s lease=%d trouble=%s\n",
           (int)paddock_state(d->zk), (uint64_t)s.id, s.timeout_ms, s.server,
           paddock_lease_ms(d->zk), trouble);
}

static void do_servers(struct driver *d)
{
    answer(paddock_set_servers(d->zk, word(d, 1)), NULL);
}

static void do_turn(struct driver *d)
{
    paddock_turn(d->zk, number(d, 1));
    answer(PADDOCK_OK, NULL);
}

// ---- requests ----

static void do_create(struct driver *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                            .path = word(d, 1),
                            .data = paddock_text(word(d, 2)),
                            .mode = (enum paddock_mode)number(d, 3),
                            .ttl_ms = number(d, 4)};
    call(d, &op);
}

// A node of the given size, to see where limits are.
static void do_create_large(struct driver *d)
{
    size_t size = (size_t)number(d, 2);
    char *data = calloc(1, size + 1);
    if (data == NULL) {
        abort();
    }
    struct paddock_op op = {
        .type = PADDOCK_OP_CREATE, .path = word(d, 1), .data = paddock_bytes_of(data, size)};
    call(d, &op);
    free(data);
}

static void do_set(struct driver *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = word(d, 1),
                            .data = paddock_text(word(d, 2)),
                            .is_versioned = d->count > 3,
                            .version = number(d, 3)};
    call(d, &op);
}

static void do_delete(struct driver *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE,
                            .path = word(d, 1),
                            .is_versioned = d->count > 2,
                            .version = number(d, 2)};
    call(d, &op);
}

static void path_call(struct driver *d, enum paddock_op_type type)
{
    struct paddock_op op = {.type = type,
                            .path = d->count > 1 ? word(d, 1) : NULL,
                            .watch = wanted_watch(d),
                            .is_recursive = has_word(d, "recursive")};
    call(d, &op);
}

static void do_get(struct driver *d)
{
    path_call(d, PADDOCK_OP_GET);
}

static void do_exists(struct driver *d)
{
    path_call(d, PADDOCK_OP_EXISTS);
}

static void do_children(struct driver *d)
{
    path_call(d, PADDOCK_OP_GET_CHILDREN);
}

static void do_sync(struct driver *d)
{
    path_call(d, PADDOCK_OP_SYNC);
}

static void do_acl(struct driver *d)
{
    path_call(d, PADDOCK_OP_GET_ACL);
}

static void do_ephemerals(struct driver *d)
{
    path_call(d, PADDOCK_OP_GET_EPHEMERALS);
}

static void do_count(struct driver *d)
{
    path_call(d, PADDOCK_OP_COUNT_CHILDREN);
}

static void do_whoami(struct driver *d)
{
    path_call(d, PADDOCK_OP_WHO_AM_I);
}

static void do_add_watch(struct driver *d)
{
    path_call(d, PADDOCK_OP_ADD_WATCH);
}

static void do_remove_watches(struct driver *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_REMOVE_WATCHES,
                            .path = word(d, 1),
                            .watch_kind = (enum paddock_watch_kind)number(d, 2),
                            .watch = wanted_watch(d),
                            .is_local = has_word(d, "local")};
    call(d, &op);
}

static void do_set_acl(struct driver *d)
{
    struct paddock_acl acl = {number(d, 4), word(d, 2), word(d, 3)};
    struct paddock_op op = {
        .type = PADDOCK_OP_SET_ACL, .path = word(d, 1), .acl = &acl, .acl_count = 1};
    call(d, &op);
}

static void do_auth(struct driver *d)
{
    answer(paddock_add_auth(d->zk, word(d, 1), paddock_text(word(d, 2))), NULL);
}

static void do_reconfig(struct driver *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_RECONFIG, .joining = word(d, 1)};
    call(d, &op);
}

// multi create:/a delete:/b set:/c check:/d, or multi-read get:/a children:/b
static void call_multi(struct driver *d, enum paddock_op_type type)
{
    static const struct {
        const char *name;
        enum paddock_op_type type;
    } names[] = {{"create:", PADDOCK_OP_CREATE}, {"delete:", PADDOCK_OP_DELETE},
                 {"set:", PADDOCK_OP_SET},       {"check:", PADDOCK_OP_CHECK},
                 {"get:", PADDOCK_OP_GET},       {"children:", PADDOCK_OP_GET_CHILDREN}};
    struct paddock_op parts[WORDS_MAX] = {{.type = PADDOCK_OP_GET}};
    for (size_t i = 1; i < d->count; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            size_t len = strlen(names[k].name);
            if (strncmp(d->words[i], names[k].name, len) == 0) {
                parts[i - 1] = (struct paddock_op){.type = names[k].type,
                                                   .path = d->words[i] + len,
                                                   .data = paddock_text("multi")};
            }
        }
    }
    struct paddock_op op = {.type = type, .parts = parts, .part_count = d->count - 1};
    call(d, &op);
}

static void do_multi(struct driver *d)
{
    call_multi(d, PADDOCK_OP_MULTI);
}

static void do_multi_read(struct driver *d)
{
    call_multi(d, PADDOCK_OP_MULTI_READ);
}

// ---- many threads ----

struct hammer {
    struct paddock *zk;
    const char *path;
    int count;
    pthread_mutex_t mutex;
    int answered, failed, called_back, refused;
};

static void note(struct hammer *h, int code, enum paddock_fate fate, bool is_callback)
{
    (void)pthread_mutex_lock(&h->mutex);
    h->answered += code == PADDOCK_OK ? 1 : 0;
    h->failed += code != PADDOCK_OK ? 1 : 0;
    h->refused += fate == PADDOCK_NOT_SENT ? 1 : 0;
    h->called_back += is_callback ? 1 : 0;
    (void)pthread_mutex_unlock(&h->mutex);
}

static void on_done(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    note(ctx, r->code, r->fate, true);
}

static void *strike(void *ctx)
{
    struct hammer *h = ctx;
    struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                            .path = h->path,
                            .data = paddock_text("hammer"),
                            .mode = PADDOCK_PERSISTENT_SEQUENTIAL};
    for (int i = 0; i < h->count; i++) {
        int code = paddock_submit(h->zk, &op, on_done, h);
        if (code != PADDOCK_OK) {
            note(h, code, PADDOCK_NOT_SENT, true);
        }
        struct paddock_result *r;
        code = paddock_call(h->zk, &op, &r);
        note(h, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, false);
        paddock_result_free(r);
    }
    return NULL;
}

static void do_hammer(struct driver *d)
{
    int threads = number(d, 1) < THREADS_MAX ? number(d, 1) : THREADS_MAX;
    struct hammer h = {.zk = d->zk, .path = word(d, 3), .count = number(d, 2)};
    pthread_t ids[THREADS_MAX];
    (void)pthread_mutex_init(&h.mutex, NULL);
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, strike, &h) != 0) {
            abort();
        }
    }
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(ids[i], NULL);
    }
    (void)paddock_sync(d->zk, "/"); // callbacks of what was submitted before have run then
    (void)pthread_mutex_lock(&h.mutex);
    printf("Ok answered=%d failed=%d called_back=%d not_sent=%d\n", h.answered, h.failed,
           h.called_back, h.refused);
    (void)pthread_mutex_unlock(&h.mutex);
}

// ---- commands ----

static const struct {
    const char *name;
    void (*run)(struct driver *d);
} commands[] = {
    {"open", do_open},
    {"connect", do_connect},
    {"close", do_close},
    {"abandon", do_abandon},
    {"status", do_status},
    {"servers", do_servers},
    {"turn", do_turn},
    {"create", do_create},
    {"create-large", do_create_large},
    {"set", do_set},
    {"delete", do_delete},
    {"get", do_get},
    {"exists", do_exists},
    {"children", do_children},
    {"sync", do_sync},
    {"acl", do_acl},
    {"set-acl", do_set_acl},
    {"ephemerals", do_ephemerals},
    {"count", do_count},
    {"whoami", do_whoami},
    {"add-watch", do_add_watch},
    {"remove-watches", do_remove_watches},
    {"auth", do_auth},
    {"reconfig", do_reconfig},
    {"multi", do_multi},
    {"multi-read", do_multi_read},
    {"hammer", do_hammer},
};

static void split(struct driver *d, char *line)
{
    d->count = 0;
    char *rest = NULL;
    for (char *w = strtok_r(line, " \n", &rest); w != NULL && d->count < WORDS_MAX;
         w = strtok_r(NULL, " \n", &rest)) {
        d->words[d->count++] = w;
    }
}

int main(void)
{
    struct driver d = {0};
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        split(&d, line);
        bool is_known = false;
        for (size_t i = 0; d.count > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
            if (strcmp(commands[i].name, d.words[0]) == 0) {
                is_known = true;
                commands[i].run(&d);
            }
        }
        if (!is_known) {
            printf("? no such command\n");
        }
        (void)fflush(stdout);
    }
    free(line);
    paddock_close(d.zk);
    return 0;
}
