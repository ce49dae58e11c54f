// SPDX-License-Identifier: Apache-2.0
//
// `config` and `reconfig`: the members of the ensemble.
// Source: org.apache.zookeeper.cli.GetConfigCommand, ReconfigCommand; ConfigUtils.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/stat_text.h"
#include "config/props.h"
#include "config/servers.h"

static const char config_path[] = "/zookeeper/config";

// ---- the servers for clients ----

// zkCli prints them as a java.util.Properties hands them out: bin by bin of its hash table, which
// has twice the room as soon as three quarters are taken. Of two in one bin we put the lower first.
struct place {
    const struct config_member *member;
    uint32_t bin;
};

static uint32_t bin_of(int64_t id, uint32_t bins)
{
    struct buf key = {0};
    buf_printf(&key, "server.%lld", (long long)id);
    uint32_t hash = 0;
    for (size_t i = 0; i < key.len; i++) {
        hash = hash * 31 + key.data[i]; // String.hashCode
    }
    buf_fini(&key);
    return (hash ^ (hash >> 16)) & (bins - 1);
}

static int by_bin(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->bin != y->bin) {
        return x->bin < y->bin ? -1 : 1;
    }
    return (x->member->id > y->member->id) - (x->member->id < y->member->id);
}

static void client_servers(const struct config_servers *s, struct buf *to)
{
    uint32_t bins = 16;
    while (s->count + 1 >= bins - bins / 4) { // with the version
        bins *= 2;
    }
    struct place *places = mem_alloc((s->count + 1) * sizeof(*places));
    for (size_t i = 0; i < s->count; i++) {
        places[i] = (struct place){.member = &s->members[i], .bin = bin_of(s->members[i].id, bins)};
    }
    qsort(places, s->count, sizeof(*places), by_bin);
    for (size_t i = 0; i < s->count; i++) {
        const struct config_host_port *client = &places[i].member->client;
        buf_append_str(to, i > 0 ? "," : "");
        if (client->host != NULL) {
            buf_printf(to, "%s:%u", client->host, client->port);
        }
    }
    mem_free(places);
}

// The version as it is written; config_servers_parse reads it as a number.
static void version_text(struct slice text, struct buf *to)
{
    struct props_reader reader;
    struct props_entry entry;
    props_init_utf8(&reader, text);
    while (props_next(&reader, &entry) == ERR_OK) {
        if (slice_equal_str(entry.key, "version")) {
            buf_clear(to);
            buf_append_slice(to, entry.value);
        }
    }
    props_fini(&reader);
}

static void client_text(struct slice text, struct buf *to)
{
    struct config_servers servers;
    struct buf complaint = {0};
    config_servers_init(&servers);
    version_text(text, to);
    buf_append_str(to, " ");
    if (config_servers_parse(text, &servers, &complaint) == ERR_OK) {
        client_servers(&servers, to);
    }
    config_servers_fini(&servers);
    buf_fini(&complaint);
}

// ---- config ----

static void json_config(struct json *o, struct slice text)
{
    struct buf clients = {0};
    json_put(o, "config", json_new_text(text));
    client_text(text, &clients);
    const char *blank = strchr(buf_cstr(&clients), ' ');
    json_put(o, "version",
             json_new_text(slice_of(clients.data, (size_t)(blank - (char *)clients.data))));
    json_put(o, "client_servers", json_new_cstr(blank + 1));
    buf_fini(&clients);
}

static int print_config(struct cli *c, const struct cli_call *call, const struct paddock_result *r,
                        const char *headline)
{
    struct slice text =
        r->data.bytes != NULL ? slice_of(r->data.bytes, r->data.len) : slice_str("null");
    if (c->is_json) {
        struct json *o = json_new_object();
        json_config(o, text);
        json_put(o, "stat", cli_json_stat(&r->stat));
        return cli_print_json(c, o);
    }
    struct buf clients = {0};
    if (cli_has(call, "c")) {
        client_text(text, &clients);
        text = buf_slice(&clients);
    }
    (void)fprintf(c->out, "%s", headline);
    (void)fwrite(text.data, 1, text.len, c->out);
    (void)fputc('\n', c->out);
    if (cli_has(call, "s")) {
        stat_text_print(&r->stat, c->out);
    }
    buf_fini(&clients);
    return CLI_DONE;
}

static int get_config(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {
        .type = PADDOCK_OP_GET, .path = config_path, .watch = cli_watch(cli_has(call, "w"))};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status == CLI_DONE) {
        status = print_config(c, call, r, "");
        paddock_result_free(r);
    }
    return status;
}

// The configuration is the ensemble's and below no chroot: with one, a short session without it
// asks. Its watch would end with it. Source: ZooKeeper.getConfig.
static int run_config(struct cli *c, const struct cli_call *call)
{
    const char *slash = strchr(cli_servers(c), '/');
    if (slash == NULL) {
        return get_config(c, call);
    }
    struct buf servers = {0};
    buf_append(&servers, cli_servers(c), (size_t)(slash - cli_servers(c)));
    const struct cli before = *c;
    c->zk = NULL;
    c->servers = buf_cstr(&servers);
    c->on_event = NULL;
    int status = get_config(c, call);
    paddock_close(c->zk);
    c->zk = before.zk;
    c->servers = before.servers;
    c->on_event = before.on_event;
    buf_fini(&servers);
    return status;
}

static const struct cli_flag config_flags[] = {
    {.letter = 'c', .help = "only the version, and the servers as clients reach them"},
    {.letter = 'w', .help = "watch the configuration (in the shell)"},
    {.letter = 's', .help = "print the stat, too"},
};

const struct cli_command cli_config = {
    .name = "config",
    .group = CLI_GROUP_SESSION,
    .summary = "print the members of the ensemble",
    CLI_FLAGS(config_flags),
    .zkcli_usage = "config [-c] [-w] [-s]",
    .is_json_able = true,
    .run = run_config,
};

// ---- reconfig -file ----

static enum err read_file(struct cli *c, const char *path, struct buf *to)
{
    struct port_file *f;
    enum err err = c->host->files->open(c->host->files, path, PORT_OPEN_READ, &f);
    if (err != ERR_OK) {
        return err;
    }
    enum { CHUNK = 65536 };
    size_t got = 0;
    do {
        err = f->read(f, to->len, buf_reserve(to, CHUNK), CHUNK, &got);
        to->len += err == ERR_OK ? got : 0;
    } while (err == ERR_OK && got > 0);
    f->close(f);
    return err;
}

static enum err add_lines(struct slice text, struct config_servers *servers, struct buf *complaint)
{
    struct props_reader reader;
    struct props_entry entry;
    enum err err;
    props_init(&reader, text);
    while ((err = props_next(&reader, &entry)) == ERR_OK) {
        bool is_known = slice_starts_with(entry.key, slice_str("server.")) ||
                        slice_starts_with(entry.key, slice_str("group")) ||
                        slice_starts_with(entry.key, slice_str("weight")) ||
                        slice_equal_str(entry.key, "version");
        if (!is_known) {
            buf_printf(complaint, "Unrecognised parameter: %.*s", SLICE_ARGS(entry.key));
            err = ERR_INVALID;
            break;
        }
        err = config_servers_add(servers, entry.key, entry.value, true, complaint);
        if (err != ERR_OK) {
            break;
        }
    }
    props_fini(&reader);
    return err == ERR_NOT_FOUND ? config_servers_check(servers, complaint) : err;
}

// The membership of a configuration file as the text of a request.
static int members_of_file(struct cli *c, const char *path, struct buf *members)
{
    struct buf text = {0}, complaint = {0};
    struct config_servers servers;
    config_servers_init(&servers);
    enum err err = read_file(c, path, &text);
    if (err != ERR_OK) {
        buf_printf(&complaint, "%s (%s)", path,
                   err == ERR_NOT_FOUND ? "No such file or directory" : err_text(err));
    } else {
        err = add_lines(buf_slice(&text), &servers, &complaint);
    }
    if (err == ERR_OK) {
        config_servers_print(&servers, members);
    }
    int status = err == ERR_OK
                     ? CLI_DONE
                     : cli_fail(c, CLI_USAGE, "Error processing %s%s%s", path,
                                c->style == CLI_STYLE_ZKCLI ? "" : ": ", buf_cstr(&complaint));
    config_servers_fini(&servers);
    buf_fini(&text);
    buf_fini(&complaint);
    return status;
}

// ---- reconfig ----

extern const struct cli_command cli_reconfig;

static const char *lower(const char *text, struct buf *to)
{
    if (text == NULL) {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++) {
        buf_put_u8(to, *at >= 'A' && *at <= 'Z' ? (uint8_t)(*at | 0x20) : (uint8_t)*at);
    }
    return buf_cstr(to);
}

// What cannot stand together; NULL when all is well.
static const char *clash(const struct cli_call *call)
{
    bool has_file = cli_has(call, "file"), has_members = cli_has(call, "members");
    bool is_incremental = cli_has(call, "add") || cli_has(call, "remove");
    if ((has_file || has_members) && is_incremental) {
        return "Can't use -file or -members together with -add or -remove (mixing incremental and "
               "non-incremental modes is not allowed)";
    }
    return has_file && has_members
               ? "Can't use -file and -members together (conflicting non-incremental modes)"
               : NULL;
}

static int reconfigure(struct cli *c, const struct cli_call *call, const struct paddock_op *op)
{
    struct paddock_result *r;
    int status = cli_call(c, op, &r);
    if (status == CLI_DONE) {
        status = print_config(c, call, r, "Committed new configuration:\n");
        paddock_result_free(r);
    }
    return status;
}

static int run_reconfig(struct cli *c, const struct cli_call *call)
{
    int wrong = CLI_USAGE;
    struct paddock_op op = {.type = PADDOCK_OP_RECONFIG, .config_id = -1};
    struct buf texts[3] = {0}, members = {0};
    const char *version = cli_value(call, "v");
    if (!cli_has(call, "file") && !cli_has(call, "members") && !cli_has(call, "add") &&
        !cli_has(call, "remove")) {
        return cli_usage(c, &cli_reconfig, NULL);
    }
    if (version != NULL &&
        !number_parse_radix(slice_str(version), 16, INT64_MIN, INT64_MAX, &op.config_id)) {
        return cli_fail(c, wrong, "-v must be followed by a long (configuration version)");
    }
    op.is_versioned = op.config_id != -1;
    if (clash(call) != NULL) {
        return cli_fail(c, wrong, "%s", clash(call));
    }
    op.joining = lower(cli_value(call, "add"), &texts[0]);
    op.leaving = lower(cli_value(call, "remove"), &texts[1]);
    op.members = lower(cli_value(call, "members"), &texts[2]);
    int status = CLI_DONE;
    if (cli_has(call, "file")) {
        status = members_of_file(c, cli_value(call, "file"), &members);
        op.members = buf_cstr(&members);
    }
    status = status == CLI_DONE ? reconfigure(c, call, &op) : status;
    for (size_t i = 0; i < 3; i++) {
        buf_fini(&texts[i]);
    }
    buf_fini(&members);
    return status;
}

static const struct cli_flag reconfig_flags[] = {
    {.letter = 's', .help = "print the stat of the new configuration"},
    {.letter = 'v',
     .value = "VERSION",
     .help = "only when this is the version in force (hexadecimal, as `config` prints it)"},
    {.name = "file",
     .value = "FILE",
     .kind = CLI_FILE,
     .help = "all members from now on: the server. lines of this file"},
    {.name = "members", .value = "SERVERS", .help = "all members from now on: 1=HOST:P:Q;C,..."},
    {.name = "add", .value = "SERVERS", .help = "members that join: 4=HOST:P:Q;C,..."},
    {.name = "remove", .value = "IDS", .help = "members that leave: 1,2"},
};

const struct cli_command cli_reconfig = {
    .name = "reconfig",
    .group = CLI_GROUP_SESSION,
    .summary = "change the members of the ensemble",
    CLI_FLAGS(reconfig_flags),
    .zkcli_usage = "reconfig [-s] [-v version] [[-file path] | [-members "
                   "serverID=host:port1:port2;port3[,...]*]] | [-add "
                   "serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
    .is_json_able = true,
    .run = run_reconfig,
};
