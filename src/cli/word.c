// SPDX-License-Identifier: Apache-2.0
//
// One errand a server, on the loop of this program's own machine (the session has another one):
//
//     RESOLVING ──addresses──► CONNECTING ──connected──► READING ──end of stream──► ENDED
//         └──none───► ENDED       ├──failed, next address─┐           └──broken, too long──► ENDED
//                                 └◄──────────────────────┘
#include "cli/word.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"
#include "port/pump.h"
#include "port/resolver.h"

enum { TURN_MS = 100 };

struct errand {
    struct cli *cli;
    const struct host *server;
    const char *word;
    struct word_answer *answer;
    struct port_question question;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t address_count, next_address;
    struct port_stream *stream;
    int64_t begun_ms;
    bool is_resolving, is_ended;
};

static void end(struct errand *e, bool is_answered, const char *why)
{
    struct word_answer *a = e->answer;
    if (e->is_ended) {
        return;
    }
    e->is_ended = true;
    if (e->stream != NULL) {
        e->stream->close(e->stream);
        e->stream = NULL;
    }
    a->took_ms = clock_mono_ms(e->cli->host->clock) - e->begun_ms;
    a->is_answered = is_answered;
    const char *text = buf_cstr(&a->text);
    a->is_refused = is_answered && strstr(text, "is not in the whitelist") != NULL;
    a->is_not_serving = is_answered && strstr(text, "is not currently serving requests") != NULL;
    (void)snprintf(a->why, sizeof(a->why), "%s", why);
}

// ---- the stream ----

static void try_next(struct errand *e, enum err last);

static void on_connected(struct port_stream *s)
{
    struct errand *e = s->owner;
    struct slice word = slice_of(e->word, strlen(e->word));
    if (s->write(s, &word, 1) != (int64_t)word.len) {
        end(e, false, "the connection broke");
        return;
    }
    s->start(s);
}

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct errand *e = s->owner;
    if (e->answer->text.len + bytes.len > WORD_ANSWER_BYTES_MAX) {
        end(e, false, "the answer is longer than 64 MiB");
        return;
    }
    buf_append_slice(&e->answer->text, bytes);
}

static void on_end(struct port_stream *s, enum err reason)
{
    struct errand *e = s->owner;
    if (e->answer->text.len > 0) {
        end(e, reason == ERR_CLOSED, reason == ERR_CLOSED ? "" : "the connection broke");
    } else if (reason == ERR_CLOSED) {
        end(e, false, "closed the connection without an answer: no such word, or it wants TLS");
    } else {
        s->close(s);
        e->stream = NULL;
        try_next(e, reason);
    }
}

static void on_writable(struct port_stream *s)
{
    (void)s; // four bytes always fit
}

static void try_next(struct errand *e, enum err last)
{
    static const struct port_stream_handler handler = {.on_connected = on_connected,
                                                       .on_bytes = on_bytes,
                                                       .on_end = on_end,
                                                       .on_writable = on_writable};
    while (e->next_address < e->address_count) {
        struct port_net *net = e->cli->host->net;
        last = net->connect(net, &e->addresses[e->next_address++], false, &e->stream);
        if (last == ERR_OK) {
            e->stream->handler = &handler;
            e->stream->owner = e;
            return;
        }
        e->stream = NULL;
    }
    end(e, false, err_text(last));
}

// ---- names ----

static void on_resolved(struct port_question *q, enum err err, const struct port_address *addresses,
                        size_t count)
{
    struct errand *e = CONTAINER_OF(q, struct errand, question);
    e->is_resolving = false;
    if (err != ERR_OK) {
        end(e, false, err_text(err));
        return;
    }
    ASSERT(count <= PORT_RESOLVED_MAX);
    memcpy(e->addresses, addresses, count * sizeof(*addresses));
    e->address_count = count;
    try_next(e, ERR_UNRESOLVED);
}

static void begin(struct errand *e)
{
    struct port_resolver *r = e->cli->host->resolver;
    e->begun_ms = clock_mono_ms(e->cli->host->clock);
    e->question.answered = on_resolved;
    e->is_resolving = true;
    enum err err = r->resolve(r, e->server->name, e->server->port, &e->question);
    if (err != ERR_OK) {
        e->is_resolving = false;
        end(e, false, err_text(err));
    }
}

// ---- all of them ----

static bool are_ended(const struct errand *errands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!errands[i].is_ended) {
            return false;
        }
    }
    return true;
}

static void give_up(struct errand *e)
{
    struct port_resolver *r = e->cli->host->resolver;
    if (e->is_resolving) {
        r->cancel(r, &e->question);
        e->is_resolving = false;
        end(e, false, "its name was not resolved in time");
    } else {
        end(e, false,
            e->answer->text.len > 0 ? "its answer did not end in time" : "no answer in time");
    }
}

void word_ask(struct cli *c, const struct host *servers, size_t count, const char *word,
              int timeout_ms, struct word_answer *ret)
{
    struct port_pump *pump = c->host->pump;
    struct errand *errands = mem_zalloc((count + 1) * sizeof(*errands));
    int64_t until_ms = clock_mono_ms(c->host->clock) + timeout_ms;
    pump->lock(pump);
    for (size_t i = 0; i < count; i++) {
        ret[i] = (struct word_answer){0};
        errands[i] =
            (struct errand){.cli = c, .server = &servers[i], .word = word, .answer = &ret[i]};
        begin(&errands[i]);
    }
    int64_t left_ms = timeout_ms;
    while (!are_ended(errands, count) && left_ms > 0) {
        pump->turn(pump, left_ms < TURN_MS ? (int)left_ms : TURN_MS);
        left_ms = until_ms - clock_mono_ms(c->host->clock);
    }
    for (size_t i = 0; i < count; i++) {
        give_up(&errands[i]);
    }
    pump->unlock(pump);
    mem_free(errands);
}

void word_answers_fini(struct word_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_fini(&answers[i].text);
    }
}
