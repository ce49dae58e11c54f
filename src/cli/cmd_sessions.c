// SPDX-License-Identifier: Apache-2.0
//
// Who is connected and who waits for what (`sessions`, `watches`), put together from `cons`,
// `dump`, `wchc`, `wchp` and `wchs` of all servers.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/ensemble.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/word_text.h"

enum { TEXT_BYTES = 32, CLIENT_BYTES = 64, OP_BYTES = 8 };

// ---- gathering ----

struct row {
    int64_t session;
    char client[CLIENT_BYTES]; // "" when it is connected nowhere
    char last_op[OP_BYTES];
    size_t server;
    int64_t timeout_ms, received, sent, queued, max_latency_ms;
    int64_t ephemerals, watches;
};

struct rows {
    struct row *items;
    size_t count, cap;
    size_t server; // whose answer is read
    bool is_watches;
    int64_t connecting; // connections without a session
};

static struct row *add_row(struct rows *r, int64_t session)
{
    if (r->count == r->cap) {
        r->cap = r->cap > 0 ? 2 * r->cap : 64;
        r->items = mem_realloc(r->items, r->cap * sizeof(*r->items));
    }
    struct row *row = &r->items[r->count++];
    *row = (struct row){.session = session, .server = r->server};
    return row;
}

static void add_connection(void *ctx, const struct cons_info *info)
{
    struct rows *r = ctx;
    if (!info->has_session) {
        r->connecting++;
        return;
    }
    struct row *row = add_row(r, info->session);
    (void)snprintf(row->client, sizeof(row->client), "%.*s", SLICE_ARGS(info->client));
    (void)snprintf(row->last_op, sizeof(row->last_op), "%.*s", SLICE_ARGS(info->last_op));
    row->timeout_ms = info->timeout_ms;
    row->received = info->received;
    row->sent = info->sent;
    row->queued = info->queued;
    row->max_latency_ms = info->max_latency_ms;
}

// An ephemeral node or a watch of a session: counted in a row of its own until all is merged.
static void add_item(void *ctx, struct slice head, struct slice item)
{
    struct rows *r = ctx;
    int64_t session;
    (void)item;
    if (!word_session(head, &session)) {
        return;
    }
    bool is_same = r->count > 0 && r->items[r->count - 1].session == session;
    struct row *row = is_same ? &r->items[r->count - 1] : add_row(r, session);
    *(r->is_watches ? &row->watches : &row->ephemerals) += 1;
}

static int by_session(const void *a, const void *b)
{
    uint64_t x = (uint64_t)((const struct row *)a)->session;
    uint64_t y = (uint64_t)((const struct row *)b)->session;
    return (x > y) - (x < y);
}

// One row for each session: counts added, the connection taken from the row that has it.
static void merge(struct rows *r)
{
    if (r->count > 0) {
        qsort(r->items, r->count, sizeof(*r->items), by_session);
    }
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct row *last = kept > 0 ? &r->items[kept - 1] : NULL;
        if (last == NULL || last->session != r->items[i].session) {
            r->items[kept++] = r->items[i];
            continue;
        }
        int64_t ephemerals = last->ephemerals + r->items[i].ephemerals;
        int64_t watches = last->watches + r->items[i].watches;
        if (r->items[i].client[0] != '\0') {
            *last = r->items[i];
        }
        last->ephemerals = ephemerals;
        last->watches = watches;
    }
    r->count = kept;
}

// Each good answer to `word`; the others are said. Returns how many were good.
static size_t each_answer(struct ensemble *e, const char *word, struct rows *r,
                          void (*take)(struct rows *r, struct slice text), bool is_one_enough)
{
    size_t good = 0;
    ensemble_ask(e, word);
    for (size_t i = 0; i < e->hosts.count; i++) {
        r->server = i;
        if (!ensemble_is_good(e, i)) {
            ensemble_complain(e, i);
        } else if (good++ == 0 || !is_one_enough) {
            take(r, buf_slice(&e->answers[i].text));
        }
    }
    return good;
}

static void take_cons(struct rows *r, struct slice text)
{
    (void)cons_each(text, add_connection, r);
}

static void take_dump(struct rows *r, struct slice text)
{
    r->is_watches = false;
    word_lists_each(dump_ephemerals(text), add_item, r);
}

static void take_wchc(struct rows *r, struct slice text)
{
    r->is_watches = true;
    word_lists_each(text, add_item, r);
}

// ---- sessions ----

struct view {
    struct ensemble *ensemble;
    bool has_ephemerals, has_watches;
};

static int by_ephemerals(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = (x->ephemerals < y->ephemerals) - (x->ephemerals > y->ephemerals);
    return order != 0 ? order : by_session(a, b);
}

static int by_watches(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = (x->watches < y->watches) - (x->watches > y->watches);
    return order != 0 ? order : by_session(a, b);
}

static int by_received(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = (x->received < y->received) - (x->received > y->received);
    return order != 0 ? order : by_session(a, b);
}

static void count_text(bool has, int64_t value, char *to)
{
    if (has) {
        (void)snprintf(to, TEXT_BYTES, "%" PRId64, value);
    } else {
        (void)snprintf(to, TEXT_BYTES, "-");
    }
}

static void print_session(const struct view *v, const struct row *r)
{
    struct cli *c = v->ensemble->cli;
    struct buf name = {0};
    char id[TEXT_BYTES], ephemerals[TEXT_BYTES], watches[TEXT_BYTES];
    bool is_connected = r->client[0] != '\0';
    const char *server = is_connected ? ensemble_name(v->ensemble, r->server, &name) : "-";
    (void)snprintf(id, sizeof(id), "0x%" PRIx64, (uint64_t)r->session);
    count_text(v->has_ephemerals, r->ephemerals, ephemerals);
    count_text(v->has_watches, r->watches, watches);
    (void)fprintf(c->out,
                  "%-18s  %-21s  %-21s  %7" PRId64 "  %10s  %7s  %-4s  %6" PRId64 "  %9" PRId64
                  "  %9" PRId64 "  %6" PRId64 "\n",
                  id, is_connected ? r->client : "-", server, r->timeout_ms, ephemerals, watches,
                  r->last_op[0] != '\0' ? r->last_op : "-", r->queued, r->received, r->sent,
                  r->max_latency_ms);
    buf_fini(&name);
}

static void print_session_object(const struct view *v, const struct row *r)
{
    struct buf name = {0};
    bool is_connected = r->client[0] != '\0';
    struct json *o = json_new_object();
    json_put(o, "session", cli_json_hex(r->session));
    json_put(o, "client", is_connected ? json_new_cstr(r->client) : json_new_null());
    json_put(o, "server",
             is_connected ? json_new_cstr(ensemble_name(v->ensemble, r->server, &name))
                          : json_new_null());
    if (is_connected) {
        json_put(o, "timeout_ms", json_new_int(r->timeout_ms));
        json_put(o, "last_op", json_new_cstr(r->last_op));
        json_put(o, "queued", json_new_int(r->queued));
        json_put(o, "received", json_new_int(r->received));
        json_put(o, "sent", json_new_int(r->sent));
        json_put(o, "max_latency_ms", json_new_int(r->max_latency_ms));
    }
    json_put(o, "ephemerals", v->has_ephemerals ? json_new_int(r->ephemerals) : json_new_null());
    json_put(o, "watches", v->has_watches ? json_new_int(r->watches) : json_new_null());
    (void)cli_print_json(v->ensemble->cli, o);
    buf_fini(&name);
}

static void print_sessions(const struct view *v, const struct rows *r)
{
    struct cli *c = v->ensemble->cli;
    if (!c->is_json) {
        (void)fprintf(c->out, "%s%-18s  %-21s  %-21s  %7s  %10s  %7s  %-4s  %6s  %9s  %9s  %6s%s\n",
                      cli_colour(c, 'B'), "SESSION", "CLIENT", "SERVER", "TIMEOUT", "EPHEMERALS",
                      "WATCHES", "LAST", "QUEUED", "RECEIVED", "SENT", "MAX ms",
                      cli_colour(c, '0'));
    }
    for (size_t i = 0; i < r->count; i++) {
        if (c->is_json) {
            print_session_object(v, &r->items[i]);
        } else {
            print_session(v, &r->items[i]);
        }
    }
}

static int choose_order(struct cli *c, const char *sort, int (**ret)(const void *, const void *))
{
    static const struct {
        const char *name;
        int (*order)(const void *, const void *);
    } orders[] = {{"id", by_session},
                  {"ephemerals", by_ephemerals},
                  {"watches", by_watches},
                  {"received", by_received}};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(orders[i].name, sort != NULL ? sort : "id") == 0) {
            *ret = orders[i].order;
            return CLI_DONE;
        }
    }
    return cli_fail(c, CLI_USAGE, "--sort is id, ephemerals, watches or received, not %s", sort);
}

static int list_sessions(struct ensemble *e, int (*order)(const void *, const void *))
{
    struct cli *c = e->cli;
    struct rows r = {0};
    struct view v = {.ensemble = e};
    size_t good = each_answer(e, "cons", &r, take_cons, false);
    if (good > 0) {
        v.has_ephemerals = each_answer(e, "dump", &r, take_dump, true) > 0;
        v.has_watches = each_answer(e, "wchc", &r, take_wchc, false) > 0;
        merge(&r);
        if (r.count > 0) {
            qsort(r.items, r.count, sizeof(*r.items), order);
        }
        bool was_stream = c->is_stream;
        c->is_stream = true;
        print_sessions(&v, &r);
        c->is_stream = was_stream;
    }
    mem_free(r.items);
    return good == e->hosts.count ? CLI_DONE : CLI_NO;
}

static int run_sessions(struct cli *c, const struct cli_call *call)
{
    struct ensemble e = {0};
    int (*order)(const void *, const void *) = by_session;
    int status = choose_order(c, cli_value(call, "sort"), &order);
    status = status == CLI_DONE ? ensemble_open(c, cli_has(call, "config"), &e) : status;
    if (status == CLI_DONE) {
        status = list_sessions(&e, order);
    }
    ensemble_close(&e);
    return status;
}

#define CONFIG_FLAG                                                                                \
    {                                                                                              \
        .letter = 'c', .name = "config",                                                           \
        .help = "the servers that /zookeeper/config names, not those of --server"                  \
    }

static const struct cli_flag session_flags[] = {
    CONFIG_FLAG,
    {.name = "sort",
     .value = "ORDER",
     .kind = CLI_WORD,
     .words = "id ephemerals watches received",
     .help = "by id, or the ones with most of it first"},
};

const struct cli_command cli_sessions = {
    .name = "sessions",
    .group = CLI_GROUP_SESSION,
    .summary = "list the sessions of all servers",
    .details =
        "Puts together what the servers say to the words `cons` (connections), `dump` (ephemeral "
        "nodes) and `wchc` (watches): a line for each session, with its client, the server it is "
        "connected to, timeout, ephemeral nodes, watches, its last operation, requests in its "
        "queue, packets received and sent, and its longest latency. A session without a connection "
        "that still holds ephemeral nodes is listed, too.\n\n"
        "Apache's servers allow these words only when their zoo.cfg says so: "
        "4lw.commands.whitelist=srvr,cons,dump,wchc. Without dump or wchc their columns stay "
        "empty. "
        "With --json each session is an object on a line of its own.",
    CLI_FLAGS(session_flags),
    .examples = "sessions # who is connected\n"
                "sessions --sort ephemerals --json | head -1 # who holds the most\n"
                "find / --owner 0x10000a4c5d50001 # and which nodes these are",
    .exits = "1 some servers did not answer or refused",
    .is_json_able = true,
    .run = run_sessions,
};

// ---- watches ----

struct watch_list {
    struct ensemble *ensemble;
    size_t server;
    struct buf head; // of the items being counted
    uint64_t count;
    struct json *items; // JSON: of the head
    const char *head_name, *items_name;
};

static void end_list(struct watch_list *w)
{
    struct cli *c = w->ensemble->cli;
    if (w->count == 0) {
        return;
    }
    if (c->is_json) {
        struct buf name = {0};
        struct json *o = json_new_object();
        json_put(o, "server", json_new_cstr(ensemble_name(w->ensemble, w->server, &name)));
        json_put(o, w->head_name, json_new_text(buf_slice(&w->head)));
        json_put(o, w->items_name, w->items);
        (void)cli_print_json(c, o);
        buf_fini(&name);
        w->items = NULL;
    } else {
        (void)fprintf(c->out, "%" PRIu64 "\t%s\n", w->count, buf_cstr(&w->head));
    }
    w->count = 0;
}

static void add_watch(void *ctx, struct slice head, struct slice item)
{
    struct watch_list *w = ctx;
    if (w->count == 0 || !slice_equal(buf_slice(&w->head), head)) {
        end_list(w);
        buf_clear(&w->head);
        buf_append_slice(&w->head, head);
        w->items = w->ensemble->cli->is_json ? json_new_array() : NULL;
    }
    w->count++;
    if (w->items != NULL) {
        json_append(w->items, json_new_text(item));
    }
}

static void print_lists(struct ensemble *e, size_t i, bool is_by_session)
{
    struct watch_list w = {.ensemble = e,
                           .server = i,
                           .head_name = is_by_session ? "session" : "path",
                           .items_name = is_by_session ? "paths" : "sessions"};
    word_lists_each(buf_slice(&e->answers[i].text), add_watch, &w);
    end_list(&w);
    buf_fini(&w.head);
}

// "2 connections watching 3 paths" and "Total watches:4"
static void print_summary(struct ensemble *e, size_t i)
{
    struct cli *c = e->cli;
    struct buf name = {0};
    const char *server = ensemble_name(e, i, &name);
    long long connections = 0, paths = 0, watches = 0;
    (void)sscanf(buf_cstr(&e->answers[i].text),
                 "%lld connections watching %lld paths Total watches:%lld", &connections, &paths,
                 &watches);
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "server", json_new_cstr(server));
        json_put(o, "connections", json_new_int(connections));
        json_put(o, "paths", json_new_int(paths));
        json_put(o, "watches", json_new_int(watches));
        (void)cli_print_json(c, o);
    } else {
        (void)fprintf(c->out, "%s: %lld watches of %lld paths by %lld connections\n", server,
                      watches, paths, connections);
    }
    buf_fini(&name);
}

extern const struct cli_command cli_watches;

static int run_watches(struct cli *c, const struct cli_call *call)
{
    bool is_by_path = cli_has(call, "paths"), is_by_session = cli_has(call, "sessions");
    if (is_by_path && is_by_session) {
        return cli_usage(c, &cli_watches, "either --paths or --sessions");
    }
    struct ensemble e;
    int status = ensemble_open(c, cli_has(call, "config"), &e);
    if (status == CLI_DONE) {
        bool was_stream = c->is_stream;
        c->is_stream = true;
        ensemble_ask(&e, is_by_path ? "wchp" : is_by_session ? "wchc" : "wchs");
        for (size_t i = 0; i < e.hosts.count; i++) {
            if (!ensemble_is_good(&e, i)) {
                ensemble_complain(&e, i);
                status = CLI_NO;
            } else if (is_by_path || is_by_session) {
                print_lists(&e, i, is_by_session);
            } else {
                print_summary(&e, i);
            }
        }
        c->is_stream = was_stream;
    }
    ensemble_close(&e);
    return status;
}

static const struct cli_flag watch_flags[] = {
    CONFIG_FLAG,
    {.letter = 'p', .name = "paths", .help = "each path that is watched, and by how many"},
    {.letter = 's', .name = "sessions", .help = "each session that watches, and how many paths"},
};

const struct cli_command cli_watches = {
    .name = "watches",
    .group = CLI_GROUP_SESSION,
    .summary = "say how many watches the servers hold, and of what",
    .details =
        "Without a flag the sum for each server, by the word `wchs`. --paths (`wchp`) and "
        "--sessions "
        "(`wchc`) list them, a number, a tab and the path or session on each line; with many "
        "watches "
        "that is work for the server.\n\n"
        "Apache's servers allow these words only when their zoo.cfg says so: "
        "4lw.commands.whitelist=srvr,wchs,wchp,wchc. With --json each line is an object, which for "
        "--paths and --sessions names both sides.",
    CLI_FLAGS(watch_flags),
    .examples = "watches # how many\n"
                "watches --paths | sort -rn | head # the most watched paths",
    .exits = "1 some servers did not answer or refused",
    .is_json_able = true,
    .run = run_watches,
};
