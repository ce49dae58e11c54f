// SPDX-License-Identifier: Apache-2.0
//
// Wiring a server to a simulated machine, and the ways it ends.
#include "sim/box.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "host/digest.h" // bytes in, bytes out: the one part of host/ that a world need not fake
#include "server/ensemble.h"
#include "server/server_priv.h"

static void on_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    struct box *b = ctx;
    if (level == LOG_ERROR) {
        (void)snprintf(b->last_problem, sizeof(b->last_problem), "%.*s", (int)len - 1, line);
    }
    if (b->is_verbose) {
        double now_s = (double)b->world->now_ns / 1e9;
        if (b->sid != 0) {
            (void)fprintf(stderr, "%10.3f %" PRId64 ": %.*s", now_s, b->sid, (int)len, line);
        } else {
            (void)fprintf(stderr, "%10.3f %.*s", now_s, (int)len, line);
        }
    }
}

static void init(struct box *b, struct world *w, const char *text, int64_t sid, bool is_verbose)
{
    *b = (struct box){.world = w, .node = node_open(w), .sid = sid, .is_verbose = is_verbose};
    disk_make_durable_dir(&b->node->disk, "/data");
    digest_init(&b->digest);
    log_init(&b->log, &b->node->clock, on_line, b);
    box_configure(b, text);
}

static void set_myid(struct box *b)
{
    char myid[24];
    (void)snprintf(myid, sizeof(myid), "%" PRId64, b->sid);
    if (b->sid != 0) {
        config_set_myid(b->config, "/data/myid", slice_str(myid));
    }
}

// Not the process does this.
static void put_config_file(struct box *b)
{
    struct sim_disk *disk = &b->node->disk;
    disk_make_durable_dir(disk, "/conf");
    disk_put(disk, BOX_CONFIG_FILE, false, buf_slice(&b->text));
}

void box_configure(struct box *b, const char *text)
{
    ASSERT(!box_is_up(b));
    config_free(b->config);
    b->config = config_new();
    buf_clear(&b->text);
    buf_printf(&b->text, "clientPort=%d\ndataDir=/data\n%s", BOX_CLIENT_PORT, text);
    config_parse_file(b->config, BOX_CONFIG_FILE, buf_slice(&b->text));
    set_myid(b);
    config_finish(b->config);
    ASSERT(!config_has_errors(b->config));
    b->has_files = b->sid != 0 && b->config->reconfig_enabled;
    if (b->has_files) {
        put_config_file(b);
    }
}

// ---- what is on the disk ----

static enum err read_file(struct box *b, const char *path, struct buf *ret)
{
    struct port_files *fs = &b->node->disk.port;
    struct port_file *f;
    uint64_t bytes;
    size_t len;
    buf_clear(ret);
    enum err e = fs->open(fs, path, PORT_OPEN_READ, &f);
    if (e != ERR_OK) {
        return e;
    }
    e = f->size(f, &bytes);
    if (e == ERR_OK) {
        e = f->read(f, 0, buf_reserve(ret, (size_t)bytes + 1), (size_t)bytes, &len);
        ret->len = e == ERR_OK ? len : 0;
    }
    f->close(f);
    return e;
}

static enum err read_members(struct box *b, struct buf *text)
{
    const char *file = b->config->dynamic_config_file;
    enum err e = read_file(b, file, text);
    if (e == ERR_OK) {
        config_parse_dynamic(b->config, file, buf_slice(text));
        e = read_file(b, BOX_CONFIG_FILE CONFIG_SEEN_SUFFIX, text);
    }
    if (e == ERR_OK) {
        config_parse_seen(b->config, BOX_CONFIG_FILE CONFIG_SEEN_SUFFIX, buf_slice(text));
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool read_config_once(struct box *b)
{
    struct buf text = {0};
    enum err e = read_file(b, BOX_CONFIG_FILE, &text);
    if (e == ERR_OK) {
        config_free(b->config);
        b->config = config_new();
        config_parse_file(b->config, BOX_CONFIG_FILE, buf_slice(&text));
        set_myid(b);
        config_finish(b->config);
        e = b->config->dynamic_config_file != NULL ? read_members(b, &text) : ERR_OK;
        config_finish(b->config);
    }
    buf_fini(&text);
    return e == ERR_OK && !config_has_errors(b->config);
}

// A disk that was emptied has no zoo.cfg, and one of a server that is no member any more has none
// that is of use: somebody writes the first one again.
static bool read_config(struct box *b)
{
    if (!read_config_once(b) && !b->node->disk.is_frozen) {
        put_config_file(b);
        return read_config_once(b);
    }
    return !b->node->disk.is_frozen;
}

// ---- life ----

void box_init(struct box *b, struct world *w, const char *extra, bool is_verbose)
{
    struct buf text = {0};
    buf_printf(&text, "tickTime=200\n%s", extra);
    init(b, w, buf_cstr(&text), 0, is_verbose);
    buf_fini(&text);
}

void box_init_member(struct box *b, struct world *w, int64_t sid, const char *text, bool is_verbose)
{
    char myid[24];
    init(b, w, text, sid, is_verbose);
    (void)snprintf(myid, sizeof(myid), "%" PRId64, sid);
    disk_put(&b->node->disk, "/data/myid", false, slice_str(myid));
}

void box_fini(struct box *b)
{
    ASSERT(!box_is_up(b));
    config_free(b->config);
    buf_fini(&b->text);
    node_close(b->node);
}

static void on_stopped(void *ctx, enum server_exit code)
{
    struct box *b = ctx;
    b->has_stopped = true;
    b->exit_code = code;
}

enum server_exit box_start(struct box *b)
{
    ASSERT(!box_is_up(b));
    if (b->has_files && !read_config(b)) {
        return SERVER_EXIT_INVALID;
    }
    if (b->reap_ms > 0) {
        b->config->container_check_interval_ms = b->reap_ms;
    }
    const struct server_options options = {
        .config = b->config,
        .log = &b->log,
        .loop = &b->node->loop,
        .clock = &b->node->clock,
        .entropy = &b->node->entropy,
        .files = &b->node->disk.port,
        .net = &b->node->net.port,
        .resolver = &b->node->resolver.port,
        .digest = &b->digest,
        .config_file = b->has_files ? BOX_CONFIG_FILE : NULL,
        .on_stopped = on_stopped,
        .ctx = b,
    };
    b->has_stopped = false;
    b->starts++;
    node_enter(b->node);
    enum server_exit code = server_open(&options, &b->server);
    node_leave(b->node);
    int64_t cost_ns = disk_take_cost(&b->node->disk);
    if (b->sid != 0) {
        node_pause(b->node, cost_ns / 1000000); // the others go on while it recovers
    } else {
        b->world->now_ns += cost_ns; // nobody else is there
    }
    if (code != SERVER_EXIT_OK) {
        node_stop_process(b->node);
    } else if (b->counter_end > 0) {
        b->server->pipeline.counter_end = b->counter_end;
    }
    return code;
}

const struct config_servers *box_config_in_force(const struct box *b)
{
    return zab_committed_config(ensemble_zab(b->server->ensemble));
}

void box_stop(struct box *b)
{
    ASSERT(box_is_up(b));
    server_stop(b->server);
}

static void close_process(struct box *b)
{
    server_close(b->server);
    b->server = NULL;
    b->has_stopped = false;
}

bool box_reap(struct box *b)
{
    if (!b->has_stopped) {
        return false;
    }
    close_process(b);
    node_stop_process(b->node);
    return true;
}

void box_kill(struct box *b)
{
    disk_freeze(&b->node->disk);
    net_power_off(&b->node->net);
    close_process(b);
    node_stop_process(b->node);
    disk_thaw(&b->node->disk);
}

void box_power_cut(struct box *b)
{
    node_power_off(b->node);
    if (box_is_up(b)) {
        close_process(b);
    }
    node_power_on(b->node);
}
