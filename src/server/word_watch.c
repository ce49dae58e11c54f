// SPDX-License-Identifier: Apache-2.0
//
// wchs, wchc, wchp: the data watches; child watches have never been shown.
// Source: WatchCommand, WatchManager.dumpWatches, WatchManager.toString.
#include <inttypes.h>

#include "server/word_priv.h"

void word_wchs(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    struct watches_summary sum;
    watches_summary(s->watches, &sum);
    buf_printf(out,
               "%" PRIu64 " connections watching %" PRIu64 " paths\nTotal watches:%" PRIu64 "\n",
               sum.watchers, sum.paths, sum.total);
}

// ---- by connection ----

static void print_path(void *ctx, struct slice path, const struct watcher *w)
{
    struct buf *out = ctx;
    (void)w;
    if (!word_is_full(out)) {
        buf_append_str(out, "\t");
        buf_append_slice(out, path);
        buf_append_str(out, "\n");
    }
}

struct by_conn {
    struct buf *out;
    bool has_any;
};

static void note_any(void *ctx, struct slice path, const struct watcher *w)
{
    (void)path;
    (void)w;
    ((struct by_conn *)ctx)->has_any = true;
}

void word_wchc(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    LIST_FOREACH (it, &s->conns) {
        const struct conn *c = CONTAINER_OF(it, struct conn, link);
        struct by_conn by = {.out = out};
        watches_of_each(&c->watcher, note_any, &by);
        if (by.has_any && !word_is_full(out)) {
            buf_printf(out, "0x%" PRIx64 "\n", (uint64_t)c->session_id);
            watches_of_each(&c->watcher, print_path, out);
        }
    }
    buf_append_str(out, "\n");
}

// ---- by path ----

struct by_path {
    struct buf *out;
    struct slice last; // path that was printed
};

static void print_pair(void *ctx, struct slice path, struct watcher *w)
{
    struct by_path *by = ctx;
    if (word_is_full(by->out)) {
        return;
    }
    if (by->last.data == NULL || !slice_equal(by->last, path)) {
        buf_append_slice(by->out, path);
        buf_append_str(by->out, "\n");
        by->last = path;
    }
    const struct conn *c = CONTAINER_OF(w, struct conn, watcher);
    buf_printf(by->out, "\t0x%" PRIx64 "\n", (uint64_t)c->session_id);
}

void word_wchp(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    struct by_path by = {.out = out, .last = slice_null()};
    watches_each(s->watches, print_pair, &by);
    buf_append_str(out, "\n");
}
