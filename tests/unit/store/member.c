// SPDX-License-Identifier: Apache-2.0
//
// A history of two epochs in the files of a member.
#include "tests/unit/store/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/epochs.h"
#include "store/healing.h"
#include "store/install.h"
#include "store/logend.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/snapsave.h"

// ---- the history ----

static size_t data_bytes_of(int i)
{
    return i % 7 == 3 ? 1500 : (size_t)(10 + i % 5 * 40);
}

static void add(struct member_history *h, int64_t zxid, bool with_zeros)
{
    char path[32];
    int i = h->count++;
    size_t len = data_bytes_of(i);
    char *data = mem_zalloc(len + 1);
    memset(data, 'a' + i % 26, len);
    h->zxid[i] = zxid;
    (void)snprintf(path, sizeof path, "/n%d", i);
    world_put_create(&h->record[i], zxid, path, data, false);
    if (with_zeros && len > 1000) { // more than two sectors of the record are zeros
        uint8_t *at = memchr(h->record[i].data, 'a' + i % 26, h->record[i].len);
        at = at < h->record[i].data + 60 ? h->record[i].data + 80 : at;
        memset(at, 0, 1300);
    }
    record_seal(h->record[i].data, h->record[i].len);
    mem_free(data);
}

// Apply transaction `i`, and write the tree's digest behind it into the record.
static void apply_with_digest(struct member_history *h, int i, struct tree *t)
{
    struct slice rest = buf_slice(&h->record[i]);
    struct slice body;
    struct txn txn;
    struct arena arena;
    struct buf again = {0};
    arena_init(&arena);
    world_apply(t, rest);
    assert_true(record_next(&rest, &body));
    assert_int_equal(txn_decode(body, &arena, WORLD_RECORD_BYTES_MAX, &txn), ERR_OK);
    txn.has_digest = true;
    txn.digest = (struct jute_txn_digest){.version = 2, .tree_digest = (int64_t)tree_digest(t)};
    size_t start = record_begin(&again);
    txn_encode(&txn, &again);
    record_end(&again, start);
    record_seal(again.data, again.len);
    buf_fini(&h->record[i]);
    h->record[i] = again;
    arena_fini(&arena);
}

void member_history_init(struct member_history *h, bool with_zeros)
{
    *h = (struct member_history){0};
    for (int64_t n = 1; n <= 30; n++) {
        add(h, EPOCH(1, n), with_zeros);
    }
    for (int64_t n = 1; n <= 40; n++) {
        add(h, EPOCH(2, n), with_zeros);
    }
    struct tree *t = world_tree();
    for (int i = 0; i < h->count; i++) {
        struct buf text = {0};
        apply_with_digest(h, i, t);
        world_print(t, &text);
        h->text[i] = mem_strdup(buf_cstr(&text));
        buf_fini(&text);
    }
    tree_free(t);
}

void member_history_fini(struct member_history *h)
{
    for (int i = 0; i < h->count; i++) {
        buf_fini(&h->record[i]);
        mem_free(h->text[i]);
    }
}

int member_index(const struct member_history *h, int64_t zxid)
{
    for (int i = 0; i < h->count; i++) {
        if (h->zxid[i] == zxid) {
            return i;
        }
    }
    fail_msg("0x%llx is nobody's transaction", (unsigned long long)zxid);
    return -1;
}

int64_t member_end(const struct member_history *h)
{
    return h->zxid[h->count - 1];
}

// ---- a member's directory ----

void member_put_log(struct stage *s, const struct member_history *h, int64_t first, int64_t last,
                    size_t room)
{
    struct buf bytes = {0};
    char name[NAMES_BYTES_MAX];
    logfile_header(buf_reserve(&bytes, LOGFILE_HEADER_BYTES));
    bytes.len = LOGFILE_HEADER_BYTES;
    for (int i = member_index(h, first); i <= member_index(h, last); i++) {
        buf_append_slice(&bytes, buf_slice(&h->record[i]));
    }
    if (room > 0) {
        size_t end = (bytes.len / 4096 + 1) * 4096 + room;
        memset(buf_reserve(&bytes, end - bytes.len), 0, end - bytes.len);
        bytes.len = end;
    }
    names_print_log(first, name);
    stage_put(s, name, buf_slice(&bytes));
    buf_fini(&bytes);
}

static void put_snapshot(struct stage *s, const struct member_history *h, int64_t zxid)
{
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct tree *t = world_tree();
    for (int i = 0; i <= member_index(h, zxid); i++) {
        world_apply(t, buf_slice(&h->record[i]));
    }
    assert_int_equal(snapsave(s->fs, WORLD_DIR, t, &options, &s->e), ERR_OK);
    tree_free(t);
}

void member_put(struct stage *s, const struct member_history *h)
{
    const struct epochs epochs = {3, 2};
    s->options.is_member = true;
    put_snapshot(s, h, EPOCH(1, 20));
    put_snapshot(s, h, EPOCH(2, 10));
    member_put_log(s, h, EPOCH(1, 1), EPOCH(1, 20), 0);
    member_put_log(s, h, EPOCH(1, 21), EPOCH(1, 30), 0);
    member_put_log(s, h, EPOCH(2, 1), EPOCH(2, 10), 0);
    member_put_log(s, h, EPOCH(2, 11), EPOCH(2, 40), 4096);
    assert_int_equal(epochs_save(s->d, &epochs, DATADIR_EPOCH_ACCEPTED, &s->e), ERR_OK);
    assert_int_equal(epochs_save(s->d, &epochs, DATADIR_EPOCH_CURRENT, &s->e), ERR_OK);
    const struct logend note = {
        .end = member_end(h),
        .marks = {EPOCH(1, 20), EPOCH(1, 30), EPOCH(2, 10)},
        .mark_count = 3,
    };
    assert_int_equal(logend_note(s->fs, WORLD_DIR, &note, &s->e), ERR_OK);
}

// ---- what a start makes of it ----

bool member_starts(struct stage *s, const struct member_history *h)
{
    assert_int_equal(stage_recover(s), ERR_OK);
    assert_int_equal(s->report.needs_healing, healing_is_pending(s->d));
    if (!s->report.needs_healing) {
        assert_int_equal(s->report.last_zxid, member_end(h));
    }
    if (s->report.last_zxid != -1) {
        assert_string_equal(buf_cstr(&s->text), h->text[member_index(h, s->report.last_zxid)]);
    }
    return s->report.needs_healing;
}

void member_heals(struct stage *s, const struct member_history *h)
{
    const struct snapsave_options options = {
        .parts = {.with_digest = true, .with_last_zxid = true}};
    struct tree *t = world_tree();
    for (int i = 0; i < h->count; i++) {
        world_apply(t, buf_slice(&h->record[i]));
    }
    assert_int_equal(install_tree(s->d, t, &options, &s->e), ERR_OK);
    assert_true(member_starts(s, h)); // not before it is done
    assert_int_equal(healing_done(s->d, &s->e), ERR_OK);
    assert_false(member_starts(s, h));
    tree_free(t);
}
