// SPDX-License-Identifier: Apache-2.0
//
// Jobs that write. A job owns copies of everything it needs; it is freed when it is done, or with
// its owner when the worker was closed before.
#include "server/dynamic_config.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/mem.h"
#include "config/config.h"
#include "server/dynamic_text.h"
#include "store/small_file.h"

struct dynamic_config {
    struct dynamic_config_options options;
    char *dir;        // of zoo.cfg
    const char *name; // of zoo.cfg in it
    int64_t seen_version;
    struct list jobs; // under way
};

struct write_job {
    struct port_job job;
    struct list link;
    struct dynamic_config *owner;
    int64_t version;
    bool is_activation;
    bool drops_client_port; // activation
    bool forgets_seen;      // activation
    struct buf text;
    enum err result;
    struct store_error error;
};

// ---- names ----

// The directory of `path`; *ret_name is the rest. Memory: returns owned; *ret_name borrows `path`.
static char *split_path(const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    *ret_name = slash != NULL ? slash + 1 : path;
    if (slash == NULL) {
        return mem_strdup(".");
    }
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    char *dir = mem_alloc(len + 1);
    memcpy(dir, path, len);
    dir[len] = 0;
    return dir;
}

// ---- on the worker ----

static enum err read_all(struct port_file *f, struct buf *to)
{
    size_t len;
    enum err e;
    do {
        e = f->read(f, to->len, buf_reserve(to, LIMIT_READ_CHUNK_BYTES), LIMIT_READ_CHUNK_BYTES,
                    &len);
        to->len += e == ERR_OK ? len : 0;
    } while (e == ERR_OK && len == LIMIT_READ_CHUNK_BYTES && to->len <= LIMIT_ZOO_CFG_BYTES);
    return e == ERR_OK && to->len > LIMIT_ZOO_CFG_BYTES ? ERR_TOO_BIG : e;
}

static enum err read_config(struct port_files *fs, const char *path, struct buf *to,
                            struct store_error *error)
{
    struct port_file *f;
    enum err e = fs->open(fs, path, PORT_OPEN_READ, &f);
    if (e == ERR_OK) {
        e = read_all(f, to);
        f->close(f);
    }
    return e == ERR_OK ? ERR_OK : store_fail(error, e, "cannot read %s: %s", path, err_text(e));
}

// Write the text's lines to zoo.cfg<suffix>.
static enum err write_lines(struct write_job *j, const char *suffix, bool has_version)
{
    struct dynamic_config *d = j->owner;
    struct buf name = {0}, lines = {0};
    buf_printf(&name, "%s%s", d->name, suffix);
    enum err e = dynamic_text_print(buf_slice(&j->text), has_version, &lines);
    if (e != ERR_OK) {
        e = store_fail(&j->error, e, "the configuration's text: %s", err_text(e));
    } else {
        e = small_file_write(d->options.files, d->dir, buf_cstr(&name), buf_slice(&lines),
                             &j->error);
    }
    buf_fini(&name);
    buf_fini(&lines);
    return e;
}

// Make zoo.cfg point to zoo.cfg<suffix>.
static enum err rewrite_static(struct write_job *j, const char *suffix)
{
    struct dynamic_config *d = j->owner;
    struct buf old = {0}, new = {0}, pointer = {0};
    buf_printf(&pointer, "%s%s", d->options.config_file, suffix);
    enum err e = read_config(d->options.files, d->options.config_file, &old, &j->error);
    if (e == ERR_OK) {
        e = dynamic_text_rewrite(buf_slice(&old), buf_cstr(&pointer), j->drops_client_port, &new);
        if (e != ERR_OK) {
            e = store_fail(&j->error, e, "%s: %s", d->options.config_file, err_text(e));
        }
    }
    if (e == ERR_OK && !slice_equal(buf_slice(&old), buf_slice(&new))) {
        e = small_file_write(d->options.files, d->dir, d->name, buf_slice(&new), &j->error);
    }
    buf_fini(&old);
    buf_fini(&new);
    buf_fini(&pointer);
    return e;
}

static enum err forget_seen(struct write_job *j)
{
    struct dynamic_config *d = j->owner;
    struct buf name = {0};
    buf_printf(&name, "%s%s", d->name, CONFIG_SEEN_SUFFIX);
    enum err e = small_file_remove(d->options.files, d->dir, buf_cstr(&name), NULL, &j->error);
    buf_fini(&name);
    return e;
}

static void run_see(struct port_job *job)
{
    struct write_job *j = CONTAINER_OF(job, struct write_job, job);
    j->result = write_lines(j, CONFIG_SEEN_SUFFIX, true);
}

static void run_activate(struct port_job *job)
{
    struct write_job *j = CONTAINER_OF(job, struct write_job, job);
    struct buf suffix = {0};
    buf_printf(&suffix, ".dynamic.%" PRIx64, (uint64_t)j->version);
    enum err e = write_lines(j, buf_cstr(&suffix), false);
    if (e == ERR_OK) {
        e = rewrite_static(j, buf_cstr(&suffix));
    }
    if (e == ERR_OK && j->forgets_seen) {
        e = forget_seen(j);
    }
    j->result = e;
    buf_fini(&suffix);
}

// ---- on the loop ----

static void free_job(struct write_job *j)
{
    list_remove(&j->link);
    buf_fini(&j->text);
    mem_free(j);
}

static void log_failure(struct log *log, const struct store_error *error)
{
    log_event_str(log, EVENT_CONFIG_NOT_SAVED, "error", error->text);
}

static void on_done(struct port_job *job)
{
    struct write_job *j = CONTAINER_OF(job, struct write_job, job);
    struct dynamic_config *d = j->owner;
    if (j->result != ERR_OK) {
        log_failure(d->options.log, &j->error);
    } else {
        struct log_line l;
        if (log_begin(&l, d->options.log, EVENT_CONFIG_SAVED)) {
            log_str(&l, "what", j->is_activation ? "in force" : "proposed");
            log_hex(&l, "version", j->version);
            log_end(&l);
        }
    }
    free_job(j);
    if (dynamic_config_is_idle(d) && d->options.on_idle != NULL) {
        d->options.on_idle(d->options.ctx);
    }
}

// What the text says of its version, and whether this server's line has a client address.
static bool look_into(struct write_job *j, int64_t sid)
{
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    bool is_ok = config_servers_parse(buf_slice(&j->text), &config, &complaint) == ERR_OK;
    if (is_ok) {
        const struct config_member *own = config_servers_find(&config, sid);
        j->version = config.version;
        j->drops_client_port = own != NULL && own->client.host != NULL;
    }
    config_servers_fini(&config);
    buf_fini(&complaint);
    return is_ok;
}

static struct write_job *new_job(struct dynamic_config *d, struct slice text)
{
    if (d->options.config_file == NULL) {
        return NULL;
    }
    struct write_job *j = mem_zalloc(sizeof(*j));
    *j = (struct write_job){.owner = d, .job = {.done = on_done}};
    list_push_back(&d->jobs, &j->link);
    buf_append_slice(&j->text, text);
    if (!look_into(j, d->options.sid)) { // zab/ gives none that does not parse
        free_job(j);
        return NULL;
    }
    return j;
}

void dynamic_config_see(struct dynamic_config *d, struct slice text)
{
    struct write_job *j = new_job(d, text);
    if (j != NULL) {
        d->seen_version = j->version;
        j->job.run = run_see;
        d->options.worker->submit(d->options.worker, &j->job);
    }
}

void dynamic_config_activate(struct dynamic_config *d, struct slice text)
{
    struct write_job *j = new_job(d, text);
    if (j != NULL) {
        j->is_activation = true;
        j->forgets_seen = j->version >= d->seen_version;
        j->job.run = run_activate;
        d->options.worker->submit(d->options.worker, &j->job);
    }
}

bool dynamic_config_is_idle(const struct dynamic_config *d)
{
    return list_is_empty(&d->jobs);
}

// ---- life cycle ----

struct dynamic_config *dynamic_config_new(const struct dynamic_config_options *options)
{
    struct dynamic_config *d = mem_zalloc(sizeof(*d));
    d->options = *options;
    d->seen_version = options->seen_version;
    list_init(&d->jobs);
    if (options->config_file != NULL) {
        d->dir = split_path(options->config_file, &d->name);
    }
    return d;
}

void dynamic_config_free(struct dynamic_config *d)
{
    if (d == NULL) {
        return;
    }
    LIST_FOREACH_SAFE (it, tmp, &d->jobs) {
        free_job(CONTAINER_OF(it, struct write_job, link));
    }
    mem_free(d->dir);
    mem_free(d);
}

void dynamic_config_back_up(struct port_files *files, const char *config_file, struct log *log)
{
    struct buf text = {0}, name = {0};
    struct store_error error = {0};
    const char *base;
    char *dir = split_path(config_file, &base);
    buf_printf(&name, "%s.bak", base);
    enum err e = read_config(files, config_file, &text, &error);
    if (e == ERR_OK) {
        e = small_file_write(files, dir, buf_cstr(&name), buf_slice(&text), &error);
    }
    if (e != ERR_OK) {
        log_failure(log, &error);
    }
    mem_free(dir);
    buf_fini(&text);
    buf_fini(&name);
}
