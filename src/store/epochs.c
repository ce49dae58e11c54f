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
    int64_t file[KINDS];      // -1: it says nothing
    enum err file_err[KINDS]; // why
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

// ---- the copy: "5 4", accepted and current ----

static bool parse_copy(struct slice text, int64_t ret[KINDS])
{
    const uint8_t *blank = memchr(text.data, ' ', text.len);
    if (blank == NULL) {
        return false;
    }
    size_t len = (size_t)(blank - text.data);
    return number_parse(slice_of(text.data, len), 0, INT64_MAX, &ret[DATADIR_EPOCH_ACCEPTED]) &&
           number_parse(slice_skip(text, len + 1), 0, INT64_MAX, &ret[DATADIR_EPOCH_CURRENT]);
}

static enum err read_copy(struct loading *l)
{
    struct buf text = {0};
    const char *dir = datadir_snap_dir(l->dir);
    enum err err = small_file_read_sealed(datadir_files(l->dir), dir, copy_name, &text, l->e);
    l->has_copy = err == ERR_OK && parse_copy(buf_slice(&text), l->copy);
    if (err == ERR_OK || err == ERR_CORRUPT || err == ERR_IO) { // ERR_IO: a block is unreadable
        if (!l->has_copy) {
            note(l, "%s/%s is damaged and is written again", dir, copy_name);
        }
        err = ERR_OK;
    }
    buf_fini(&text);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err write_copy(struct datadir *d, const int64_t value[KINDS], struct store_error *e)
{
    struct buf text = {0};
    buf_printf(&text, "%" PRId64 " %" PRId64, value[DATADIR_EPOCH_ACCEPTED],
               value[DATADIR_EPOCH_CURRENT]);
    enum err err = small_file_write_sealed(datadir_files(d), datadir_snap_dir(d), copy_name,
                                           buf_slice(&text), e);
    buf_fini(&text);
    return err;
}

// ---- Java's files ----

static void read_file(struct loading *l, enum datadir_epoch which)
{
    int64_t value = -1;
    l->file_err[which] = datadir_read_epoch(l->dir, which, &value, l->e);
    if (l->file_err[which] == ERR_OK && value < 0) {
        // A Java server that was never given data writes -1: nothing was accepted.
        value = value == -1 ? 0 : -1;
        l->file_err[which] = value == 0 ? ERR_OK : ERR_MALFORMED;
    }
    l->file[which] = value;
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
    bool is_raised = which == DATADIR_EPOCH_ACCEPTED && file > l->copy[which];
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

static enum err write_changed(struct loading *l)
{
    enum err err = ERR_OK;
    if (!l->has_copy || memcmp(l->copy, l->value, sizeof l->copy) != 0) {
        err = write_copy(l->dir, l->value, l->e);
    }
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; err == ERR_OK && w <= LAST; w++) {
        if (l->file_err[w] != ERR_OK || l->file[w] != l->value[w]) {
            err = datadir_write_epoch(l->dir, w, l->value[w], l->e);
        }
    }
    return err;
}

enum err epochs_load(struct datadir *d, int64_t last_zxid, recover_note *note_fn, void *ctx,
                     struct epochs *ret, struct store_error *e)
{
    struct store_error own = {.text = ""};
    struct loading l = {.dir = d, .note = note_fn, .ctx = ctx, .e = e != NULL ? e : &own};
    int64_t epoch_of_log = last_zxid > 0 ? last_zxid >> 32 : 0;
    enum err err = read_copy(&l);
    for (enum datadir_epoch w = DATADIR_EPOCH_ACCEPTED; err == ERR_OK && w <= LAST; w++) {
        read_file(&l, w);
        err = judge(&l, w, epoch_of_log);
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
    enum err err = write_copy(d, value, e);
    return err == ERR_OK ? datadir_write_epoch(d, which, value[which], e) : err;
}
