// SPDX-License-Identifier: Apache-2.0
//
// Each server of the ensemble in a line (`status`), by its answers to `srvr` and `mntr`.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/ensemble.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/word_text.h"

enum { TEXT_BYTES = 32, TABLE_COLUMNS = 118 }; // of the table beside names and versions

struct server {
    char *name;
    bool is_good;
    struct buf text; // of `srvr`, which `info` points into
    struct srvr_info info;
    bool has_watches, has_sessions;
    int64_t watches, sessions;
    const char *trouble;
    char why[WORD_WHY_BYTES];
};

// ---- asking ----

static void take_srvr(struct server *s, struct word_answer *a)
{
    s->text = a->text;
    a->text = (struct buf){0};
    (void)snprintf(s->why, sizeof(s->why), "%s", a->why);
    s->is_good = a->is_answered && !a->is_refused && !a->is_not_serving &&
                 srvr_parse(buf_slice(&s->text), &s->info);
    s->trouble = s->is_good          ? NULL
                 : !a->is_answered   ? s->why
                 : a->is_refused     ? "refuses `srvr` (4lw.commands.whitelist)"
                 : a->is_not_serving ? "runs, but serves no requests now"
                                     : "is no ZooKeeper server";
}

static void take_mntr(struct server *s, const struct word_answer *a)
{
    if (a->is_answered && !a->is_refused) {
        struct slice text = buf_slice(&a->text);
        s->has_watches = mntr_find_int(text, "zk_watch_count", &s->watches);
        s->has_sessions = mntr_find_int(text, "zk_global_sessions", &s->sessions);
    }
}

static void ask(struct ensemble *e, struct server *servers)
{
    struct buf name = {0};
    ensemble_ask(e, "srvr");
    for (size_t i = 0; i < e->hosts.count; i++) {
        servers[i].name = mem_strdup(ensemble_name(e, i, &name));
        take_srvr(&servers[i], &e->answers[i]);
    }
    ensemble_ask(e, "mntr"); // not always allowed: then two columns stay empty
    for (size_t i = 0; i < e->hosts.count; i++) {
        take_mntr(&servers[i], &e->answers[i]);
    }
    buf_fini(&name);
}

static int64_t newest_zxid(const struct server *servers, size_t count)
{
    int64_t newest = 0;
    for (size_t i = 0; i < count; i++) {
        newest =
            servers[i].is_good && servers[i].info.zxid > newest ? servers[i].info.zxid : newest;
    }
    return newest;
}

// Transactions behind the newest; -1: another epoch, which cannot be counted.
static int64_t behind(const struct server *s, int64_t newest)
{
    return newest >> 32 == s->info.zxid >> 32 ? newest - s->info.zxid : -1;
}

// ---- printing ----

static void optional(bool has, int64_t value, char *to)
{
    if (has) {
        (void)progress_count((uint64_t)value, to);
    } else {
        (void)snprintf(to, TEXT_BYTES, "-");
    }
}

static int width_of(const struct server *servers, size_t count, bool is_version)
{
    size_t width = is_version ? 7 : 6;
    for (size_t i = 0; i < count; i++) {
        size_t len = is_version ? servers[i].info.version.len : strlen(servers[i].name);
        width = len > width ? len : width;
    }
    return (int)width;
}

static void print_row(struct cli *c, const struct server *s, int width, int version_width,
                      int64_t newest)
{
    char nodes[TEXT_BYTES], watches[TEXT_BYTES], sessions[TEXT_BYTES], lag[TEXT_BYTES],
        zxid[TEXT_BYTES];
    if (!s->is_good) {
        (void)fprintf(c->out, "%-*s  %s%s%s\n", width, s->name, cli_colour(c, 'r'), s->trouble,
                      cli_colour(c, '0'));
        return;
    }
    optional(behind(s, newest) >= 0, behind(s, newest), lag);
    optional(s->has_sessions, s->sessions, sessions);
    optional(s->has_watches, s->watches, watches);
    (void)snprintf(zxid, sizeof(zxid), "0x%" PRIx64, (uint64_t)s->info.zxid);
    (void)fprintf(c->out,
                  "%-*s  %-10.*s  %-*.*s  %-14s  %6s  %5" PRId64 "  %8s  %6" PRId64
                  "  %7.2f  %6.0f  %7s  %s\n",
                  width, s->name, SLICE_ARGS(s->info.role), version_width,
                  SLICE_ARGS(s->info.version), zxid, lag, s->info.connections, sessions,
                  s->info.outstanding, s->info.latency_avg_ms, s->info.latency_max_ms, watches,
                  progress_count((uint64_t)s->info.nodes, nodes));
}

static void print_narrow(struct cli *c, const struct server *servers, size_t count, int width)
{
    int64_t newest = newest_zxid(servers, count);
    (void)fprintf(c->out, "%s%-*s  %-10s  %6s  %5s  %7s  %6s  %s%s\n", cli_colour(c, 'B'), width,
                  "SERVER", "ROLE", "BEHIND", "CONNS", "AVG ms", "MAX ms", "NODES",
                  cli_colour(c, '0'));
    for (size_t i = 0; i < count; i++) {
        const struct server *s = &servers[i];
        char nodes[TEXT_BYTES], lag[TEXT_BYTES];
        if (!s->is_good) {
            print_row(c, s, width, 0, newest);
            continue;
        }
        optional(behind(s, newest) >= 0, behind(s, newest), lag);
        (void)fprintf(c->out, "%-*s  %-10.*s  %6s  %5" PRId64 "  %7.2f  %6.0f  %s\n", width,
                      s->name, SLICE_ARGS(s->info.role), lag, s->info.connections,
                      s->info.latency_avg_ms, s->info.latency_max_ms,
                      progress_count((uint64_t)s->info.nodes, nodes));
    }
}

static void print_table(struct cli *c, const struct server *servers, size_t count)
{
    int width = width_of(servers, count, false), version_width = width_of(servers, count, true);
    int64_t newest = newest_zxid(servers, count);
    if (c->host->out_is_tty && c->host->columns() < width + version_width + TABLE_COLUMNS) {
        print_narrow(c, servers, count, width);
        return;
    }
    (void)fprintf(c->out, "%s%-*s  %-10s  %-*s  %-14s  %6s  %5s  %8s  %6s  %7s  %6s  %7s  %s%s\n",
                  cli_colour(c, 'B'), width, "SERVER", "ROLE", version_width, "VERSION", "ZXID",
                  "BEHIND", "CONNS", "SESSIONS", "QUEUED", "AVG ms", "MAX ms", "WATCHES", "NODES",
                  cli_colour(c, '0'));
    for (size_t i = 0; i < count; i++) {
        print_row(c, &servers[i], width, version_width, newest);
    }
}

static struct json *object_of(const struct server *s, int64_t newest)
{
    struct json *o = json_new_object();
    json_put(o, "server", json_new_cstr(s->name));
    if (!s->is_good) {
        json_put(o, "error", json_new_cstr(s->trouble));
        return o;
    }
    int64_t lag = behind(s, newest);
    json_put(o, "role", json_new_text(s->info.role));
    json_put(o, "version", json_new_text(s->info.version));
    json_put(o, "read_only", json_new_bool(s->info.is_read_only));
    json_put(o, "zxid", cli_json_hex(s->info.zxid));
    json_put(o, "behind", lag >= 0 ? json_new_int(lag) : json_new_null());
    json_put(o, "connections", json_new_int(s->info.connections));
    json_put(o, "outstanding", json_new_int(s->info.outstanding));
    json_put(o, "received", json_new_int(s->info.received));
    json_put(o, "sent", json_new_int(s->info.sent));
    json_put(o, "latency_min_ms", json_new_real(s->info.latency_min_ms));
    json_put(o, "latency_avg_ms", json_new_real(s->info.latency_avg_ms));
    json_put(o, "latency_max_ms", json_new_real(s->info.latency_max_ms));
    json_put(o, "nodes", json_new_int(s->info.nodes));
    json_put(o, "sessions", s->has_sessions ? json_new_int(s->sessions) : json_new_null());
    json_put(o, "watches", s->has_watches ? json_new_int(s->watches) : json_new_null());
    return o;
}

static int print(struct cli *c, const struct server *servers, size_t count)
{
    if (!c->is_json) {
        print_table(c, servers, count);
        return CLI_DONE;
    }
    struct json *list = json_new_array();
    for (size_t i = 0; i < count; i++) {
        json_append(list, object_of(&servers[i], newest_zxid(servers, count)));
    }
    struct json *o = json_new_object();
    json_put(o, "servers", list);
    return cli_print_json(c, o);
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct ensemble e;
    int status = ensemble_open(c, cli_has(call, "config"), &e);
    if (status == CLI_DONE) {
        size_t count = e.hosts.count, good = 0;
        struct server *servers = mem_zalloc((count + 1) * sizeof(*servers));
        ask(&e, servers);
        status = print(c, servers, count);
        for (size_t i = 0; i < count; i++) {
            good += servers[i].is_good ? 1 : 0;
            buf_fini(&servers[i].text);
            mem_free(servers[i].name);
        }
        mem_free(servers);
        if (status == CLI_DONE && good < count) {
            status = good > 0 ? CLI_NO : CLI_NO_CONNECTION;
        }
    }
    ensemble_close(&e);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'c',
     .name = "config",
     .help = "the servers that /zookeeper/config names, not those of --server"}};

const struct cli_command cli_status = {
    .name = "status",
    .group = CLI_GROUP_SESSION,
    .summary = "print the state of each server of the ensemble",
    .details =
        "Asks every server by the four-letter word `srvr`, which is always allowed, on a "
        "connection "
        "of its own: role, version, newest transaction and how many it is behind the newest of "
        "all, "
        "connections, requests in its queue, latency since its start, nodes. Sessions and watches "
        "come from `mntr` where the server allows it. A server that does not answer within five "
        "seconds is a line that says so. A narrow terminal shows fewer columns.",
    CLI_FLAGS(flags),
    .examples = "-s zk-0:2181,zk-1:2181,zk-2:2181 status # all three\n"
                "-s zk-0:2181 status --config # ask one for the names of all",
    .exits = "1 some servers do not serve\n3 none does",
    .is_json_able = true,
    .run = run,
};
