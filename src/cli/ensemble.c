// SPDX-License-Identifier: Apache-2.0
//
// A list of hosts and their last answers.
#include "cli/ensemble.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

// ---- the configuration node ----

static struct slice until(struct slice s, const char *set)
{
    size_t len = 0;
    while (len < s.len && strchr(set, s.data[len]) == NULL) {
        len++;
    }
    return slice_of(s.data, len);
}

static bool is_wildcard(struct slice host)
{
    return slice_equal_str(host, "0.0.0.0") || slice_equal_str(host, "[::]") ||
           slice_equal_str(host, "[0:0:0:0:0:0:0:0]");
}

// The host in front of ":port"; IPv6 keeps its brackets.
static struct slice host_of(struct slice address)
{
    const uint8_t *bracket = address.len > 0 ? memchr(address.data, ']', address.len) : NULL;
    size_t from = bracket != NULL ? (size_t)(bracket - address.data) : 0;
    return slice_of(address.data, from + until(slice_skip(address, from), ":").len);
}

static bool add_server(struct slice line, struct buf *to)
{
    struct slice name = until(line, "=");
    if (!slice_starts_with(line, slice_str("server.")) || name.len == line.len) {
        return false;
    }
    struct slice value = slice_skip(line, name.len + 1), peer = until(value, ";");
    if (peer.len == value.len) {
        return false; // without a client address
    }
    struct slice client = slice_skip(value, peer.len + 1), host = host_of(client);
    if (to->len > 0) {
        buf_append_str(to, ",");
    }
    if (host.len == client.len) { // only a port
        buf_append_slice(to, host_of(peer));
        buf_append_str(to, ":");
        buf_append_slice(to, client);
        return true;
    }
    buf_append_slice(to, is_wildcard(host) ? host_of(peer) : host);
    buf_append_slice(to, slice_skip(client, host.len));
    return true;
}

size_t ensemble_config_hosts(struct slice config, struct buf *to)
{
    size_t count = 0;
    while (config.len > 0) {
        struct slice line = until(config, "\n");
        config = slice_skip(config, line.len < config.len ? line.len + 1 : line.len);
        count += add_server(line, to) ? 1 : 0;
    }
    return count;
}

static int read_config(struct cli *c, struct buf *servers)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = "/zookeeper/config"};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (ensemble_config_hosts(slice_of(r->data.bytes, r->data.len), servers) == 0) {
        status = cli_fail(c, CLI_NO,
                          "/zookeeper/config names no client addresses; name the servers with -s");
    }
    paddock_result_free(r);
    return status;
}

// ---- asking ----

int ensemble_open(struct cli *c, bool is_from_config, struct ensemble *ret)
{
    struct buf servers = {0};
    *ret = (struct ensemble){.cli = c};
    int status = CLI_DONE;
    if (is_from_config) {
        status = read_config(c, &servers);
    } else {
        buf_append_str(&servers, cli_servers(c));
    }
    if (status == CLI_DONE && hosts_parse(buf_cstr(&servers), &ret->hosts) != PADDOCK_OK) {
        status = cli_fail(c, CLI_USAGE, "not a list of servers: %s; write HOST:PORT[,HOST:PORT]",
                          buf_cstr(&servers));
    }
    buf_fini(&servers);
    return status;
}

static void forget(struct ensemble *e)
{
    if (e->answers != NULL) {
        word_answers_fini(e->answers, e->hosts.count);
        mem_free(e->answers);
        e->answers = NULL;
    }
}

void ensemble_close(struct ensemble *e)
{
    forget(e);
    hosts_fini(&e->hosts);
    *e = (struct ensemble){0};
}

const char *ensemble_name(const struct ensemble *e, size_t i, struct buf *buf)
{
    const struct host *h = &e->hosts.items[i];
    bool is_v6 = strchr(h->name, ':') != NULL;
    buf_clear(buf);
    buf_printf(buf, "%s%s%s:%" PRIu16, is_v6 ? "[" : "", h->name, is_v6 ? "]" : "", h->port);
    return buf_cstr(buf);
}

void ensemble_ask(struct ensemble *e, const char *word)
{
    forget(e);
    e->word = word;
    e->answers = mem_zalloc((e->hosts.count + 1) * sizeof(*e->answers));
    word_ask(e->cli, e->hosts.items, e->hosts.count, word, WORD_TIMEOUT_MS, e->answers);
}

bool ensemble_is_good(const struct ensemble *e, size_t i)
{
    const struct word_answer *a = &e->answers[i];
    return a->is_answered && !a->is_refused && !a->is_not_serving;
}

void ensemble_complain(const struct ensemble *e, size_t i)
{
    const struct word_answer *a = &e->answers[i];
    struct buf name = {0};
    const char *server = ensemble_name(e, i, &name);
    if (!a->is_answered) {
        (void)cli_fail(e->cli, CLI_NO, "%s: %s", server, a->why);
    } else if (a->is_refused) {
        (void)cli_fail(e->cli, CLI_NO,
                       "%s refuses `%s`; its zoo.cfg allows it with 4lw.commands.whitelist=srvr,%s",
                       server, e->word, e->word);
    } else {
        (void)cli_fail(e->cli, CLI_NO, "%s: runs, but serves no requests now", server);
    }
    buf_fini(&name);
}
