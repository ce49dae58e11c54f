// SPDX-License-Identifier: Apache-2.0
//
// Links are made of bytes in order: what is sent before an end closes arrives before the news of
// it. While two servers are cut off from each other nothing arrives, and nothing is lost.
#include "tests/script/world.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

// ---- ends and inboxes ----

static struct wire *find_wire(struct world *w, int64_t sid, zab_link link, int *ret_end)
{
    for (size_t i = 0; i < w->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            const struct wire_end *e = &w->wires[i]->ends[end];
            if (link != 0 && e->sid == sid && e->link == link) {
                *ret_end = end;
                return w->wires[i];
            }
        }
    }
    return NULL;
}

static struct message *put(struct wire_end *end, enum message_type type)
{
    if (end->count == end->cap) {
        end->cap = end->cap == 0 ? 16 : 2 * end->cap;
        end->inbox = mem_realloc(end->inbox, end->cap * sizeof(end->inbox[0]));
    }
    struct message *m = &end->inbox[end->count++];
    *m = (struct message){.type = type};
    return m;
}

static void drop_message(struct message *m)
{
    buf_fini(&m->bytes);
    records_fini(&m->image.records);
}

static struct message take(struct wire_end *end)
{
    struct message first = end->inbox[0];
    end->count--;
    memmove(end->inbox, end->inbox + 1, end->count * sizeof(end->inbox[0]));
    return first;
}

static void shut(struct wire_end *end)
{
    for (size_t i = 0; i < end->count; i++) {
        drop_message(&end->inbox[i]);
    }
    end->count = 0;
    end->is_open = false;
}

static void hang_up(struct wire *wire, int end)
{
    if (wire->ends[end].is_open) {
        shut(&wire->ends[end]);
        wire->is_paused = wire->is_paused && end != 0;
        if (wire->ends[1 - end].is_open) {
            put(&wire->ends[1 - end], MESSAGE_DOWN);
        }
    }
}

// ---- what members do ----

void network_send(struct world *w, struct member *from, zab_link link, const struct zab_packet *p)
{
    int end;
    struct wire *wire = find_wire(w, from->sid, link, &end);
    if (wire != NULL && wire->ends[end].is_open && wire->ends[1 - end].is_open) {
        zab_packet_encode(p, &put(&wire->ends[1 - end], MESSAGE_PACKET)->bytes);
    }
}

void network_send_stream(struct world *w, struct member *from, zab_link link,
                         const struct image *image)
{
    int end;
    struct wire *wire = find_wire(w, from->sid, link, &end);
    if (wire != NULL && wire->ends[end].is_open && wire->ends[1 - end].is_open) {
        struct message *m = put(&wire->ends[1 - end], MESSAGE_STREAM);
        m->image.zxid = image->zxid;
        records_copy(&m->image.records, &image->records);
    }
}

void network_dial(struct world *w, struct member *from, zab_link link, int64_t to)
{
    struct member *leader = world_member(w, to);
    if (w->wire_count == w->wire_cap) {
        w->wire_cap = w->wire_cap == 0 ? 16 : 2 * w->wire_cap;
        w->wires = mem_realloc(w->wires, w->wire_cap * sizeof(struct wire *));
    }
    struct wire *wire = mem_zalloc(sizeof(*wire));
    w->wires[w->wire_count++] = wire;
    wire->ends[0] = (struct wire_end){.sid = from->sid, .link = link, .is_open = true};
    wire->ends[1] = (struct wire_end){.sid = to};
    if (!leader->is_up || !leader->is_listening || w->is_cut[from->sid][to]) {
        put(&wire->ends[0], MESSAGE_DOWN);
        return;
    }
    wire->ends[1].link = leader->next_link++;
    wire->ends[1].is_open = true;
    put(&wire->ends[0], MESSAGE_UP);
    put(&wire->ends[1], MESSAGE_UP);
}

void network_close(struct world *w, struct member *at, zab_link link)
{
    int end;
    struct wire *wire = find_wire(w, at->sid, link, &end);
    if (wire != NULL) {
        hang_up(wire, end);
    }
}

void network_pause(struct world *w, struct member *at, zab_link link, bool is_paused)
{
    int end;
    struct wire *wire = find_wire(w, at->sid, link, &end);
    if (wire != NULL) {
        ASSERT(end == 0);
        wire->is_paused = is_paused;
    }
}

// ---- what happens to them ----

static void clear_mail(struct mail *m)
{
    buf_fini(&m->on_way);
    buf_fini(&m->waiting);
    buf_fini(&m->last);
    *m = (struct mail){0};
}

// A crashed server's bytes may still arrive, or not: its kernel resets the connections.
void network_crash(struct world *w, int64_t sid, bool loses_mail)
{
    for (size_t i = 0; i < w->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            struct wire *wire = w->wires[i];
            struct wire_end *other = &wire->ends[1 - end];
            if (wire->ends[end].sid != sid) {
                continue;
            }
            if (loses_mail && other->is_open && wire->ends[end].is_open) {
                shut(other);
                other->is_open = true;
            }
            hang_up(wire, end);
            wire->ends[end].link = 0; // a new process numbers from the start
        }
    }
    for (int64_t other = 0; other < WORLD_SIDS; other++) {
        clear_mail(&w->mail[other][sid]);
        if (loses_mail) {
            clear_mail(&w->mail[sid][other]);
        }
    }
}

void network_break(struct world *w, int64_t a, int64_t b)
{
    for (size_t i = 0; i < w->wire_count; i++) {
        struct wire_end *ends = w->wires[i]->ends;
        if ((ends[0].sid == a && ends[1].sid == b) || (ends[0].sid == b && ends[1].sid == a)) {
            for (int end = 0; end < 2; end++) {
                if (ends[end].is_open) {
                    shut(&ends[end]);
                    ends[end].is_open = true;
                    put(&ends[end], MESSAGE_DOWN);
                }
            }
            w->wires[i]->is_paused = false;
        }
    }
}

void network_heal(struct world *w, int64_t a, int64_t b)
{
    w->is_cut[a][b] = false;
    w->is_cut[b][a] = false;
    const int64_t pairs[2][2] = {{a, b}, {b, a}};
    for (int i = 0; i < 2; i++) {
        struct mail *m = &w->mail[pairs[i][0]][pairs[i][1]];
        if (world_member(w, pairs[i][0])->is_up && m->last.len > 0 && !m->has_on_way) {
            buf_clear(&m->on_way);
            buf_append_slice(&m->on_way, buf_slice(&m->last));
            m->has_on_way = true;
        }
    }
}

// ---- the election port ----

void network_mail(struct world *w, int64_t from, int64_t to, struct slice bytes)
{
    struct mail *m = &w->mail[from][to];
    struct buf *place = m->has_on_way ? &m->waiting : &m->on_way;
    m->has_waiting = m->has_on_way;
    m->has_on_way = true;
    buf_clear(place);
    buf_append_slice(place, bytes);
    buf_clear(&m->last);
    buf_append_slice(&m->last, bytes);
}

bool network_deliver_mail(struct world *w, int64_t from, int64_t to)
{
    struct mail *m = &w->mail[from][to];
    struct member *at = world_member(w, to);
    if (!m->has_on_way || w->is_cut[from][to] || !at->is_up) {
        return false;
    }
    struct buf bytes = m->on_way;
    m->on_way = m->waiting;
    m->waiting = (struct buf){0};
    m->has_on_way = m->has_waiting;
    m->has_waiting = false;
    member_step(at, (struct zab_event){
                        .type = ZAB_EV_NOTIFICATION, .sid = from, .bytes = buf_slice(&bytes)});
    buf_fini(&bytes);
    return true;
}

// ---- delivering ----

static void deliver_packet(struct member *at, zab_link link, const struct message *m)
{
    struct zab_event e = {.type = ZAB_EV_PACKET, .link = link};
    size_t len;
    ASSERT(zab_packet_take(buf_slice(&m->bytes), 1 << 20, &e.packet, &len) == ERR_OK);
    ASSERT(len == m->bytes.len);
    member_step(at, e);
}

static void deliver_message(struct member *at, struct wire *wire, int end, struct message *m)
{
    zab_link link = wire->ends[end].link;
    switch (m->type) {
    case MESSAGE_UP:
        member_step(at, (struct zab_event){.type = ZAB_EV_LINK_UP, .link = link});
        break;
    case MESSAGE_DOWN:
        wire->ends[end].is_open = false;
        member_step(at, (struct zab_event){.type = ZAB_EV_LINK_DOWN, .link = link});
        break;
    case MESSAGE_PACKET:
        deliver_packet(at, link, m);
        break;
    case MESSAGE_STREAM:
        member_take_stream(at, link, &m->image);
        break;
    case MESSAGE_ROOM:
        member_step(at, (struct zab_event){.type = ZAB_EV_LINK_ROOM, .link = link});
        break;
    }
}

// The stream may come while its reader is paused for it: it is not read ahead of SNAP's effect.
static bool may_deliver(const struct world *w, const struct wire *wire, int end)
{
    const struct wire_end *e = &wire->ends[end];
    const struct wire_end *other = &wire->ends[1 - end];
    return e->is_open && e->count > 0 && !w->is_cut[e->sid][other->sid] &&
           (end == 1 || !wire->is_paused || e->inbox[0].type == MESSAGE_STREAM ||
            e->inbox[0].type == MESSAGE_DOWN);
}

// A leader hears when what it queued for a learner is gone.
static void tell_room(struct wire *wire, int end, enum message_type was, struct world *w)
{
    struct wire_end *leader = &wire->ends[1];
    if (end != 0 || wire->ends[0].count > 0 || !leader->is_open ||
        (was != MESSAGE_PACKET && was != MESSAGE_STREAM)) {
        return;
    }
    if (was == MESSAGE_STREAM) {
        member_step(
            world_member(w, leader->sid),
            (struct zab_event){.type = ZAB_EV_SNAP_SENT, .link = leader->link, .is_ok = true});
    }
    if (leader->is_open) {
        put(leader, MESSAGE_ROOM);
    }
}

bool network_deliver_wire(struct world *w, struct wire *wire, int end)
{
    if (!may_deliver(w, wire, end)) {
        return false;
    }
    struct message m = take(&wire->ends[end]);
    deliver_message(world_member(w, wire->ends[end].sid), wire, end, &m);
    tell_room(wire, end, m.type, w);
    drop_message(&m);
    return true;
}

bool network_deliver(struct world *w, int64_t from, int64_t to)
{
    for (size_t i = 0; i < w->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            const struct wire_end *ends = w->wires[i]->ends;
            if (ends[end].sid == to && ends[1 - end].sid == from &&
                network_deliver_wire(w, w->wires[i], end)) {
                return true;
            }
        }
    }
    return network_deliver_mail(w, from, to);
}

void network_forget_closed(struct world *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->wire_count; i++) {
        struct wire *wire = w->wires[i];
        if (wire->ends[0].is_open || wire->ends[1].is_open) {
            w->wires[kept++] = wire;
            continue;
        }
        for (int end = 0; end < 2; end++) {
            shut(&wire->ends[end]);
            mem_free(wire->ends[end].inbox);
        }
        mem_free(wire);
    }
    w->wire_count = kept;
}
