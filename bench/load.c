// SPDX-License-Identifier: Apache-2.0
//
// bench_load: the load generator. One thread, the real client protocol, one JSON line as result.
//
//     bench_load --port 2181 --sessions 50 --outstanding 16 --seconds 5 read
//
// It must cost far less than the server it measures, so it batches sends, receives once per
// readiness, parses only headers and allocates nothing while it measures; how much it did cost is
// in the result (load_cpu_s beside server_cpu_s).
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/lib/churn.h"
#include "bench/lib/first.h"
#include "bench/lib/flow.h"
#include "bench/lib/idle.h"
#include "bench/lib/measure.h"
#include "bench/lib/outage.h"
#include "bench/lib/session.h"

static const char usage[] =
    "usage: bench_load [options] MODE\n"
    "\n"
    "modes\n"
    "  read, write   getData, setData on --keys nodes of --value bytes\n"
    "  mixed         90 % read, 10 % write\n"
    "  create        a new node of --value bytes each time\n"
    "  sessions      open and close sessions, --sessions side by side\n"
    "  idle          hold --sessions that only ping\n"
    "  first         try until a session opens, print when (monotonic clock)\n"
    "  outage        sessions that write and come back when they lose their server; how long that "
    "took\n"
    "\n"
    "options (default)\n"
    "  --port N[,N...]      on 127.0.0.1; sessions are spread over them (2181)\n"
    "  --sessions N         (50)\n"
    "  --outstanding N      unanswered requests per session (1)\n"
    "  --seconds S          length of the window (5)\n"
    "  --warmup S           before the window (1)\n"
    "  --value BYTES        of a node (1024)\n"
    "  --keys N             nodes read and written (1000)\n"
    "  --count N            create: that many, instead of a time\n"
    "  --rate R             open loop: R requests per second in total\n"
    "  --timeout-ms N       session timeout (10000)\n"
    "  --tag TEXT           create: part of the parents' names (c)\n"
    "  --server-pid PID[,PID...]  report the CPU time of these processes together, and the most\n"
    "                       memory of one\n"
    "  --kill PID           outage: kill this process at the end of the warm-up\n";

struct command {
    struct flow_options flow; // every option; the other modes take a part of them
    const char *mode;
    int kill_pid;
};

static double number(const char *name, const char *text, double min, double max)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= min && value <= max))
        fatal("--%s %s: a number from %g to %g is needed", name, text, min, max);
    return value;
}

// The numbers of a list, separated by commas. Returns how many.
static uint32_t numbers(const char *name, const char *text, double max, int *ret)
{
    char one[16];
    uint32_t count = 0;
    for (const char *at = text; at != NULL; count++) {
        const char *comma = strchr(at, ',');
        size_t bytes = comma != NULL ? (size_t)(comma - at) : strlen(at);
        if (count == SERVERS_MAX || bytes >= sizeof one)
            fatal("--%s %s: at most %d numbers, separated by commas", name, text, SERVERS_MAX);
        memcpy(one, at, bytes);
        one[bytes] = '\0';
        ret[count] = (int)number(name, one, 1, max);
        at = comma != NULL ? comma + 1 : NULL;
    }
    return count;
}

static void take_ports(struct servers *s, const char *name, const char *text)
{
    int ports[SERVERS_MAX];
    s->port_count = numbers(name, text, 65535, ports);
    for (uint32_t i = 0; i < s->port_count; i++)
        s->ports[i] = (uint16_t)ports[i];
}

static void take_pids(struct servers *s, const char *name, const char *text)
{
    s->pid_count = numbers(name, text, 1e9, s->pids);
}

static void take_option(struct command *c, const char *name, const char *text)
{
    struct flow_options *o = &c->flow;
    if (strcmp(name, "port") == 0)
        take_ports(&o->servers, name, text);
    else if (strcmp(name, "sessions") == 0)
        o->sessions = (uint32_t)number(name, text, 1, 100000);
    else if (strcmp(name, "outstanding") == 0)
        o->outstanding = (uint32_t)number(name, text, 1, 65536);
    else if (strcmp(name, "seconds") == 0)
        o->seconds = number(name, text, 0, 86400);
    else if (strcmp(name, "warmup") == 0)
        o->warmup_s = number(name, text, 0, 86400);
    else if (strcmp(name, "value") == 0)
        o->value_bytes = (uint32_t)number(name, text, 0, 1000000);
    else if (strcmp(name, "keys") == 0)
        o->keys = (uint32_t)number(name, text, 1, 1000000);
    else if (strcmp(name, "count") == 0)
        o->count = (uint64_t)number(name, text, 1, 1e9);
    else if (strcmp(name, "rate") == 0)
        o->rate = number(name, text, 1, 1e7);
    else if (strcmp(name, "timeout-ms") == 0)
        o->timeout_ms = (uint32_t)number(name, text, 1, 1e9);
    else if (strcmp(name, "server-pid") == 0)
        take_pids(&o->servers, name, text);
    else if (strcmp(name, "kill") == 0)
        c->kill_pid = (int)number(name, text, 1, 1e9);
    else
        o->tag = text;
}

static struct command parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'o'},
        {"sessions", required_argument, NULL, 'o'},
        {"outstanding", required_argument, NULL, 'o'},
        {"seconds", required_argument, NULL, 'o'},
        {"warmup", required_argument, NULL, 'o'},
        {"value", required_argument, NULL, 'o'},
        {"keys", required_argument, NULL, 'o'},
        {"count", required_argument, NULL, 'o'},
        {"rate", required_argument, NULL, 'o'},
        {"timeout-ms", required_argument, NULL, 'o'},
        {"server-pid", required_argument, NULL, 'o'},
        {"kill", required_argument, NULL, 'o'},
        {"tag", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct command c = {
        .flow = {.servers = {.ports = {2181}, .port_count = 1},
                 .sessions = 50,
                 .outstanding = 1,
                 .seconds = 5,
                 .warmup_s = 1,
                 .value_bytes = 1024,
                 .keys = 1000,
                 .timeout_ms = 10000,
                 .tag = "c"},
    };
    int index = 0;
    for (int got; (got = getopt_long(argc, argv, "h", options, &index)) != -1;) {
        if (got == 'o') {
            take_option(&c, options[index].name, optarg);
            continue;
        }
        fputs(usage, got == 'h' ? stdout : stderr);
        exit(got == 'h' ? 0 : 1);
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        exit(1);
    }
    c.mode = argv[optind];
    return c;
}

// As many descriptors as the system lets us have: sessions are sockets.
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void flow_mode(struct command *c, uint32_t write_percent, struct measure *m)
{
    c->flow.write_percent = write_percent;
    c->flow.creates = strcmp(c->mode, "create") == 0;
    flow_run(&c->flow, m);
}

static void run(struct command *c, struct measure *m)
{
    const struct flow_options *o = &c->flow;
    if (strcmp(c->mode, "read") == 0)
        flow_mode(c, 0, m);
    else if (strcmp(c->mode, "write") == 0 || strcmp(c->mode, "create") == 0)
        flow_mode(c, 100, m);
    else if (strcmp(c->mode, "mixed") == 0)
        flow_mode(c, 10, m);
    else if (strcmp(c->mode, "sessions") == 0)
        churn_run(&(struct churn_options){o->servers, o->sessions, o->timeout_ms, o->warmup_s,
                                          o->seconds},
                  m);
    else if (strcmp(c->mode, "idle") == 0)
        idle_run(
            &(struct idle_options){o->servers, o->sessions, o->timeout_ms, o->warmup_s, o->seconds},
            m);
    else
        fatal("mode %s is unknown; --help lists them", c->mode);
}

int main(int argc, char **argv)
{
    struct command c = parse(argc, argv);
    const struct flow_options *o = &c.flow;
    raise_file_limit();
    if (strcmp(c.mode, "first") == 0) {
        first_run(&o->servers, o->timeout_ms, o->seconds);
        return 0;
    }
    if (strcmp(c.mode, "outage") == 0) {
        outage_run(&(struct outage_options){o->servers, o->sessions, o->timeout_ms, o->value_bytes,
                                            o->warmup_s, o->seconds, c.kill_pid});
        return 0;
    }
    struct measure *m = calloc(1, sizeof *m);
    if (m == NULL)
        fatal("out of memory");
    run(&c, m);
    measure_print(m, c.mode);
    free(m);
    return 0;
}
