// SPDX-License-Identifier: Apache-2.0
//
// The list of effects, and one readable line per event and effect. What a line shows is data: a
// table says for each type its name and which fields mean something in it.
#include "zab/effect.h"

#include <inttypes.h>

#include "base/mem.h"
#include "zab/core.h"

// ---- the list ----

void zab_effects_init(struct zab_effects *list)
{
    *list = (struct zab_effects){0};
}

void zab_effects_fini(struct zab_effects *list)
{
    mem_free(list->items);
    arena_fini(&list->arena);
    *list = (struct zab_effects){0};
}

void zab_effects_clear(struct zab_effects *list)
{
    list->count = 0;
    arena_reset(&list->arena);
}

struct zab_effect *zab_effects_add(struct zab_effects *list, enum zab_effect_type type)
{
    if (list->count == list->cap) {
        list->cap = list->cap == 0 ? 16 : list->cap * 2;
        list->items = mem_realloc(list->items, list->cap * sizeof(list->items[0]));
    }
    struct zab_effect *e = &list->items[list->count++];
    *e = (struct zab_effect){.type = type};
    return e;
}

struct slice zab_effects_copy(struct zab_effects *list, struct slice bytes)
{
    return arena_copy(&list->arena, bytes);
}

void zab_effects_note(struct zab_effects *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct buf text = {0};
    buf_vprintf(&text, format, args);
    va_end(args);
    buf_put_u8(&text, '\0');
    zab_effects_add(list, ZAB_DO_NOTE)->text =
        (const char *)arena_copy(&list->arena, buf_slice(&text)).data;
    buf_fini(&text);
}

void zab_effects_send(struct zab_effects *list, zab_link link, int32_t type, int64_t zxid,
                      struct slice data)
{
    struct zab_effect *e = zab_effects_add(list, ZAB_DO_SEND);
    e->link = link;
    e->packet = (struct zab_packet){.type = type, .zxid = zxid};
    e->packet.data = zab_effects_copy(list, data);
}

// ---- printing ----

enum {
    HAS_LINK = 1 << 0,
    HAS_SID = 1 << 1,
    HAS_ZXID = 1 << 2,
    HAS_EPOCH = 1 << 3,
    HAS_TOKEN = 1 << 4,
    HAS_BYTES = 1 << 5,
    HAS_CONFIG = 1 << 6,
    HAS_PACKET = 1 << 7,
    HAS_TEXT = 1 << 8,
    HAS_END = 1 << 9,      // an effect's zxid_end
    HAS_RECORDS = 1 << 10, // an event's, and whether they are the last
    CAN_FAIL = 1 << 11,    // an event's is_ok
};

struct line_form {
    const char *name;
    unsigned fields;
};

static const struct line_form effect_forms[] = {
    [ZAB_DO_SAVE_ACCEPTED] = {"SAVE_ACCEPTED", HAS_EPOCH},
    [ZAB_DO_SAVE_CURRENT] = {"SAVE_CURRENT", HAS_EPOCH},
    [ZAB_DO_APPEND] = {"APPEND", HAS_ZXID | HAS_BYTES},
    [ZAB_DO_TRUNCATE] = {"TRUNCATE", HAS_ZXID},
    [ZAB_DO_LOAD_SNAP] = {"LOAD_SNAP", HAS_LINK | HAS_ZXID},
    [ZAB_DO_SEE_CONFIG] = {"SEE_CONFIG", HAS_CONFIG},
    [ZAB_DO_ACTIVATE_CONFIG] = {"ACTIVATE_CONFIG", HAS_CONFIG},
    [ZAB_DO_NOTIFY] = {"NOTIFY", HAS_SID | HAS_BYTES},
    [ZAB_DO_SEND] = {"SEND", HAS_LINK | HAS_PACKET},
    [ZAB_DO_SEND_SNAP] = {"SEND_SNAP", HAS_LINK | HAS_ZXID},
    [ZAB_DO_READ_LOG] = {"READ_LOG", HAS_LINK | HAS_ZXID | HAS_END},
    [ZAB_DO_LISTEN] = {"LISTEN", 0},
    [ZAB_DO_DIAL] = {"DIAL", HAS_LINK | HAS_SID},
    [ZAB_DO_CLOSE] = {"CLOSE", HAS_LINK},
    [ZAB_DO_UNLISTEN] = {"UNLISTEN", 0},
    [ZAB_DO_COMMIT] = {"COMMIT", HAS_ZXID},
    [ZAB_DO_SERVE] = {"SERVE", HAS_ZXID},
    [ZAB_DO_PAUSE] = {"PAUSE", 0},
    [ZAB_DO_RESUME] = {"RESUME", 0},
    [ZAB_DO_STOP_SERVING] = {"STOP_SERVING", 0},
    [ZAB_DO_DELIVER] = {"DELIVER", HAS_LINK | HAS_PACKET},
    [ZAB_DO_SYNCED] = {"SYNCED", HAS_TOKEN},
    [ZAB_DO_PONG] = {"PONG", HAS_LINK | HAS_PACKET},
    [ZAB_DO_NOTE] = {"NOTE", HAS_TEXT},
    [ZAB_DO_EXIT] = {"EXIT", HAS_TEXT},
};

static const struct line_form event_forms[] = {
    [ZAB_EV_START] = {"START", 0},
    [ZAB_EV_TIME] = {"TIME", 0},
    [ZAB_EV_NOTIFICATION] = {"NOTIFICATION", HAS_SID | HAS_BYTES},
    [ZAB_EV_LINK_UP] = {"LINK_UP", HAS_LINK},
    [ZAB_EV_LINK_DOWN] = {"LINK_DOWN", HAS_LINK},
    [ZAB_EV_LINK_ROOM] = {"LINK_ROOM", HAS_LINK},
    [ZAB_EV_PACKET] = {"PACKET", HAS_LINK | HAS_PACKET},
    [ZAB_EV_SNAP_BEGUN] = {"SNAP_BEGUN", HAS_LINK | HAS_ZXID},
    [ZAB_EV_SNAP_SENT] = {"SNAP_SENT", HAS_LINK | CAN_FAIL},
    [ZAB_EV_SNAP_LOADED] = {"SNAP_LOADED", HAS_LINK | HAS_ZXID | CAN_FAIL},
    [ZAB_EV_LOG_READ] = {"LOG_READ", HAS_LINK | HAS_RECORDS | CAN_FAIL},
    [ZAB_EV_EPOCH_SAVED] = {"EPOCH_SAVED", CAN_FAIL},
    [ZAB_EV_LOGGED] = {"LOGGED", HAS_ZXID},
    [ZAB_EV_TRUNCATED] = {"TRUNCATED", HAS_ZXID | CAN_FAIL},
    [ZAB_EV_SETTLED] = {"SETTLED", HAS_ZXID},
    [ZAB_EV_PROPOSE] = {"PROPOSE", HAS_ZXID | HAS_BYTES | HAS_CONFIG},
    [ZAB_EV_SYNC] = {"SYNC", HAS_TOKEN},
    [ZAB_EV_APPLIED] = {"APPLIED", HAS_ZXID},
    [ZAB_EV_HAND_OVER] = {"HAND_OVER", HAS_SID},
    [ZAB_EV_FAILED] = {"FAILED", 0},
};

static void print_link(zab_link link, struct buf *to)
{
    bool is_dialled = (link & ZAB_LINK_DIALLED) != 0;
    buf_printf(to, is_dialled ? " d%" PRIu64 : " %" PRIu64, link & ~ZAB_LINK_DIALLED);
}

static void print_zxid(int64_t zxid, struct buf *to)
{
    if (zxid < 0) {
        buf_printf(to, " %" PRId64, zxid);
    } else {
        buf_printf(to, " 0x%" PRIx64, (uint64_t)zxid);
    }
}

static void print_bytes(struct slice bytes, struct buf *to)
{
    if (!slice_is_null(bytes)) {
        buf_printf(to, " %zu bytes", bytes.len);
    }
}

static void print_packet(const struct zab_packet *p, struct buf *to)
{
    const char *name = zab_packet_name(p->type);
    if (name[0] == '?') {
        buf_printf(to, " type %d", (int)p->type);
    } else {
        buf_printf(to, " %s", name);
    }
    print_zxid(p->zxid, to);
    print_bytes(p->data, to);
}

// Of a configuration the version, which is its last line.
static void print_config(struct slice config, struct buf *to)
{
    static const char key[] = "version=";
    for (size_t at = config.len; at > 0; at--) {
        struct slice rest = slice_skip(config, at - 1);
        if (slice_starts_with(rest, slice_str(key))) {
            buf_printf(to, " %.*s", SLICE_ARGS(rest));
            return;
        }
    }
}

// What both kinds have.
struct line_fields {
    zab_link link;
    int64_t sid;
    int64_t zxid;
    uint64_t token;
    struct slice bytes;
    struct slice config;
    const struct zab_packet *packet;
};

static void print_fields(const struct line_form *form, const struct line_fields *f, struct buf *to)
{
    buf_append_str(to, form->name);
    if ((form->fields & HAS_LINK) != 0) {
        print_link(f->link, to);
    }
    if ((form->fields & HAS_SID) != 0) {
        buf_printf(to, " sid %" PRId64, f->sid);
    }
    if ((form->fields & HAS_ZXID) != 0) {
        print_zxid(f->zxid, to);
    }
    if ((form->fields & HAS_TOKEN) != 0) {
        buf_printf(to, " %" PRIu64, f->token);
    }
    if ((form->fields & HAS_BYTES) != 0) {
        print_bytes(f->bytes, to);
    }
    if ((form->fields & HAS_CONFIG) != 0) {
        print_config(f->config, to);
    }
    if ((form->fields & HAS_PACKET) != 0) {
        print_packet(f->packet, to);
    }
}

void zab_effect_print(const struct zab_effect *e, struct buf *to)
{
    const struct line_form *form = &effect_forms[e->type];
    const struct line_fields fields = {e->link,  e->sid,    e->zxid,   e->token,
                                       e->bytes, e->config, &e->packet};
    print_fields(form, &fields, to);
    if ((form->fields & HAS_END) != 0) {
        print_zxid(e->zxid_end, to);
    }
    if ((form->fields & HAS_EPOCH) != 0) {
        buf_printf(to, " %" PRId64, e->epoch);
    }
    if (e->is_master) {
        buf_append_str(to, " as master");
    }
    if (e->is_first) {
        buf_append_str(to, " first");
    }
    if (e->type == ZAB_DO_EXIT) {
        buf_printf(to, " %d", e->code);
    }
    if ((form->fields & HAS_TEXT) != 0) {
        buf_printf(to, " %s", e->text);
    }
}

void zab_event_print(const struct zab_event *e, struct buf *to)
{
    const struct line_form *form = &event_forms[e->type];
    const struct line_fields fields = {e->link,  e->sid,    e->zxid,   e->token,
                                       e->bytes, e->config, &e->packet};
    print_fields(form, &fields, to);
    if ((form->fields & HAS_RECORDS) != 0) {
        buf_printf(to, " %zu records%s", e->record_count, e->is_end ? ", the end" : "");
    }
    if ((form->fields & CAN_FAIL) != 0 && !e->is_ok) {
        buf_append_str(to, " failed");
    }
}
