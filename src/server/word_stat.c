// SPDX-License-Identifier: Apache-2.0
//
// stat, srvr, cons, crst: the server and its connections.
// Source: StatCommand, ConsCommand, ServerCnxn.dumpConnectionInfo, ServerStats.toString.
#include <inttypes.h>

#include "server/word_priv.h"

enum { INTEREST_READ = 1, INTEREST_WRITE = 4 }; // of a Java selection key

static void print_version(const struct server *s, struct buf *out)
{
    const char *version = s->options.version;
    buf_printf(out, "Zookeeper version: %s\n", version != NULL ? version : "unknown");
    if (s->state == SERVER_READING) {
        buf_append_str(out, "READ-ONLY mode; serving only read-only clients\n");
    }
}

static void print_totals(const struct server *s, struct buf *out)
{
    const struct stats *st = s->stats;
    buf_printf(out, "Latency min/avg/max: %" PRId64 "/", summary_min(&st->latency));
    summary_print_double(summary_avg(&st->latency), out);
    buf_printf(out, "/%" PRId64 "\n", summary_max(&st->latency));
    buf_printf(out, "Received: %" PRIu64 "\nSent: %" PRIu64 "\nConnections: %" PRIu64 "\n",
               st->packets_received, st->packets_sent, s->conn_count);
    buf_printf(out, "Outstanding: %" PRIu64 "\nZxid: 0x%" PRIx64 "\nMode: %s\n", s->in_process,
               (uint64_t)tree_last_zxid(s->tree), word_mode(s));
    buf_printf(out, "Node count: %" PRIu64 "\n", tree_node_count(s->tree));
    if (s->pipeline.mode == PIPELINE_LEADING) {
        const struct stats_sizes *sizes = &st->proposals;
        buf_printf(out, "Proposal sizes last/min/max: %" PRId64 "/%" PRId64 "/%" PRId64 "\n",
                   sizes->last, sizes->min, sizes->max);
    }
}

void word_srvr(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    print_version(s, out);
    print_totals(s, out);
}

// The connection that asks is not read from while it is answered.
static int interest_ops(const struct conn *c, const struct conn *asker)
{
    int ops = c == asker || c->is_paused ? 0 : INTEREST_READ;
    return c->out_sent < c->out.len && c != asker ? ops | INTEREST_WRITE : ops;
}

static void print_brief(const struct conn *c, const struct conn *asker, struct buf *out)
{
    buf_append_str(out, " ");
    word_print_address(&c->stream->peer, out);
    buf_printf(out, "[%x](queued=%u,recved=%" PRId64 ",sent=%" PRId64,
               (unsigned)interest_ops(c, asker), conn_outstanding(c), c->stats.received,
               c->stats.sent);
}

static void print_session(const struct conn *c, struct buf *out)
{
    const struct conn_stats *st = &c->stats;
    buf_printf(out, ",sid=0x%" PRIx64 ",lop=%s,est=%" PRId64 ",to=%" PRId32,
               (uint64_t)c->session_id, st->last_op, st->opened_wall_ms, c->timeout_ms);
    if (st->last_cxid >= 0) {
        buf_printf(out, ",lcxid=0x%" PRIx64, (uint64_t)st->last_cxid);
    }
    int64_t avg_ms = st->latency_count > 0 ? st->sum_latency_ms / st->latency_count : 0;
    buf_printf(out, ",lzxid=0x%" PRIx64 ",lresp=%" PRId64 ",llat=%" PRId64 ",minlat=%" PRId64,
               (uint64_t)st->last_zxid, st->last_response_ms, st->last_latency_ms,
               st->min_latency_ms);
    buf_printf(out, ",avglat=%" PRId64 ",maxlat=%" PRId64, avg_ms, st->max_latency_ms);
}

static void print_conns(struct server *s, const struct conn *asker, bool is_brief, struct buf *out)
{
    LIST_FOREACH (it, &s->conns) {
        const struct conn *c = CONTAINER_OF(it, struct conn, link);
        if (c->stream == NULL) {
            continue;
        }
        if (word_is_full(out)) {
            break;
        }
        print_brief(c, asker, out);
        if (!is_brief && c->session_id != 0) {
            print_session(c, out);
        }
        buf_append_str(out, ")\n");
    }
    buf_append_str(out, "\n");
}

void word_stat(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    print_version(s, out);
    buf_append_str(out, "Clients:\n");
    print_conns(s, q->conn, true, out);
    print_totals(s, out);
}

void word_cons(const struct word_question *q)
{
    print_conns(q->server, q->conn, false, q->out);
}

void word_crst(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    LIST_FOREACH (it, &s->conns) {
        struct conn *c = CONTAINER_OF(it, struct conn, link);
        c->stats = (struct conn_stats){.opened_wall_ms = c->stats.opened_wall_ms,
                                       .last_cxid = -1,
                                       .last_zxid = -1,
                                       .last_op = "NA"};
    }
    buf_append_str(out, "Connection stats reset.\n");
}
