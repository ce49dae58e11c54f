// SPDX-License-Identifier: Apache-2.0
//
// conf, envi, dirs, hash. Where a line of envi speaks of a JVM it gives what is nearest to it here,
// so that scripts which cut out a line find one.
// Source: ConfCommand, EnvCommand, DirsCommand, DigestCommand, Environment.list.
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "server/word_priv.h"

// The ports of all addresses, as "2888|2889".
static void print_ports(const char *key, const struct config_member *m, bool is_election,
                        struct buf *out)
{
    buf_append_str(out, key);
    for (size_t i = 0; m != NULL && i < m->address_count; i++) {
        unsigned port = is_election ? m->addresses[i].election_port : m->addresses[i].quorum_port;
        buf_printf(out, "%s%u", i > 0 ? "|" : "", port);
    }
    buf_append_str(out, "\n");
}

// Source: QuorumZooKeeperServer.dumpConf; ReadOnlyZooKeeperServer's has no membership.
static void print_member(const struct server *s, struct buf *out)
{
    const struct config *cfg = s->config;
    const struct config_servers *servers = zab_committed_config(ensemble_zab(s->ensemble));
    const struct config_member *m = config_servers_find(servers, cfg->server_id);
    bool is_observer = m == NULL || m->role != CONFIG_PARTICIPANT;
    buf_printf(out, "initLimit=%" PRId64 "\nsyncLimit=%" PRId64 "\nelectionAlg=%" PRId64 "\n",
               (int64_t)cfg->init_limit, (int64_t)cfg->sync_limit, (int64_t)cfg->election_alg);
    print_ports("electionPort=", m, true, out);
    print_ports("quorumPort=", m, false, out);
    buf_printf(out, "peerType=%d\n", is_observer ? 1 : 0);
    if (s->state != SERVER_READING) {
        buf_append_str(out, "membership: \n");
        config_servers_print(servers, out);
    }
}

void word_conf(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    const struct config *cfg = s->config;
    uint64_t snap_bytes, log_bytes;
    datadir_bytes(s->datadir, &snap_bytes, &log_bytes);
    buf_printf(out, "clientPort=%d\nsecureClientPort=-1\n",
               cfg->has_client_port ? (int)server_client_port(s) : -1);
    buf_printf(out, "dataDir=%s\ndataDirSize=%" PRIu64 "\n", datadir_snap_dir(s->datadir),
               snap_bytes);
    buf_printf(out, "dataLogDir=%s\ndataLogSize=%" PRIu64 "\n", datadir_log_dir(s->datadir),
               log_bytes);
    buf_printf(out, "tickTime=%" PRId32 "\nmaxClientCnxns=%" PRId32 "\n", cfg->tick_time_ms,
               cfg->max_client_cnxns);
    buf_printf(out, "minSessionTimeout=%" PRId32 "\nmaxSessionTimeout=%" PRId32 "\n",
               cfg->min_session_timeout_ms, cfg->max_session_timeout_ms);
    buf_printf(out, "clientPortListenBacklog=%" PRId32 "\nserverId=%" PRId64 "\n",
               cfg->client_port_listen_backlog, s->ensemble != NULL ? cfg->server_id : 0);
    if (s->ensemble != NULL) {
        print_member(s, out);
    }
}

void word_dirs(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    uint64_t snap_bytes, log_bytes;
    datadir_bytes(s->datadir, &snap_bytes, &log_bytes);
    buf_printf(out, "datadir_size: %" PRIu64 "\nlogdir_size: %" PRIu64 "\n", snap_bytes, log_bytes);
}

void word_hash(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    struct tree_digest_entry *log = mem_alloc(TREE_DIGEST_LOG_MAX * sizeof *log);
    size_t count = tree_digest_log(s->tree, log);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%" PRIx64 ": %" PRId64 "\n", (uint64_t)log[i].zxid,
                   (int64_t)log[i].digest);
    }
    mem_free(log);
}

// ---- envi ----

static const char not_there[] = "<NA>";

static void print_memory(struct server *s, struct buf *out)
{
    struct port_machine *m = s->options.machine;
    struct port_machine_memory memory = {0};
    if (m != NULL) {
        m->memory(m, &memory);
    }
    const int64_t mb = INT64_C(1) << 20;
    int64_t free = memory.max > memory.used ? memory.max - memory.used : 0;
    buf_printf(out,
               "os.memory.free=%" PRId64 "MB\nos.memory.max=%" PRId64 "MB\nos.memory.total=%" PRId64
               "MB\n",
               free / mb, memory.max / mb, memory.total / mb);
}

void word_envi(const struct word_question *q)
{
    struct server *s = q->server;
    struct buf *out = q->out;
    const struct port_machine *m = s->options.machine;
    const char *version = s->options.version;
    buf_append_str(out, "Environment:\n");
    buf_printf(out, "zookeeper.version=%s\nhost.name=%s\n", version != NULL ? version : not_there,
               m != NULL ? m->host_name : not_there);
    // No JVM: a version that no parser stumbles over, and the program as its own class path.
    buf_printf(out, "java.version=%s\njava.vendor=%s\njava.home=%s\n", not_there, "Paddock",
               not_there);
    buf_printf(out, "java.class.path=%s\njava.library.path=%s\njava.io.tmpdir=/tmp\n",
               m != NULL ? m->program : not_there, not_there);
    buf_printf(out, "java.compiler=%s\n", not_there);
    buf_printf(out, "os.name=%s\nos.arch=%s\nos.version=%s\n", m != NULL ? m->os_name : not_there,
               m != NULL ? m->os_arch : not_there, m != NULL ? m->os_version : not_there);
    buf_printf(out, "user.name=%s\nuser.home=%s\nuser.dir=%s\n",
               m != NULL ? m->user_name : not_there, m != NULL ? m->user_home : not_there,
               m != NULL ? m->working_dir : not_there);
    print_memory(s, out);
}
