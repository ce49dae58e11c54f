// SPDX-License-Identifier: Apache-2.0
//
// CPU times are sampled at both ends and subtracted: getrusage for this program, /proc for the
// servers, whose clock ticks (10 ms) are fine against a window of seconds.
#include "bench/lib/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t load_cpu_ns(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    uint64_t us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000u +
                  (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    return us * 1000u;
}

static uint64_t process_cpu_ns(int pid)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *after_name = strrchr(text, ')');
    uint64_t user = 0;
    uint64_t kernel = 0;
    if (after_name == NULL ||
        sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
               &user, &kernel) != 2)
        return 0;
    return (user + kernel) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t process_rss_kib(int pid)
{
    char path[64];
    char line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    uint64_t kib = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1)
            break;
    if (f != NULL)
        fclose(f);
    return kib;
}

static uint64_t servers_cpu_ns(const struct servers *s)
{
    uint64_t sum_ns = 0;
    for (uint32_t i = 0; i < s->pid_count; i++)
        sum_ns += process_cpu_ns(s->pids[i]);
    return sum_ns;
}

static uint64_t servers_rss_kib(const struct servers *s)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < s->pid_count; i++) {
        uint64_t kib = process_rss_kib(s->pids[i]);
        most = kib > most ? kib : most;
    }
    return most;
}

void measure_init(struct measure *m, uint64_t from_ns, uint64_t to_ns,
                  const struct servers *servers)
{
    memset(m, 0, sizeof *m);
    m->from_ns = from_ns;
    m->to_ns = to_ns;
    m->last_answer_ns = from_ns;
    m->servers = servers;
}

static void note_silence(struct measure *m, uint64_t until)
{
    if (until - m->last_answer_ns > m->longest_silence_ns)
        m->longest_silence_ns = until - m->last_answer_ns;
    m->last_answer_ns = until;
}

void measure_turn(struct measure *m, uint64_t now)
{
    if (!m->is_opened && now >= m->from_ns) {
        m->is_opened = true;
        m->load_cpu_ns = load_cpu_ns();
        m->server_cpu_ns = servers_cpu_ns(m->servers);
    }
    if (!m->is_closed && now >= m->to_ns) {
        m->is_closed = true;
        note_silence(m, m->to_ns);
        m->load_cpu_ns = load_cpu_ns() - m->load_cpu_ns;
        m->server_cpu_ns = servers_cpu_ns(m->servers) - m->server_cpu_ns;
        m->server_rss_kib = servers_rss_kib(m->servers);
    }
}

void measure_answer(struct measure *m, uint64_t asked_ns, uint64_t now)
{
    if (asked_ns >= m->from_ns && asked_ns < m->to_ns)
        hist_record(&m->latency, now - asked_ns);
    if (now < m->from_ns || now >= m->to_ns)
        return;
    m->answers++;
    note_silence(m, now);
}

void measure_print(const struct measure *m, const char *mode)
{
    const struct hist *h = &m->latency;
    double seconds = (double)(m->to_ns - m->from_ns) / 1e9;
    printf("{\"mode\": \"%s\", \"seconds\": %.3f, \"answers\": %" PRIu64 ", \"per_second\": %.1f, ",
           mode, seconds, m->answers, (double)m->answers / seconds);
    printf("\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
           "\"max_us\": %.1f, \"mean_us\": %.1f, ",
           (double)hist_percentile_ns(h, 50) / 1e3, (double)hist_percentile_ns(h, 90) / 1e3,
           (double)hist_percentile_ns(h, 99) / 1e3, (double)hist_percentile_ns(h, 99.9) / 1e3,
           (double)h->max_ns / 1e3, h->count ? (double)h->sum_ns / (double)h->count / 1e3 : 0.0);
    printf("\"silence_ms\": %.3f, \"load_cpu_s\": %.3f, \"server_cpu_s\": %.3f, "
           "\"server_rss_kib\": %" PRIu64 "}\n",
           (double)m->longest_silence_ns / 1e6, (double)m->load_cpu_ns / 1e9,
           (double)m->server_cpu_ns / 1e9, m->server_rss_kib);
}
