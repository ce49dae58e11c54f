// SPDX-License-Identifier: Apache-2.0
//
// One or two log files of any contents. The first byte says how many, and whether checksums are
// mended so that the transactions are reached; the second where the first file ends. Reading ends
// in bounded work, strictly as well, and when the tail is torn, cutting it where the reader says
// gives the same records and a clean end. Every record that decodes is applied to a tree.
#include "base/arena.h"
#include "base/assert.h"
#include "base/hash.h"
#include "sim/disk.h"
#include "store/logfile.h"
#include "store/logread.h"
#include "store/record.h"
#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 1 << 20 };

struct seen {
    uint64_t records;
    uint64_t sum; // over the bodies
};

// A file of a header and `bytes`; with `mend`, every record that is framed gets its checksum.
static void put_file(struct sim_disk *d, const char *path, struct slice bytes, bool mend)
{
    struct buf file = {0};
    uint8_t header[LOGFILE_HEADER_BYTES];
    struct port_file *f;
    logfile_header(header);
    if (mend) {
        buf_append(&file, header, sizeof header);
    }
    buf_append_slice(&file, bytes);
    for (size_t at = LOGFILE_HEADER_BYTES; mend && at < file.len;) {
        struct slice body;
        if (logfile_record_at(slice_of(file.data + at, file.len - at), &body) != LOGFILE_BAD_SUM) {
            break;
        }
        be64_store(file.data + at, hash_adler32(1, body));
        at += RECORD_FRAME_BYTES + body.len;
    }
    ASSERT(d->port.open(&d->port, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE, &f) == ERR_OK);
    ASSERT(file.len == 0 || f->write(f, 0, file.data, file.len) == ERR_OK);
    f->close(f);
    buf_fini(&file);
}

static void apply(struct tree *t, struct slice body)
{
    struct arena arena = {0};
    struct tree_outcome outcome = {0};
    struct txn txn;
    if (txn_decode(body, &arena, STRING_MAX, &txn) == ERR_OK) {
        tree_apply(t, &txn, NULL, &outcome);
    }
    tree_outcome_fini(&outcome);
    arena_fini(&arena);
}

static enum err read_all(struct sim_disk *d, bool strictly, struct tree *t, struct seen *ret,
                         struct logread_tail *ret_tail)
{
    struct logread *r;
    struct logread_record record;
    struct store_error e = {.text = ""};
    enum err err = logread_open(&d->port, "/d", 0, STRING_MAX, &r, &e);
    ASSERT(err == ERR_OK);
    if (strictly) {
        logread_be_strict(r);
    }
    *ret = (struct seen){0};
    while ((err = logread_next(r, &record, &e)) == ERR_OK) {
        ret->records++;
        ret->sum = ret->sum * 31 + hash_crc32(0, record.body);
        if (t != NULL) {
            apply(t, record.body);
        }
    }
    ASSERT((err == ERR_STOPPED) == (e.text[0] == '\0'));
    *ret_tail = *logread_tail(r);
    logread_close(r);
    return err;
}

static void check_cut(struct sim_disk *d, const struct seen *seen, const struct logread_tail *tail)
{
    struct buf path = {0};
    struct port_file *f;
    struct seen again;
    struct logread_tail clean;
    (void)names_join(&path, "/d", tail->file);
    ASSERT(d->port.open(&d->port, buf_cstr(&path), PORT_OPEN_WRITE, &f) == ERR_OK);
    ASSERT(f->truncate(f, tail->good_bytes) == ERR_OK);
    f->close(f);
    ASSERT(read_all(d, false, NULL, &again, &clean) == ERR_STOPPED);
    ASSERT(again.records == seen->records && again.sum == seen->sum);
    ASSERT(!clean.is_torn || clean.is_empty);
    buf_fini(&path);
}

// A strict reader is the same, but that it takes some ends for damage.
static void check_strict(struct sim_disk *d, const struct seen *seen, enum err err)
{
    struct seen again;
    struct logread_tail tail;
    enum err strict = read_all(d, true, NULL, &again, &tail);
    ASSERT(again.records <= seen->records);
    ASSERT(strict == err || strict == ERR_CORRUPT);
    ASSERT(strict != ERR_STOPPED || (again.records == seen->records && again.sum == seen->sum));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct tree_options options = {.hash_seed = 1, .digest_enabled = true};
    struct slice bytes = slice_of(data + 2, size - 2);
    size_t first = (data[0] & 1) != 0 ? bytes.len * data[1] / 255 : bytes.len;
    struct world w;
    struct sim_disk d;
    struct seen seen;
    struct logread_tail tail;
    world_init(&w, 1);
    disk_init(&d, &w);
    disk_make_durable_dir(&d, "/d");
    put_file(&d, "/d/log.1", slice_of(bytes.data, first), (data[0] & 2) != 0);
    if (first < bytes.len) {
        put_file(&d, "/d/log.5", slice_skip(bytes, first), (data[0] & 4) != 0);
    }
    struct tree *t = tree_new(&options);
    enum err err = read_all(&d, false, t, &seen, &tail);
    check_strict(&d, &seen, err);
    if (err == ERR_STOPPED && tail.is_torn) {
        check_cut(&d, &seen, &tail);
    }
    ASSERT(tree_check(t));
    tree_free(t);
    disk_fini(&d);
    world_fini(&w);
    return 0;
}
