// SPDX-License-Identifier: Apache-2.0
//
// Epochs: what each file says, then what is true, then what has to be written again.
#include "store/epochs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/number.h"
#include "store/small_file.h"

enum { KINDS = 2 };
#define LAST DATADIR_EPOCH_CURRENT

static const char copy_name[] = "paddock.epochs";
static const char *const file_name[KINDS] = {
    [DATADIR_EPOCH_ACCEPTED] = "acceptedEpoch",
    [DATADIR_EPOCH_CURRENT] = "currentEpoch",
};

struct loading {
    struct datadir *dir;
    recover_note *note;
    void *ctx;
    bool has_copy;
    int64_t copy[KINDS];
    int64_t copy_changed[KINDS]; // when the files were, as the copy has it; -1: it does not say
    int64_t file[KINDS];         // -1: it says nothing
    enum err file_err[KINDS];    // why
    int64_t changed[KINDS];      // -1: it is missing
    int64_t value[KINDS];
    struct store_error *e;
};

static void note(const struct loading *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct loading *l, const char *format, ...)
{
    char text[STORE_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (l->note != NULL) {
        l->note(l->ctx, text);
    }
}

// ---- the copy: "5 4 1700000000123 1700000000456": accepted, current, and their moments ----

// The number in front of the next blank, which is passed over, or at the end.
static bool take_number(struct slice *text, int64_t least, int64_t *ret)
{
    const uint8_t *blank = memchr(text->data, ' ', text->len);
    size_t len = blank != NULL ? (size_t)(blank - text->data) : text->len;
    struct slice word = slice_of(text->data, len);
    *text = slice_skip(*text, blank != NULL ? len + 1 : len);
    return number_parse(word, least, INT64_MAX, ret);
}

// Copies of earlier releases end behind the epochs.
static bool parse_copy(struct loading *l, struct slice text)
{
    bool is_right = take_number(&text, 0, &l->copy[DATADIR_EPOCH_ACCEPTED]) &&
                    take_number(&text, 0, &l->copy[DATADIR_EPOCH_CURRENT]);
    l->copy_changed[DATADIR_EPOCH_ACCEPTED] = l->copy_changed[DATADIR_EPOCH_CURRENT] = -1;
    if (!is_right || text.len == 0) {
        return is_right;
    }
    return take_number(&text, -1, &l->copy_changed[DATADIR_EPOCH_ACCEPTED]) &&
           take_number(&text, -1, &l->copy_changed[DATADIR_EPOCH_CURRENT]) && text.len == 0;
}

static enum err read_copy(struct loading *l)
{
    struct buf text = {0};
    const char *dir = datadir_snap_dir(l->dir);
    enum err err = small_file_read_sealed(datadir_files(l->dir), dir, copy_name, &text, l->e);
    l->has_copy = err == ERR_OK && parse_copy(l, buf_slice(&text));
    if (err == ERR_OK || err == ERR_CORRUPT) {
        if (!l->has_copy) {
            note(l, "%s/%s is damaged and is written again", dir, copy_name);
        }
        err = ERR_OK;
    }
    buf_fini(&text);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err write_copy(struct datadir *d, const int64_t value[KINDS],
                           const int64_t changed[KINDS], struct store_error *e)
{
    struct buf text = {0};
    buf_printf(&text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, value[DATADIR_EPOCH_ACCEPTED],
               value[DATADIR_EPOCH_CURRENT], changed[DATADIR_EPOCH_ACCEPTED],
               changed[DATADIR_EPOCH_CURRENT]);
    enum err err = small_file_write_sealed(datadir_files(d), datadir_snap_dir(d), copy_name,
                                           buf_slice(&text), e);
    buf_fini(&text);
    return err;
}

// ---- Java's files ----

static enum err read_file(struct loading *l, enum datadir_epoch which)
{
    int64_t value = -1;
    enum err err = datadir_epoch_changed(l->dir, which, &l->changed[which], l->e);
    if (err != ERR_OK) {
        return err;
    }
    l->file_err[which] = datadir_read_epoch(l->dir, which, &value, l->e);
    if (store_is_of_system(l->file_err[which])) {
        return l->file_err[which];
    }
    if (l->file_err[which] == ERR_OK && value < 0) {
        // A Java server that was never given data writes -1: nothing was accepted.
        value = value == -1 ? 0 : -1;
        l->file_err[which] = value == 0 ? ERR_OK : ERR_MALFORMED;
    }
    l->file[which] = value;
    return ERR_OK;
}

static enum err fail_unreadable(struct loading *l, enum datadir_epoch which)
{
    return store_fail(l->e, l->file_err[which],
                      "%s/%s cannot be read (%s), and this server must not guess what it promised "
                      "to the ensemble; write the largest number into it that this file holds on "
                      "the other servers",
                      datadir_snap_dir(l->dir), file_name[which], err_text(l->file_err[which]));
}

static void judge_with_copy(struct loading *l, enum datadir_epoch which)
{
    int64_t file = l->file[which];
    bool is_as_written = l->changed[which] == l->copy_changed[which]; // or damaged since
    bool is_raised = which == DATADIR_EPOCH_ACCEPTED && !is_as_written && file > l->copy[which];
    l->value[which] = is_raised ? file : l->copy[which];
    if (file != l->copy[which]) {
        note(l, "%s/%s %s, and %s says %" PRId64 ": the epoch is %" PRId64,
             datadir_snap_dir(l->dir), file_name[which],
             file < 0 ? "is damaged or missing" : "says something else", copy_name, l->copy[which],
             l->value[which]);
    }
}

static enum err judge(struct loading *l, enum datadir_epoch which, int64_t epoch_of_log)
{
    if (l->has_copy) {
        judge_with_copy(l, which);
    } else if (l->file_err[which] == ERR_OK) {
        l->value[which] = l->file[which];
    } else if (l->file_err[which] == ERR_NOT_FOUND) {
        l->value[which] = epoch_of_log;
        note(l, "%s/%s is missing and is made with the epoch of the last transaction, %" PRId64,
             datadir_snap_dir(l->dir), file_name[which], epoch_of_log);
    } else {
        return fail_unreadable(l, which);
    }
    return ERR_OK;
}

// Source: QuorumPeer.loadDataBase, which takes currentEpoch.tmp when it is there, and stops else.
static enum err raise_current(struct loading *l, int64_t epoch_of_log)
{
    int64_t accepted = l->value[DATADIR_EPOCH_ACCEPTED];
    if (epoch_of_log > accepted) {
        return store_fail(l->e, ERR_CORRUPT,
                          "the last transaction is of epoch %" PRId64 ", but %s/acceptedEpoch says "
                          "%" PRId64 ", so the file is older than the log; write the largest "
                          "number into it that this file holds on the other servers",
                          epoch_of_log, datadir_snap_dir(l->dir), accepted);
    }
    if (epoch_of_log > l->value[DATADIR_EPOCH_CURRENT]) {
        note(l,
             "currentEpoch is %" PRId64 ", the log goes on in epoch %" PRId64 ": the server "
             "ended between the two",
             l->value[DATADIR_EPOCH_CURRENT], epoch_of_log);
        l->value[DATADIR_EPOCH_CURRENT] = epoch_of_log;
    }
    if (accepted < l->value[DATADIR_EPOCH_CURRENT]) {
        return store_fail(l->e, ERR_CORRUPT,
                          "%s/acceptedEpoch says %" PRId64 ", less than the %" PRId64 " in "
                          "currentEpoch; write into acceptedEpoch the largest number that it "
                          "holds on the other servers",
                          datadir_snap_dir(l->dir), accepted, l->value[DATADIR_EPOCH_CURRENT]);
    }
    return ERR_OK;
}

// ---- the whole ----

// The new files under temporary names, then the copy, which has their moments; then their names.
static enum err write_some(struct datadir *d, const int64_t value[KINDS], const bool is_new[KINDS],
                           int64_t changed[KINDS], struct store_error *e)
{
    enum err err = ERR_OK;
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; err == ERR_OK && w <= LAST; w++) {
        err = is_new[w] ? datadir_prepare_epoch(d, w, value[w], &changed[w], e) : ERR_OK;
    }
    err = err == ERR_OK ? write_copy(d, value, changed, e) : err;
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; err == ERR_OK && w <= LAST; w++) {
        err = is_new[w] ? datadir_replace_epoch(d, w, e) : ERR_OK;
    }
    return err;
}

static enum err write_changed(struct loading *l)
{
    bool is_new[KINDS];
    bool is_any_new = !l->has_copy;
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; w <= LAST; w++) {
        is_new[w] = l->file_err[w] != ERR_OK || l->file[w] != l->value[w];
        is_any_new = is_any_new || is_new[w] || l->copy[w] != l->value[w] ||
                     l->copy_changed[w] != l->changed[w];
    }
    return is_any_new ? write_some(l->dir, l->value, is_new, l->changed, l->e) : ERR_OK;
}

enum err epochs_load(struct datadir *d, int64_t last_zxid, recover_note *note_fn, void *ctx,
                     struct epochs *ret, struct store_error *e)
{
    struct store_error own = {.text = ""};
    struct loading l = {.dir = d, .note = note_fn, .ctx = ctx, .e = e != NULL ? e : &own};
    int64_t epoch_of_log = last_zxid > 0 ? last_zxid >> 32 : 0;
    enum err err = read_copy(&l);
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; err == ERR_OK && w <= LAST; w++) {
        err = read_file(&l, w);
        err = err == ERR_OK ? judge(&l, w, epoch_of_log) : err;
    }
    if (err == ERR_OK) {
        err = raise_current(&l, epoch_of_log);
    }
    err = err == ERR_OK ? write_changed(&l) : err;
    if (err == ERR_OK) {
        l.e->text[0] = '\0';
        *ret = (struct epochs){.accepted = l.value[DATADIR_EPOCH_ACCEPTED],
                               .current = l.value[DATADIR_EPOCH_CURRENT]};
    }
    return err;
}

enum err epochs_save(struct datadir *d, const struct epochs *now, enum datadir_epoch which,
                     struct store_error *e)
{
    ASSERT(now->accepted >= now->current);
    const int64_t value[KINDS] = {
        [DATADIR_EPOCH_ACCEPTED] = now->accepted,
        [DATADIR_EPOCH_CURRENT] = now->current,
    };
    enum datadir_epoch other = LAST - which;
    bool is_new[KINDS] = {false};
    is_new[which] = true;
    int64_t changed[KINDS];
    enum err err = datadir_epoch_changed(d, other, &changed[other], e);
    return err == ERR_OK ? write_some(d, value, is_new, changed, e) : err;
}
