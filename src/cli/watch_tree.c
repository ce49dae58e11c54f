// SPDX-License-Identifier: Apache-2.0
//
// Two sorted lists of nodes, the last look and this one, merged.
#include "cli/watch_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/json.h"

enum { LOOK_MS = 200, RETRY_MS = 1000 };

struct seen {
    char *path; // owned
    int64_t czxid, mzxid;
};

struct look {
    struct seen *nodes;
    size_t count, capacity;
};

struct tree_watch {
    struct cli *c;
    const char *path;
    const char *const *argv;
    int64_t left;
    bool has_news; // under the host's lock
};

static void look_fini(struct look *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->nodes[i].path);
    }
    mem_free(l->nodes);
    *l = (struct look){0};
}

// Takes `path`.
static void look_add(struct look *l, char *path)
{
    if (l->count == l->capacity) {
        l->capacity = l->capacity == 0 ? 64 : 2 * l->capacity;
        l->nodes = mem_realloc(l->nodes, l->capacity * sizeof(*l->nodes));
    }
    l->nodes[l->count++] = (struct seen){.path = path};
}

static char *child_path(const char *parent, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
    char *copy = mem_strdup(buf_cstr(&path));
    buf_fini(&path);
    return copy;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->path, ((const struct seen *)b)->path);
}

// The list is its own queue: what a node's answer names is asked for behind it. Those that have
// gone meanwhile are left with czxid 0.
static int look_at(struct cli *c, const char *path, struct look *ret)
{
    int code = PADDOCK_OK;
    look_add(ret, mem_strdup(path));
    for (size_t i = 0; i < ret->count && code == PADDOCK_OK; i++) {
        struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = ret->nodes[i].path};
        struct paddock_result *r;
        code = paddock_call(c->zk, &op, &r);
        for (size_t k = 0; code == PADDOCK_OK && k < r->string_count; k++) {
            look_add(ret, child_path(ret->nodes[i].path, r->strings[k]));
        }
        if (code == PADDOCK_OK) {
            ret->nodes[i].czxid = r->stat.czxid;
            ret->nodes[i].mzxid = r->stat.mzxid;
        }
        code = code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
        paddock_result_free(r);
    }
    size_t kept = 0;
    for (size_t i = 0; i < ret->count; i++) {
        if (ret->nodes[i].czxid != 0) {
            ret->nodes[kept++] = ret->nodes[i];
        } else {
            mem_free(ret->nodes[i].path);
        }
    }
    ret->count = kept;
    if (kept > 0) {
        qsort(ret->nodes, kept, sizeof(*ret->nodes), compare);
    }
    return code;
}

// ---- telling ----

static int run_command(struct tree_watch *w, const char *event, const char *path)
{
    struct buf event_var = {0}, path_var = {0};
    buf_printf(&event_var, "PADDOCK_EVENT=%s", event);
    buf_printf(&path_var, "PADDOCK_PATH=%s", path);
    const char *vars[] = {buf_cstr(&event_var), buf_cstr(&path_var), NULL};
    struct cli_host *host = w->c->host;
    struct cli_child *child = host->child_guard(w->argv, vars, (struct paddock_bytes){0});
    int exit_code = CLI_TROUBLE;
    while (child != NULL && !host->child_is_done(child, &exit_code)) {
        host->child_wait(child, LOOK_MS);
        int signal_number = host->interrupted();
        if (signal_number != 0) {
            host->child_signal(child, signal_number);
        }
    }
    buf_fini(&event_var);
    buf_fini(&path_var);
    return exit_code;
}

static int tell(struct tree_watch *w, const char *event, const char *path)
{
    w->left -= w->left > 0 ? 1 : 0;
    if (w->argv != NULL) {
        return run_command(w, event, path);
    }
    if (w->c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "event", json_new_cstr(event));
        json_put(o, "path", json_new_cstr(path));
        return cli_print_json(w->c, o);
    }
    (void)fprintf(w->c->out, "%s %s\n", event, path);
    return fflush(w->c->out) == 0 ? CLI_DONE : CLI_TROUBLE;
}

static int tell_differences(struct tree_watch *w, const struct look *old, const struct look *new)
{
    size_t i = 0, k = 0;
    int status = CLI_DONE;
    while ((i < old->count || k < new->count) && status == CLI_DONE && w->left != 0) {
        int order = i == old->count   ? 1
                    : k == new->count ? -1
                                      : strcmp(old->nodes[i].path, new->nodes[k].path);
        if (order < 0) {
            status = tell(w, "deleted", old->nodes[i++].path);
        } else if (order > 0) {
            status = tell(w, "created", new->nodes[k++].path);
        } else {
            const struct seen *a = &old->nodes[i++], *b = &new->nodes[k++];
            if (a->czxid != b->czxid || a->mzxid != b->mzxid) {
                status = tell(w, a->czxid != b->czxid ? "created" : "changed", b->path);
            }
        }
    }
    return status;
}

// ---- waiting ----

// Thread: the library's. Also told of the session: after a time without servers it is time to look.
static void on_change(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    struct tree_watch *w = ctx;
    w->c->host->lock();
    w->has_news = true;
    w->c->host->ring();
    w->c->host->unlock();
}

// The exit code for a signal; CLI_DONE when there are news.
static int wait_for_news(struct tree_watch *w)
{
    struct cli_host *host = w->c->host;
    int signal_number = 0;
    host->lock();
    while (!w->has_news && signal_number == 0) {
        (void)host->wait(LOOK_MS);
        signal_number = host->interrupted();
    }
    w->has_news = false;
    host->unlock();
    return signal_number != 0 ? 128 + signal_number : CLI_DONE;
}

static bool is_passing(int code)
{
    return code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_OPERATION_TIMEOUT ||
           code == PADDOCK_SESSION_EXPIRED; // the session is renewed
}

static int follow(struct tree_watch *w, bool is_initial)
{
    struct look old = {0};
    bool is_told = is_initial;
    int status = CLI_DONE;
    while (status == CLI_DONE && w->left != 0) {
        struct look new = {0};
        int code = look_at(w->c, w->path, &new);
        if (code == PADDOCK_OK) {
            status = is_told ? tell_differences(w, &old, &new) : CLI_DONE;
            is_told = true;
            look_fini(&old);
            old = new;
        } else {
            look_fini(&new);
        }
        if (code != PADDOCK_OK && !is_passing(code)) {
            status = cli_fail_code(w->c, code, PADDOCK_ANSWERED, w->path);
        } else if (status == CLI_DONE && w->left != 0 && code == PADDOCK_OK) {
            status = wait_for_news(w);
        } else if (status == CLI_DONE && w->left != 0) {
            (void)paddock_connect(w->c->zk, RETRY_MS);
            int signal_number = w->c->host->interrupted();
            status = signal_number != 0 ? 128 + signal_number : CLI_DONE;
        }
    }
    look_fini(&old);
    return status;
}

int watch_tree(struct cli *c, const char *path, const char *const *argv, bool is_initial,
               int64_t count)
{
    struct tree_watch w = {.c = c, .path = path, .argv = argv, .left = count};
    struct paddock_op op = {
        .type = PADDOCK_OP_ADD_WATCH, .path = path, .is_recursive = true, .watch = {on_change, &w}};
    int code;
    do {
        code = paddock_call(c->zk, &op, NULL);
    } while (is_passing(code) && c->host->interrupted() == 0);
    if (code != PADDOCK_OK) {
        return cli_fail_code(c, code, PADDOCK_ANSWERED, path);
    }
    int status = follow(&w, is_initial);
    paddock_close(c->zk); // nothing comes to `w` after it
    c->zk = NULL;
    return status;
}
