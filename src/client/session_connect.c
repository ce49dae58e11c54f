// SPDX-License-Identifier: Apache-2.0
//
// The way to a server: its name, its addresses one after the other, the stream, the greeting.
#include "client/session_priv.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"

// ---- the stream ----

static void on_connected(struct port_stream *stream)
{
    struct session *s = stream->owner;
    client_is_due(s->ports);
    session_move(s, SESSION_GREETING);
    s->greeting_sent_ms = session_now(s);
    s->last_heard_ms = s->greeting_sent_ms;
    session_greet(s);
    if (s->phase == SESSION_GREETING) {
        stream->start(stream);
    }
}

static void on_bytes(struct port_stream *stream, struct slice bytes)
{
    struct session *s = stream->owner;
    client_is_due(s->ports);
    session_read(s, bytes);
}

static void on_end(struct port_stream *stream, enum err reason)
{
    struct session *s = stream->owner;
    client_is_due(s->ports);
    if (s->phase == SESSION_CONNECTING) {
        session_lose(s, "cannot be connected to: %s", err_text(reason));
    } else if (s->phase == SESSION_GREETING) {
        session_lose(s,
                     "hung up on the greeting; it may not be serving, or be behind zxid 0x%" PRIx64,
                     (uint64_t)s->last_zxid);
    } else {
        session_lose(s, "ended the connection: %s", err_text(reason));
    }
}

static void on_writable(struct port_stream *stream)
{
    struct session *s = stream->owner;
    client_is_due(s->ports);
    s->is_blocked = false; // the end of the turn writes
}

static const struct port_stream_handler stream_handler = {
    .on_connected = on_connected,
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

void session_opened(struct session *s, bool is_read_only)
{
    s->is_read_only = is_read_only;
    s->is_global = s->is_global || !is_read_only;
    s->last_sent_ms = s->last_heard_ms = session_now(s);
    watchers_reconnected(&s->watchers);
    s->credentials_due = s->credentials.count;
    session_move(s, SESSION_OPEN);
    if (credentials_tell(&s->credentials, &s->urgent) != ERR_OK) {
        session_lose(s, "out of memory");
        return;
    }
    if (is_read_only) {
        probe_start(&s->probe, s->phase_since_ms);
    }
    session_announce(s, session_state(s));
}

// ---- attempts ----

static void set_server_text(struct session *s, const struct port_address *a)
{
    const uint8_t *b = a->bytes;
    if (!a->is_v6) {
        (void)snprintf(s->server, sizeof(s->server), "%u.%u.%u.%u:%u", b[0], b[1], b[2], b[3],
                       (unsigned)a->port);
        return;
    }
    char text[40];
    size_t len = 0;
    for (size_t i = 0; i < PORT_ADDRESS_BYTES; i += 2) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%x", i > 0 ? ":" : "",
                                (unsigned)(b[i] << 8 | b[i + 1]));
    }
    (void)snprintf(s->server, sizeof(s->server), "[%s]:%u", text, (unsigned)a->port);
}

static void connect_next_address(struct session *s)
{
    const struct port_address *to = &s->addresses[s->address_next++];
    struct port_stream *stream;
    enum err e = s->ports->net->connect(s->ports->net, to, false, &stream);
    set_server_text(s, to);
    if (e != ERR_OK) {
        session_lose(s, "cannot be connected to: %s", err_text(e));
        return;
    }
    stream->owner = s;
    stream->handler = &stream_handler;
    s->stream = stream;
    session_move(s, SESSION_CONNECTING);
}

// A name may stand for a whole ensemble: clients must not all take its first address. The system's
// order of families stays. RFC 6724.
static void shuffle_addresses(struct session *s)
{
    for (size_t start = 0; start < s->address_count;) {
        size_t end = start + 1;
        while (end < s->address_count && s->addresses[end].is_v6 == s->addresses[start].is_v6) {
            end++;
        }
        for (size_t i = end; i > start + 1; i--) {
            size_t j = start + (size_t)(entropy_next(s->ports->entropy) % (i - start));
            struct port_address swapped = s->addresses[i - 1];
            s->addresses[i - 1] = s->addresses[j];
            s->addresses[j] = swapped;
        }
        start = end;
    }
}

void session_on_resolved(struct port_question *q, enum err err,
                         const struct port_address *addresses, size_t count)
{
    struct session *s = CONTAINER_OF(q, struct session, question);
    client_is_due(s->ports);
    if (err != ERR_OK) {
        session_lose(s, "cannot be found: %s", err_text(err));
        return;
    }
    s->address_count = count < PORT_RESOLVED_MAX ? count : PORT_RESOLVED_MAX;
    s->address_next = 0;
    memcpy(s->addresses, addresses, s->address_count * sizeof(*addresses));
    if (!s->keeps_order) {
        shuffle_addresses(s);
    }
    session_move(s, SESSION_RESTING); // the end of the turn connects
    s->retry_at_ms = s->phase_since_ms;
}

static void resolve_next_host(struct session *s)
{
    const struct host *host = hosts_take(&s->hosts);
    (void)snprintf(s->host_name, sizeof(s->host_name), "%s", host->name);
    s->host_port = host->port;
    s->address_count = s->address_next = 0;
    session_move(s, SESSION_RESOLVING);
    enum err e =
        s->ports->resolver->resolve(s->ports->resolver, host->name, host->port, &s->question);
    if (e != ERR_OK) {
        session_lose(s, "cannot be found: %s", err_text(e));
    }
}

void session_attempt(struct session *s, int64_t now_ms)
{
    while (s->phase == SESSION_RESTING && s->retry_at_ms <= now_ms) {
        if (s->address_next < s->address_count) {
            connect_next_address(s);
        } else {
            resolve_next_host(s);
        }
    }
}
