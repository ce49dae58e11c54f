// SPDX-License-Identifier: Apache-2.0
//
// One attempt: resolve, connect, write the word, read two letters. Whatever fails is one more
// pause.
#include "client/probe.h"

#include "base/assert.h"
#include "base/list.h"

enum { PAUSE_MS_MIN = 100, PAUSE_MS_MAX = 60000, ATTEMPT_MS_MAX = 1000 }; // as Java

static struct probe *of_question(struct port_question *q)
{
    return CONTAINER_OF(q, struct probe, question);
}

static void drop(struct probe *p)
{
    if (p->stream != NULL) {
        p->stream->close(p->stream);
        p->stream = NULL;
    }
    p->ports->resolver->cancel(p->ports->resolver, &p->question);
}

static void rest(struct probe *p)
{
    client_is_due(p->ports); // the timer is to be set
    drop(p);
    p->phase = PROBE_RESTING;
    p->due_ms = clock_mono_ms(p->ports->clock) + p->pause_ms;
    p->pause_ms = p->pause_ms * 2 < PAUSE_MS_MAX ? p->pause_ms * 2 : PAUSE_MS_MAX;
}

static void on_connected(struct port_stream *s)
{
    struct probe *p = s->owner;
    struct slice word = slice_str("isro");
    if (s->write(s, &word, 1) != (int64_t)word.len) {
        rest(p);
        return;
    }
    s->start(s);
}

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct probe *p = s->owner;
    while (bytes.len > 0 && p->answer_len < sizeof(p->answer)) {
        p->answer[p->answer_len++] = (char)bytes.data[0];
        bytes = slice_skip(bytes, 1);
    }
    if (p->answer_len < sizeof(p->answer)) {
        return;
    }
    p->has_found = memcmp(p->answer, "rw", 2) == 0;
    rest(p);
}

static void on_end(struct port_stream *s, enum err reason)
{
    (void)reason;
    rest(s->owner);
}

static void on_writable(struct port_stream *s)
{
    (void)s; // four bytes always fit at once
}

static const struct port_stream_handler stream_handler = {
    .on_connected = on_connected,
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

static void on_answered(struct port_question *q, enum err err, const struct port_address *addresses,
                        size_t count)
{
    struct probe *p = of_question(q);
    if (err != ERR_OK || count == 0 ||
        p->ports->net->connect(p->ports->net, &addresses[0], false, &p->stream) != ERR_OK) {
        rest(p);
        return;
    }
    p->stream->owner = p;
    p->stream->handler = &stream_handler;
    p->answer_len = 0;
    p->phase = PROBE_ASKING;
}

void probe_init(struct probe *p, struct client_ports *ports)
{
    *p = (struct probe){.ports = ports, .question = {.answered = on_answered}};
}

void probe_start(struct probe *p, int64_t now_ms)
{
    ASSERT(p->phase == PROBE_IDLE);
    p->has_found = false;
    p->phase = PROBE_RESTING;
    p->due_ms = now_ms + PAUSE_MS_MIN;
    p->pause_ms = 2 * PAUSE_MS_MIN;
}

void probe_stop(struct probe *p)
{
    drop(p);
    p->phase = PROBE_IDLE;
}

static void ask(struct probe *p, const struct hosts *hosts, size_t not_this, int64_t now_ms)
{
    p->host = (p->host + 1) % hosts->count;
    if (p->host == not_this) {
        p->host = (p->host + 1) % hosts->count;
    }
    p->due_ms = now_ms + ATTEMPT_MS_MAX;
    p->phase = PROBE_RESOLVING;
    const struct host *host = &hosts->items[p->host];
    struct port_resolver *r = p->ports->resolver;
    if (p->host == not_this || r->resolve(r, host->name, host->port, &p->question) != ERR_OK) {
        rest(p);
    }
}

void probe_work(struct probe *p, const struct hosts *hosts, size_t not_this, int64_t now_ms)
{
    if (p->phase == PROBE_IDLE || p->has_found || now_ms < p->due_ms) {
        return;
    }
    if (p->phase == PROBE_RESTING) {
        ask(p, hosts, not_this, now_ms);
    } else {
        rest(p);
    }
}

bool probe_next_due(const struct probe *p, int64_t *ret_ms)
{
    if (p->phase == PROBE_IDLE || p->has_found) {
        return false;
    }
    *ret_ms = p->due_ms;
    return true;
}
