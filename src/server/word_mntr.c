// SPDX-License-Identifier: Apache-2.0
//
// mntr: every number, one line each: "zk_<key>\t<value>". Gauges are asked for here; counters and
// summaries come from the statistics. Scripts look keys up by name; the order means nothing.
// Source: MonitorCommand, ZooKeeperServer.dumpMonitorValues, registerMetrics,
// DefaultMetricsProvider.dump.
#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "server/quota_gauges.h"
#include "server/word_priv.h"

static void print_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "zk_%s\t%s\n", key, value);
}

static void print_number(struct buf *out, const char *key, int64_t value)
{
    buf_printf(out, "zk_%s\t%" PRId64 "\n", key, value);
}

static void print_real(struct buf *out, const char *key, double value)
{
    buf_printf(out, "zk_%s\t", key);
    summary_print_double(value, out);
    buf_append_str(out, "\n");
}

// ---- gauges ----

static void print_traffic(const struct server *s, struct buf *out)
{
    const struct stats *st = s->stats;
    print_real(out, "avg_latency", summary_avg(&st->latency));
    print_number(out, "max_latency", summary_max(&st->latency));
    print_number(out, "min_latency", summary_min(&st->latency));
    print_number(out, "packets_received", (int64_t)st->packets_received);
    print_number(out, "packets_sent", (int64_t)st->packets_sent);
    print_number(out, "num_alive_connections", (int64_t)s->conn_count);
    print_number(out, "outstanding_requests", (int64_t)s->in_process);
    print_number(out, "last_client_response_size", st->responses.last);
    print_number(out, "max_client_response_size", st->responses.max);
    print_number(out, "min_client_response_size", st->responses.min);
    print_real(out, "connection_drop_probability", s->throttle.drop);
    print_number(out, "auth_failed_count", (int64_t)st->auth_failed);
}

static void print_state(const struct server *s, struct buf *out)
{
    print_number(out, "uptime", server_now_ms(s) - s->role_ms);
    print_number(out, "znode_count", (int64_t)tree_node_count(s->tree));
    print_number(out, "watch_count", (int64_t)watches_count(s->watches));
    print_number(out, "ephemerals_count", (int64_t)tree_ephemeral_count(s->tree));
    print_number(out, "approximate_data_size", (int64_t)tree_approximate_data_size(s->tree));
    print_number(out, "global_sessions", (int64_t)tree_session_count(s->tree));
    print_number(out, "local_sessions", (int64_t)s->sessions.local_count);
    // Of TLS, which is not here.
    print_number(out, "outstanding_tls_handshake", 0);
    print_number(out, "non_mtls_remote_conn_count", 0);
    print_number(out, "non_mtls_local_conn_count", 0);
}

static void print_files(const struct server *s, struct buf *out)
{
    struct port_machine *m = s->options.machine;
    print_number(out, "open_file_descriptor_count", m != NULL ? m->open_files(m) : -1);
    print_number(out, "max_file_descriptor_count", m != NULL ? m->max_files(m) : -1);
}

// ---- a member of an ensemble ----

static const char *peer_state(enum zab_role role)
{
    switch (role) {
    case ZAB_LEADING:
        return "leading - broadcast";
    case ZAB_FOLLOWING:
        return "following - broadcast";
    case ZAB_OBSERVING:
        return "observing - broadcast";
    case ZAB_LOOKING:
        return "looking";
    }
    ASSERT(false);
    return "looking";
}

struct learner_counts {
    int64_t learners, followers, without_vote, observers;
};

static bool has_vote(const struct zab *z, int64_t sid)
{
    const struct config_member *m = config_servers_find(zab_committed_config(z), sid);
    return m != NULL && m->role == CONFIG_PARTICIPANT;
}

static struct learner_counts count_learners(const struct zab *z)
{
    size_t count = zab_followers(z, NULL, 0);
    struct zab_follower *all = mem_alloc((count + 1) * sizeof(*all));
    struct learner_counts n = {.learners = (int64_t)zab_followers(z, all, count)};
    for (size_t i = 0; i < count; i++) {
        n.followers += all[i].is_forwarding ? 1 : 0;
        n.without_vote += all[i].is_forwarding && !has_vote(z, all[i].sid) ? 1 : 0;
        n.observers += all[i].is_observer && all[i].is_synced ? 1 : 0;
    }
    mem_free(all);
    return n;
}

// Source: LeaderZooKeeperServer.registerMetrics.
static void print_leader(const struct server *s, const struct zab *z, struct buf *out)
{
    const struct learner_counts n = count_learners(z);
    print_number(out, "learners", n.learners);
    print_number(out, "synced_followers", n.followers);
    print_number(out, "synced_non_voting_followers", n.without_vote);
    print_number(out, "synced_observers", n.observers);
    print_number(out, "pending_syncs", (int64_t)zab_pending_syncs(z));
    print_number(out, "leader_uptime", server_now_ms(s) - s->role_ms);
    print_number(out, "last_proposal_size", s->stats->proposals.last);
    print_number(out, "max_proposal_size", s->stats->proposals.max);
    print_number(out, "min_proposal_size", s->stats->proposals.min);
}

// One that only reads says no more than a standalone server, as in Java.
static void print_member(const struct server *s, struct buf *out)
{
    if (s->ensemble == NULL || s->state == SERVER_READING) {
        return;
    }
    const struct zab *z = ensemble_zab(s->ensemble);
    enum zab_role role = zab_role(z);
    print_text(out, "peer_state", peer_state(role));
    print_number(out, "quorum_size",
                 (int64_t)config_servers_count_role(zab_committed_config(z), CONFIG_PARTICIPANT));
    if (role == ZAB_OBSERVING) {
        print_number(out, "observer_master_id", zab_learns_from(z));
    }
    if (role == ZAB_FOLLOWING && s->config->observer_master_port > 0) {
        print_number(out, "synced_observers", count_learners(z).observers);
    }
    // How much of the epoch's 2^32 numbers is given away.
    buf_printf(out, "zk_epoch_used_percent\t%.3f\n",
               (double)(uint32_t)zab_last_proposed(z) * 100.0 / 4294967296.0);
    if (role == ZAB_LEADING) {
        print_leader(s, z, out);
    }
}

// ---- counters and summaries ----

// What the tree counts is taken over, so that the two never differ.
static uint64_t counter_value(const struct server *s, enum stats_counter id)
{
    if (id == STATS_DIGEST_MISMATCHES_COUNT) {
        return tree_digest_mismatches(s->tree);
    }
    return s->stats->counters[id];
}

// `name` is the key behind "zk_avg_" and so on.
static void print_summary(const struct summary *m, struct slice name, struct buf *out)
{
    buf_printf(out, "zk_avg_%.*s\t", SLICE_ARGS(name));
    summary_print_double(summary_avg(m), out);
    buf_printf(out, "\nzk_min_%.*s\t%" PRId64 "\n", SLICE_ARGS(name), summary_min(m));
    buf_printf(out, "zk_max_%.*s\t%" PRId64 "\n", SLICE_ARGS(name), summary_max(m));
    buf_printf(out, "zk_cnt_%.*s\t%" PRIu64 "\n", SLICE_ARGS(name), m->count);
    buf_printf(out, "zk_sum_%.*s\t%" PRId64 "\n", SLICE_ARGS(name), m->sum);
}

static void print_percentiles(const struct summary *m, struct slice name, struct buf *out)
{
    static const struct {
        const char *key;
        double fraction;
    } rows[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_printf(out, "zk_%s_%.*s\t%" PRId64 "\n", rows[i].key, SLICE_ARGS(name),
                   summary_percentile(m, rows[i].fraction));
    }
}

struct namespaces {
    struct buf *out;
    const char *set;
    bool has_percentiles;
};

static void print_namespace(void *ctx, struct slice name, const struct summary *m)
{
    const struct namespaces *n = ctx;
    struct buf key = {0};
    buf_append_slice(&key, name);
    buf_append_str(&key, n->set);
    print_summary(m, buf_slice(&key), n->out);
    if (n->has_percentiles) {
        print_percentiles(m, buf_slice(&key), n->out);
    }
    buf_fini(&key);
}

static void print_count(void *ctx, struct slice name, const struct summary *m)
{
    const struct namespaces *n = ctx;
    buf_printf(n->out, "zk_%.*s%s\t%" PRIu64 "\n", SLICE_ARGS(name), n->set, m->count);
}

static void print_gauge(struct buf *out, struct slice name, const char *set, int64_t value)
{
    buf_printf(out, "zk_%.*s_quota_%s_per_namespace\t%" PRId64 "\n", SLICE_ARGS(name), set, value);
}

static void print_quota(void *ctx, struct slice name, const struct quota_gauges *g)
{
    struct buf *out = ctx;
    if (g->has_limits) {
        print_gauge(out, name, "count_limit", g->count_limit);
        print_gauge(out, name, "bytes_limit", g->bytes_limit);
    }
    if (g->has_usage) {
        print_gauge(out, name, "count_usage", g->count_usage);
        print_gauge(out, name, "bytes_usage", g->bytes_usage);
    }
}

void word_mntr(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    print_text(out, "version", s->options.version != NULL ? s->options.version : "unknown");
    print_text(out, "server_state", word_mode(s));
    print_member(s, out);
    print_traffic(s, out);
    print_state(s, out);
    print_files(s, out);
    for (unsigned i = 0; i < STATS_COUNTER_COUNT; i++) {
        enum stats_counter id = (enum stats_counter)i;
        print_number(out, stats_counter_name(id), (int64_t)counter_value(s, id));
    }
    for (unsigned i = 0; i < STATS_SUMMARY_COUNT; i++) {
        enum stats_summary id = (enum stats_summary)i;
        const char *name = stats_summary_name(id);
        print_summary(&s->stats->summaries[i], slice_str(name), out);
        if (stats_has_percentiles(id)) {
            print_percentiles(&s->stats->summaries[i], slice_str(name), out);
        }
    }
    struct namespaces sizes = {.out = out, .set = "_learner_handler_qp_size"};
    stats_namespaces_each(s->stats, STATS_LEARNER_QUEUE_SIZE, print_namespace, &sizes);
    struct namespaces times = {
        .out = out, .set = "_learner_handler_qp_time_ms", .has_percentiles = true};
    stats_namespaces_each(s->stats, STATS_LEARNER_QUEUE_TIME, print_namespace, &times);
    struct namespaces written = {.out = out, .set = "_write_per_namespace"};
    stats_namespaces_each(s->stats, STATS_WRITE_PER_NAMESPACE, print_namespace, &written);
    struct namespaces read = {.out = out, .set = "_read_per_namespace"};
    stats_namespaces_each(s->stats, STATS_READ_PER_NAMESPACE, print_namespace, &read);
    struct namespaces refused = {.out = out, .set = "_quota_exceeded_error_per_namespace"};
    stats_namespaces_each(s->stats, STATS_QUOTA_EXCEEDED_PER_NAMESPACE, print_count, &refused);
    quota_gauges_each(s->tree, print_quota, out);
}
