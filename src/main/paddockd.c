// SPDX-License-Identifier: Apache-2.0
//
// paddockd: the server as a process. Arguments and zoo.cfg become a configuration, the host gives
// the ports, the server runs on them until a signal or a failure ends it.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/trace.h"
#include "config/args.h"
#include "config/config.h"
#include "host/host.h"
#include "host/machine.h"
#include "host/memory.h"
#include "main/version.h"
#include "server/server.h"

enum { EXTRA_DESCRIPTORS = 64 }; // for files, workers and the listener, beside the clients

#ifdef PADDOCK_DEBUG
enum { IS_LEAK_CHECKED = true };
#else
enum { IS_LEAK_CHECKED = false };
#endif

struct process {
    struct host *host;
    struct port_machine *machine;
    struct server *server;
    struct config *config;
    struct log log;
    struct trace_ring *traces; // what went before a failed assertion
    enum server_exit exit_code;
};

static void write_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    ssize_t n;
    do {
        n = write(STDOUT_FILENO, line, len);
    } while (n < 0 && errno == EINTR);
}

// ---- configuration ----

static bool read_file(const char *path, struct buf *to)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n;
    do {
        n = read(fd, buf_reserve(to, 65536), 65536);
        to->len += n > 0 ? (size_t)n : 0;
    } while (n > 0 && to->len <= LIMIT_ZOO_CFG_BYTES);
    close(fd);
    return n >= 0;
}

static bool parse_file(struct config *cfg, const char *path,
                       void (*parse)(struct config *, const char *, struct slice))
{
    struct buf text = {0};
    bool is_read = read_file(path, &text);
    if (!is_read) {
        fprintf(stderr, "paddockd: cannot read %s: %s\n", path, strerror(errno));
    } else if (text.len > LIMIT_ZOO_CFG_BYTES) {
        fprintf(stderr, "paddockd: %s is larger than %d bytes\n", path, LIMIT_ZOO_CFG_BYTES);
        is_read = false;
    } else {
        parse(cfg, path, buf_slice(&text));
    }
    buf_fini(&text);
    return is_read;
}

static void set_positional(struct config *cfg, const struct args *args)
{
    const struct {
        enum config_key key;
        const char *value;
    } given[] = {
        {CONFIG_KEY_client_port, args->port},
        {CONFIG_KEY_data_dir, args->data_dir},
        {CONFIG_KEY_tick_time_ms, args->tick_time},
        {CONFIG_KEY_max_client_cnxns, args->max_cnxns},
    };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].value != NULL) {
            config_set_argument(cfg, given[i].key, given[i].value);
        }
    }
}

// A server line with this server's number may hold its client address, also on a standalone server.
static void read_myid(struct config *cfg)
{
    if (cfg->data_dir == NULL) {
        return;
    }
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/myid", cfg->data_dir);
    bool is_read = read_file(buf_cstr(&path), &text);
    config_set_myid(cfg, buf_cstr(&path), is_read ? buf_slice(&text) : slice_null());
    buf_fini(&path);
    buf_fini(&text);
}

// The file that dynamicConfigFile names, and the last seen configuration beside zoo.cfg, which is
// there only while a reconfiguration is under way.
static bool read_membership(struct config *cfg, const struct args *args)
{
    if (!parse_file(cfg, cfg->dynamic_config_file, config_parse_dynamic)) {
        return false;
    }
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s" CONFIG_SEEN_SUFFIX, args->config_file);
    if (read_file(buf_cstr(&path), &text)) {
        config_parse_seen(cfg, buf_cstr(&path), buf_slice(&text));
    }
    buf_fini(&path);
    buf_fini(&text);
    return true;
}

// The absolute path of zoo.cfg: its directory without symbolic links, for the files that a member
// writes beside it. Empty when there is none.
static void find_config_file(const char *config_file, struct buf *ret)
{
    const char *slash = config_file != NULL ? strrchr(config_file, '/') : NULL;
    struct buf dir = {0};
    buf_append(&dir, config_file, slash != NULL ? (size_t)(slash + 1 - config_file) : 0);
    char real[PATH_MAX];
    if (config_file != NULL && realpath(slash != NULL ? buf_cstr(&dir) : ".", real) != NULL) {
        buf_printf(ret, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                   slash != NULL ? slash + 1 : config_file);
    }
    buf_fini(&dir);
}

static bool load_config(struct config *cfg, const struct args *args)
{
    for (size_t i = 0; i < args->define_count; i++) {
        config_define(cfg, args->defines[i]);
    }
    if (args->config_file != NULL && !parse_file(cfg, args->config_file, config_parse_file)) {
        return false;
    }
    set_positional(cfg, args);
    config_finish(cfg); // now the names of further files are known
    read_myid(cfg);
    if (cfg->dynamic_config_file != NULL && !read_membership(cfg, args)) {
        return false;
    }
    config_finish(cfg);
    return true;
}

static void log_diags(struct process *p)
{
    static const enum log_event events[] = {
        [CONFIG_NOTE] = EVENT_CONFIG_NOTE,
        [CONFIG_WARNING] = EVENT_CONFIG_WARNING,
        [CONFIG_ERROR] = EVENT_CONFIG_ERROR,
    };
    size_t count;
    const struct config_diag *diags = config_diags(p->config, &count);
    for (size_t i = 0; i < count; i++) {
        struct log_line l;
        if (log_begin(&l, &p->log, events[diags[i].severity])) {
            if (diags[i].file != NULL) {
                log_str(&l, "file", diags[i].file);
            }
            if (diags[i].line != 0) {
                log_i64(&l, "line", diags[i].line);
            }
            log_str(&l, "text", diags[i].text);
            log_end(&l);
        }
    }
}

// ---- what the process needs of its surroundings ----

// Ask for as many descriptors as clients may want; say so when that is refused.
static void raise_descriptor_limit(struct process *p)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    rlim_t wanted = (rlim_t)p->config->max_cnxns + EXTRA_DESCRIPTORS;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    struct log_line l;
    if (limit.rlim_cur < wanted && log_begin(&l, &p->log, EVENT_FD_LIMIT_LOW)) {
        log_i64(&l, "have", (int64_t)limit.rlim_cur);
        log_i64(&l, "want", (int64_t)wanted);
        log_str(&l, "remedy", "raise the limit of open files (ulimit -n, LimitNOFILE)");
        log_end(&l);
    }
}

static void on_signal(enum host_signal signal, void *ctx)
{
    struct process *p = ctx;
    switch (signal) {
    case HOST_SIGNAL_STOP:
        server_stop(p->server);
        return;
    case HOST_SIGNAL_USER1: // more
        p->log.level = p->log.level < LOG_DEBUG ? p->log.level + 1 : LOG_DEBUG;
        log_event_str(&p->log, EVENT_LOG_LEVEL_CHANGED, "level", log_level_name(p->log.level));
        return;
    case HOST_SIGNAL_USER2: // less
        p->log.level = p->log.level > LOG_ERROR ? p->log.level - 1 : LOG_ERROR;
        log_event_str(&p->log, EVENT_LOG_LEVEL_CHANGED, "level", log_level_name(p->log.level));
        return;
    case HOST_SIGNAL_HANGUP:
        log_event(&p->log, EVENT_SIGNAL_IGNORED);
        return;
    }
}

static void on_stopped(void *ctx, enum server_exit code)
{
    struct process *p = ctx;
    p->exit_code = code;
    host_stop(p->host);
}

// ---- running ----

static enum server_exit serve(struct process *p, const char *config_file)
{
    const struct server_options options = {
        .config = p->config,
        .log = &p->log,
        .loop = host_loop(p->host),
        .clock = host_clock(p->host),
        .entropy = host_entropy(p->host),
        .files = host_files(p->host),
        .net = host_net(p->host),
        .resolver = host_resolver(p->host),
        .digest = host_digest(p->host),
        .machine = p->machine,
        .trace = trace_ring_sink(p->traces),
        .version = version_text,
        .config_file = config_file,
        .on_stopped = on_stopped,
        .ctx = p,
    };
    enum server_exit code = server_open(&options, &p->server);
    if (code != SERVER_EXIT_OK) {
        return code;
    }
    if (host_on_signal(p->host, on_signal, p) != ERR_OK) {
        server_close(p->server);
        return SERVER_EXIT_UNEXPECTED;
    }
    host_run(p->host);
    server_close(p->server);
    log_event(&p->log, EVENT_STOPPED);
    return p->exit_code;
}

static void set_up_log(struct process *p, const struct args *args)
{
    log_init(&p->log, host_clock(p->host), write_line, NULL);
    if (args->log_format != NULL) {
        (void)log_format_parse(args->log_format, &p->log.format); // args_parse checked it
    }
    if (args->log_level != NULL) {
        (void)log_level_parse(args->log_level, &p->log.level);
    }
}

// ---- the last words ----

static int64_t trace_time_ms(void *ctx)
{
    return clock_wall_ms(host_clock(ctx));
}

static void dump_traces(void *ctx)
{
    trace_ring_dump(ctx, STDERR_FILENO);
}

static void open_traces(struct process *p)
{
    p->traces = trace_ring_new(trace_time_ms, p->host);
    host_trace(p->host, trace_ring_sink(p->traces));
    assert_set_hook(dump_traces, p->traces);
}

static void close_traces(struct process *p)
{
    assert_set_hook(NULL, NULL);
    trace_ring_free(p->traces);
}

static enum server_exit run(struct process *p, const struct args *args)
{
    if (host_open(&p->host) != ERR_OK) {
        fprintf(stderr, "paddockd: the event loop cannot be opened (file descriptors?)\n");
        return SERVER_EXIT_UNEXPECTED;
    }
    open_traces(p);
    set_up_log(p, args);
    struct log_line l;
    if (log_begin(&l, &p->log, EVENT_STARTING)) {
        log_str(&l, "version", PADDOCK_VERSION);
        log_i64(&l, "pid", getpid());
        log_str(&l, "config", args->config_file != NULL ? args->config_file : "command line");
        log_end(&l);
    }
    log_diags(p);
    enum server_exit code = SERVER_EXIT_INVALID;
    if (config_has_errors(p->config)) {
        log_event_str(&p->log, EVENT_START_FAILED, "error", "the configuration has errors");
    } else {
        raise_descriptor_limit(p);
        p->machine = machine_open();
        struct buf config_file = {0};
        find_config_file(args->config_file, &config_file);
        code = serve(p, config_file.len > 0 ? buf_cstr(&config_file) : NULL);
        buf_fini(&config_file);
        machine_close(p->machine);
    }
    host_close(p->host);
    close_traces(p);
    return code;
}

static int print(void (*printer)(struct buf *out))
{
    struct buf out = {0};
    printer(&out);
    fwrite(out.data, 1, out.len, stdout);
    buf_fini(&out);
    return SERVER_EXIT_OK;
}

static int print_diags(const struct config *cfg)
{
    struct buf out = {0};
    size_t count;
    const struct config_diag *diags = config_diags(cfg, &count);
    for (size_t i = 0; i < count; i++) {
        config_print_diag(&diags[i], &out);
    }
    if (out.len > 0) {
        fwrite(out.data, 1, out.len, stderr);
    }
    buf_fini(&out);
    return config_has_errors(cfg) ? SERVER_EXIT_INVALID : SERVER_EXIT_OK;
}

static int print_config(const struct config *cfg)
{
    struct buf out = {0};
    config_print(cfg, &out);
    fwrite(out.data, 1, out.len, stdout);
    buf_fini(&out);
    return print_diags(cfg);
}

static int act(struct process *p, const struct args *args)
{
    if (!load_config(p->config, args)) {
        return SERVER_EXIT_INVALID;
    }
    switch (args->action) {
    case ARGS_PRINT_CONFIG:
        return print_config(p->config);
    case ARGS_CHECK_CONFIG:
        return print_diags(p->config);
    case ARGS_RUN:
        return (int)run(p, args);
    case ARGS_PRINT_CONFIG_DOC:
    case ARGS_VERSION:
    case ARGS_HELP:
        break;
    }
    return SERVER_EXIT_INVALID;
}

int main(int argc, char **argv)
{
    memory_own();
    struct args args;
    struct buf complaint = {0};
    int code = SERVER_EXIT_OK;
    if (args_parse(argc, argv, &args, &complaint) != ERR_OK) {
        fprintf(stderr, "paddockd: %s\n", buf_cstr(&complaint));
        code = SERVER_EXIT_INVALID;
    } else if (args.action == ARGS_HELP) {
        fputs(args_help(), stdout);
    } else if (args.action == ARGS_VERSION) {
        printf("paddockd %s (ZooKeeper %s)\n", PADDOCK_VERSION, PADDOCK_ZOOKEEPER_VERSION);
    } else if (args.action == ARGS_PRINT_CONFIG_DOC) {
        code = print(config_print_doc);
    } else {
        struct process process = {.config = config_new()};
        code = act(&process, &args);
        config_free(process.config);
    }
    args_fini(&args);
    buf_fini(&complaint);
    return code;
}
