// SPDX-License-Identifier: Apache-2.0
//
// Where the session is, and when it moves: attempts, time limits, the end. The table says which
// moves there are; an invariant runs at every one.
#include "client/session_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"

enum {
    SESSION_TIMEOUT_MS = 30000, // asked for by default
    REQUESTS_MAX = 65536,
    REPLY_BYTES_MAX = 256 * 1024 * 1024,
    URGENT_FIRST_BYTES = 256,
    ATTEMPT_MS_MIN = 500, // of one phase of an attempt
    GOOD_CONNECTION_MS = 1000,
};

// ---- phases ----

static const bool is_legal_move[SESSION_PHASES][SESSION_PHASES] = {
    [SESSION_RESTING] = {[SESSION_RESOLVING] = true,
                         [SESSION_CONNECTING] = true,
                         [SESSION_RESTING] = true,
                         [SESSION_ENDED] = true},
    [SESSION_RESOLVING] = {[SESSION_RESTING] = true, [SESSION_ENDED] = true},
    [SESSION_CONNECTING] =
        {[SESSION_GREETING] = true, [SESSION_RESTING] = true, [SESSION_ENDED] = true},
    [SESSION_GREETING] = {[SESSION_OPEN] = true, [SESSION_RESTING] = true, [SESSION_ENDED] = true},
    [SESSION_OPEN] = {[SESSION_RESTING] = true, [SESSION_ENDED] = true},
};

static void check_invariants(const struct session *s)
{
    bool has_stream =
        s->phase == SESSION_CONNECTING || s->phase == SESSION_GREETING || s->phase == SESSION_OPEN;
    ASSERT((s->stream != NULL) == has_stream);
    ASSERT(s->phase == SESSION_OPEN || list_is_empty(&s->requests.sent));
    ASSERT(s->phase != SESSION_ENDED || list_is_empty(&s->requests.waiting));
    ASSERT(s->phase == SESSION_OPEN || s->probe.phase == PROBE_IDLE);
}

void session_move(struct session *s, enum session_phase to)
{
    ASSERT(is_legal_move[s->phase][to]);
    s->phase = to;
    s->phase_since_ms = session_now(s);
    check_invariants(s);
}

enum paddock_state session_state(const struct session *s)
{
    if (s->phase == SESSION_ENDED) {
        return s->final_state;
    }
    if (s->phase == SESSION_OPEN) {
        return s->is_read_only ? PADDOCK_STATE_READ_ONLY : PADDOCK_STATE_CONNECTED;
    }
    return PADDOCK_STATE_CONNECTING;
}

// ---- news ----

__attribute__((format(printf, 2, 0))) static void vtrouble(struct session *s, const char *cause,
                                                           va_list args)
{
    char text[SESSION_TROUBLE_BYTES / 2];
    (void)vsnprintf(text, sizeof(text), cause, args);
    bool has_address = s->server[0] != 0;
    (void)snprintf(s->trouble, sizeof(s->trouble), "%.128s:%u%s%s%s %s", s->host_name,
                   (unsigned)s->host_port, has_address ? " (" : "", s->server,
                   has_address ? ")" : "", text);
}

void session_trouble(struct session *s, const char *cause, ...)
{
    va_list args;
    va_start(args, cause);
    vtrouble(s, cause, args);
    va_end(args);
}

static size_t state_place(enum paddock_state state)
{
    switch (state) {
    case PADDOCK_STATE_CONNECTING:
        return 0;
    case PADDOCK_STATE_CONNECTED:
        return 1;
    case PADDOCK_STATE_AUTH_FAILED:
        return 2;
    case PADDOCK_STATE_READ_ONLY:
        return 3;
    case PADDOCK_STATE_CLOSED:
        return 4;
    case PADDOCK_STATE_EXPIRED:
        break;
    }
    return 5;
}

// Every state has one delivery that needs no memory. When the program is so slow that it is still
// queued and memory is out as well, the news of a passing state is dropped.
void session_announce(struct session *s, enum paddock_state state)
{
    struct state_delivery *d = &s->state_events[state_place(state)];
    if (d->is_queued) {
        d = mem_try_alloc(sizeof(*d));
        if (d == NULL) {
            return;
        }
        *d = (struct state_delivery){.is_heap = true};
    }
    d->delivery.type = DELIVERY_STATE;
    d->state = state;
    d->number = watchers_begin_state_event(&s->watchers);
    d->is_queued = true;
    list_push_back(&s->deliveries, &d->delivery.link);
}

// ---- lease ----

void session_renew_lease(struct session *s, int64_t sent_ms)
{
    bool counts = s->phase != SESSION_OPEN || !s->is_read_only; // it keeps no session alive
    if (counts && (!s->has_lease || sent_ms > s->lease_from_ms)) {
        s->has_lease = true;
        s->lease_from_ms = sent_ms;
    }
}

int64_t session_lease_ms(const struct session *s, int64_t now_ms)
{
    if (!s->has_lease || s->phase == SESSION_ENDED) {
        return 0;
    }
    int64_t left = s->lease_from_ms + s->timeout_ms - now_ms;
    return left > 0 ? left : 0;
}

// ---- the end of a connection, and of all ----

static void drop_connection(struct session *s)
{
    s->ports->resolver->cancel(s->ports->resolver, &s->question);
    probe_stop(&s->probe);
    if (s->stream != NULL) {
        s->stream->close(s->stream);
        s->stream = NULL;
    }
    frame_reader_reset(&s->reader);
    buf_clear(&s->urgent);
    s->urgent_written = 0;
    s->is_blocked = false;
    s->is_moving = false;
    s->credentials_due = 0;
    s->set_watches_due = 0;
    s->is_ping_due = false;
    s->close_xid = 0;
    s->server[0] = 0;
}

void session_lose(struct session *s, const char *cause, ...)
{
    ASSERT(s->phase != SESSION_ENDED);
    va_list args;
    va_start(args, cause);
    vtrouble(s, cause, args);
    va_end(args);
    bool was_open = s->phase == SESSION_OPEN;
    int64_t now = session_now(s);
    bool was_good = was_open && now - s->phase_since_ms >= GOOD_CONNECTION_MS;
    drop_connection(s);
    requests_lose_sent(&s->requests, PADDOCK_CONNECTION_LOSS);
    session_move(s, SESSION_RESTING);
    if (was_open) {
        s->address_next = s->address_count; // the next server, not the next address of this one
        session_announce(s, PADDOCK_STATE_CONNECTING);
    }
    if (was_good) {
        hosts_rewind(&s->hosts);
    }
    bool has_address = s->address_next < s->address_count;
    s->retry_at_ms = has_address ? now : now + hosts_pause_ms(&s->hosts, s->ports->entropy);
}

void session_end(struct session *s, enum paddock_state state, int code)
{
    if (s->phase == SESSION_ENDED) {
        return;
    }
    drop_connection(s);
    requests_lose_sent(&s->requests, code);
    requests_fail_waiting(&s->requests, code);
    s->final_state = state;
    s->end_code = code;
    session_move(s, SESSION_ENDED);
    session_announce(s, state);
}

// Watches stay: the new session takes them up from the last zxid that was seen.
static void renew(struct session *s)
{
    drop_connection(s);
    requests_lose_sent(&s->requests, PADDOCK_SESSION_EXPIRED);
    requests_fail_waiting(&s->requests, PADDOCK_SESSION_EXPIRED);
    s->id = 0;
    memset(s->password, 0, sizeof(s->password));
    s->timeout_ms = s->asked_timeout_ms;
    s->is_global = false;
    s->has_lease = false;
    session_move(s, SESSION_RESTING);
    s->retry_at_ms = s->phase_since_ms + hosts_pause_ms(&s->hosts, s->ports->entropy);
    session_announce(s, PADDOCK_STATE_EXPIRED);
}

void session_expired(struct session *s)
{
    if (s->wants_close) {
        session_end(s, PADDOCK_STATE_CLOSED, PADDOCK_CLOSED);
    } else if (s->renews) {
        renew(s);
    } else {
        session_end(s, PADDOCK_STATE_EXPIRED, PADDOCK_SESSION_EXPIRED);
    }
}

// ---- time limits ----

// For each phase of an attempt: the timeout shared among the servers, as in Java.
static int64_t attempt_ms(const struct session *s)
{
    size_t targets = s->address_count > s->hosts.count ? s->address_count : s->hosts.count;
    int64_t share = s->timeout_ms / (int64_t)targets;
    return share > ATTEMPT_MS_MIN ? share : ATTEMPT_MS_MIN;
}

static int64_t silence_ms(const struct session *s)
{
    return (int64_t)s->timeout_ms * 2 / 3;
}

static int64_t ping_pause_ms(const struct session *s)
{
    return s->timeout_ms / 3;
}

static bool is_attempting(const struct session *s)
{
    return s->phase == SESSION_RESOLVING || s->phase == SESSION_CONNECTING ||
           s->phase == SESSION_GREETING;
}

// While this process stood still, the server could not be heard: its silence does not count. To
// have waited until the next thing was due is not standing still.
static void forgive_own_stall(struct session *s, int64_t now_ms)
{
    int64_t awaited_ms = s->planned_ms < now_ms ? s->planned_ms : now_ms;
    int64_t stall = now_ms - (awaited_ms > s->worked_ms ? awaited_ms : s->worked_ms);
    s->worked_ms = now_ms;
    if (stall > s->timeout_ms / 2) {
        s->last_heard_ms += stall;
        s->phase_since_ms += is_attempting(s) ? stall : 0;
    }
}

static void check_silence(struct session *s, int64_t now_ms)
{
    if (is_attempting(s) && now_ms - s->phase_since_ms >= attempt_ms(s)) {
        session_lose(s, "%s within %" PRId64 " ms",
                     s->phase == SESSION_RESOLVING    ? "is not found by the resolver"
                     : s->phase == SESSION_CONNECTING ? "does not accept the connection"
                                                      : "does not answer the greeting",
                     attempt_ms(s));
    } else if (s->phase == SESSION_OPEN && now_ms - s->last_heard_ms >= silence_ms(s)) {
        session_lose(s, "was silent for %" PRId64 " ms", now_ms - s->last_heard_ms);
    }
}

static void keep_alive(struct session *s, int64_t now_ms)
{
    bool is_quiet = !s->is_ping_due && now_ms - s->last_sent_ms >= ping_pause_ms(s);
    if (s->phase == SESSION_OPEN && is_quiet && session_ping(s, now_ms) != ERR_OK) {
        session_lose(s, "out of memory for a ping");
    }
}

// ---- a server with a quorum, when this one has none ----

// Answers that are due are waited for; then the connection is given up for the other server.
static void seek_quorum(struct session *s, int64_t now_ms)
{
    if (s->phase != SESSION_OPEN || !s->is_read_only) {
        return;
    }
    size_t here = hosts_find(&s->hosts, s->host_name, s->host_port);
    probe_work(&s->probe, &s->hosts, here, now_ms);
    if (!s->probe.has_found) {
        return;
    }
    s->is_moving = true;
    if (requests_oldest(&s->requests) == NULL && s->urgent.len == 0) {
        s->hosts.next = s->probe.host;
        hosts_rewind(&s->hosts);
        session_lose(s, "is read-only, and another server is not");
        s->retry_at_ms = now_ms;
    }
}

// ---- closing ----

void session_close_by(struct session *s, int64_t deadline_ms)
{
    s->wants_close = true;
    s->close_by_ms = deadline_ms;
}

static void work_on_closing(struct session *s, int64_t now_ms)
{
    if (!s->wants_close) {
        return;
    }
    bool is_over = now_ms >= s->close_by_ms;
    if (!s->is_global && s->phase != SESSION_OPEN) {
        s->was_closed = true; // there is nothing to be ended
        is_over = true;
    }
    if (!is_over && s->phase == SESSION_OPEN && s->close_xid == 0 && session_has_said_all(s)) {
        is_over = session_say_close(s) != ERR_OK;
    }
    if (is_over) {
        session_end(s, PADDOCK_STATE_CLOSED, PADDOCK_CLOSED);
    } else if (s->phase != SESSION_OPEN) {
        requests_fail_waiting(&s->requests, PADDOCK_CLOSED);
    }
}

// ---- work ----

static void earlier(int64_t *due, int64_t other)
{
    *due = other < *due ? other : *due;
}

static int64_t next_due(const struct session *s)
{
    int64_t due = s->alarm_ms;
    int64_t other;
    if (requests_next_deadline(&s->requests, &other)) {
        earlier(&due, other);
    }
    if (s->wants_close) {
        earlier(&due, s->close_by_ms);
    }
    if (s->phase == SESSION_RESTING) {
        earlier(&due, s->retry_at_ms);
    } else if (is_attempting(s)) {
        earlier(&due, s->phase_since_ms + attempt_ms(s));
    } else if (s->phase == SESSION_OPEN) {
        earlier(&due, s->last_heard_ms + silence_ms(s));
        if (!s->is_ping_due) {
            earlier(&due, s->last_sent_ms + ping_pause_ms(s));
        }
        if (probe_next_due(&s->probe, &other)) {
            earlier(&due, other);
        }
    }
    return due;
}

static void arm_timer(struct session *s, int64_t now_ms)
{
    int64_t due = s->phase == SESSION_ENDED ? INT64_MAX : next_due(s);
    s->planned_ms = due;
    if (due == s->timer_due_ms) {
        return;
    }
    s->timer_due_ms = due;
    if (due == INT64_MAX) {
        s->ports->loop->timer_stop(s->ports->loop, &s->timer);
    } else {
        s->ports->loop->timer_start(s->ports->loop, &s->timer, due > now_ms ? due - now_ms : 0);
    }
}

static void on_timer(struct port_timer *timer)
{
    struct session *s = CONTAINER_OF(timer, struct session, timer);
    client_is_due(s->ports);
    s->timer_due_ms = INT64_MAX; // the end of the turn does what is due
}

static void leave_removed_host(struct session *s)
{
    if (s->servers_changed && s->phase != SESSION_ENDED) {
        s->servers_changed = false;
        probe_stop(&s->probe);
        bool is_listed = hosts_find(&s->hosts, s->host_name, s->host_port) < s->hosts.count;
        if (s->phase != SESSION_RESTING && !is_listed) {
            session_lose(s, "is not in the list of servers any more");
            s->retry_at_ms = session_now(s);
        } else if (s->phase == SESSION_OPEN && s->is_read_only) {
            probe_start(&s->probe, session_now(s));
        }
    }
}

void session_work(struct session *s)
{
    int64_t now = session_now(s);
    if (s->phase != SESSION_ENDED) {
        forgive_own_stall(s, now);
        requests_expire(&s->requests, now);
        leave_removed_host(s);
        check_silence(s, now);
        work_on_closing(s, now);
        session_attempt(s, now);
        seek_quorum(s, now);
        keep_alive(s, now);
        session_flush(s, now);
        work_on_closing(s, now); // everything may have been said by now
        session_flush(s, now);
        session_attempt(s, now); // what was written may have shown that the connection is gone
    }
    arm_timer(s, now);
}

// ---- life ----

static bool are_options_sound(const struct paddock_options *o)
{
    const unsigned known =
        PADDOCK_READ_ONLY_OK | PADDOCK_NO_THREAD | PADDOCK_KEEP_ORDER | PADDOCK_RENEW;
    bool has_password = o->password.bytes != NULL && o->password.len == 16;
    return o->session_timeout_ms >= 0 && o->request_timeout_ms >= 0 && (o->flags & ~known) == 0 &&
           (o->session_id == 0 || has_password);
}

static int parse_servers(struct session *s, const char *servers)
{
    int code = hosts_parse(servers != NULL ? servers : "localhost:2181", &s->hosts);
    if (code != PADDOCK_OK) {
        return code;
    }
    uint8_t *chroot = mem_try_alloc(s->hosts.chroot.len);
    if (chroot == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    memcpy(chroot, s->hosts.chroot.data, s->hosts.chroot.len);
    s->chroot = slice_of(chroot, s->hosts.chroot.len);
    return PADDOCK_OK;
}

static void init_options(struct session *s, const struct paddock_options *o)
{
    s->asked_timeout_ms = o->session_timeout_ms > 0 ? o->session_timeout_ms : SESSION_TIMEOUT_MS;
    s->timeout_ms = s->asked_timeout_ms;
    s->is_read_only_ok = (o->flags & PADDOCK_READ_ONLY_OK) != 0;
    s->renews = (o->flags & PADDOCK_RENEW) != 0;
    s->keeps_order = (o->flags & PADDOCK_KEEP_ORDER) != 0;
    if (o->session_id != 0) {
        s->id = o->session_id;
        s->is_global = true;
        memcpy(s->password, o->password.bytes, sizeof(s->password));
    }
    if (!s->keeps_order) {
        hosts_shuffle(&s->hosts, s->ports->entropy);
    }
}

static void release(struct session *s)
{
    requests_fini(&s->requests);
    watchers_fini(&s->watchers);
    credentials_fini(&s->credentials);
    frame_reader_fini(&s->reader);
    arena_fini(&s->arena);
    buf_fini(&s->urgent);
    hosts_fini(&s->hosts);
    mem_free((void *)s->chroot.data);
}

int session_init(struct session *s, struct client_ports *ports, const struct paddock_options *o)
{
    if (!are_options_sound(o)) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    *s = (struct session){.ports = ports, .timer_due_ms = INT64_MAX, .alarm_ms = INT64_MAX};
    s->question.answered = session_on_resolved;
    s->timer.fire = on_timer;
    list_init(&s->deliveries);
    watchers_init(&s->watchers);
    credentials_init(&s->credentials);
    probe_init(&s->probe, ports);
    frame_reader_init(&s->reader, o->reply_bytes_max > 0 ? o->reply_bytes_max : REPLY_BYTES_MAX);
    int code = parse_servers(s, o->servers);
    requests_init(&s->requests, o->requests_max > 0 ? o->requests_max : REQUESTS_MAX, &s->watchers,
                  s->chroot, &s->deliveries);
    if (code == PADDOCK_OK && buf_try_reserve(&s->urgent, URGENT_FIRST_BYTES) == NULL) {
        code = PADDOCK_NO_MEMORY;
    }
    if (code != PADDOCK_OK) {
        release(s);
        return code;
    }
    init_options(s, o);
    s->worked_ms = s->phase_since_ms = s->retry_at_ms = session_now(s);
    return PADDOCK_OK;
}

void session_fini(struct session *s)
{
    ASSERT(s->phase == SESSION_ENDED && list_is_empty(&s->deliveries));
    s->ports->loop->timer_stop(s->ports->loop, &s->timer);
    release(s);
}

int session_set_servers(struct session *s, const char *servers)
{
    struct hosts hosts;
    int code = servers != NULL ? hosts_parse(servers, &hosts) : PADDOCK_BAD_ARGUMENTS;
    if (code != PADDOCK_OK) {
        return code;
    }
    if (hosts.chroot.len > 0) {
        hosts_fini(&hosts);
        return PADDOCK_BAD_ARGUMENTS;
    }
    if (!s->keeps_order) {
        hosts_shuffle(&hosts, s->ports->entropy);
    }
    hosts_fini(&s->hosts);
    s->hosts = hosts;
    s->servers_changed = true;
    return PADDOCK_OK;
}
