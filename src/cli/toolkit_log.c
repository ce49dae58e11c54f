// SPDX-License-Identifier: Apache-2.0
//
// zkTxnLogToolkit.sh: dump, recover and chop. The file is read as Java reads it: one record behind
// the other, ended by zeros or the end of the file, and no further than the first thing that Java
// takes for an error.
// Source: TxnLogToolkit, LogChopper, FilePadding, BinaryInputArchive.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/data_files.h"
#include "cli/java_text.h"
#include "cli/toolkit.h"
#include "jute/op.h"
#include "store/logfile.h"
#include "store/record.h"

enum {
    WINDOW_BYTES = 256 * 1024,
    JUTE_MAX_BUFFER = 0xfffff,
    TXN_HEADER_BYTES = 32,
    LOG_MAGIC = 0x5a4b4c47,
};
static const int64_t prealloc_bytes = INT64_C(65536) * 1024;

struct tool {
    struct cli *cli;
    const char *path;
    struct port_file *in, *out; // `out`: NULL unless it recovers or chops
    uint64_t in_offset, out_offset;
    int64_t out_size; // with padding
    struct buf window, line;
    size_t at; // consumed of the window
    uint32_t body_max;
    struct arena arena;
    bool is_recovering, is_verbose, is_forced;
    int64_t fixed;
};

// ---- what Java says when it dies ----

static int die(struct tool *t, const char *exception)
{
    (void)fflush(t->cli->out);
    (void)fprintf(t->cli->err, "Exception in thread \"main\" %s\n", exception);
    return TOOLKIT_ERROR;
}

// jute.maxbuffer comes to Java's tools in JVMFLAGS; half of the limit is room for extra fields.
static uint32_t body_max(struct cli *c)
{
    static const char key[] = "-Djute.maxbuffer=";
    const char *flags = c->host->env("JVMFLAGS");
    const char *found = flags != NULL ? strstr(flags, key) : NULL;
    int64_t value = found != NULL ? strtoll(found + sizeof(key) - 1, NULL, 0) : JUTE_MAX_BUFFER;
    return value > 0 && value < INT32_MAX / 2 ? (uint32_t)value * 2 : JUTE_MAX_BUFFER * 2;
}

// ---- reading ----

// The next `len` bytes; false at the end of the file. Valid until the next call.
static bool take(struct tool *t, size_t len, struct slice *ret)
{
    while (t->window.len - t->at < len) {
        buf_consume(&t->window, t->at);
        t->at = 0;
        size_t want = len > WINDOW_BYTES ? len : WINDOW_BYTES;
        size_t got = 0;
        enum err err = t->in->read(t->in, t->in_offset, buf_reserve(&t->window, want), want, &got);
        if (err != ERR_OK || got == 0) {
            return false;
        }
        t->in_offset += got;
        t->window.len += got;
    }
    *ret = slice_of(t->window.data + t->at, len);
    t->at += len;
    return true;
}

enum read { READ_RECORD, READ_END, READ_BAD };

struct record {
    uint64_t sum;      // as written
    struct slice body; // with the end mark's place not looked at yet
};

// Checksum, length and body. READ_BAD: *ret_exception says what Java throws.
static enum read read_record(struct tool *t, struct record *ret, struct buf *ret_exception)
{
    struct slice head;
    if (!take(t, RECORD_HEAD_BYTES, &head)) {
        return READ_END;
    }
    ret->sum = be64_load(head.data);
    int32_t len = (int32_t)be32_load(head.data + 8);
    if (len == 0) {
        return READ_END;
    }
    if (len == -1) {
        buf_append_str(ret_exception, "java.lang.NullPointerException");
        return READ_BAD;
    }
    if (len < 0 || (uint32_t)len > t->body_max) {
        buf_printf(ret_exception, "java.io.IOException: Unreasonable length = %" PRId32, len);
        return READ_BAD;
    }
    return take(t, (size_t)len, &ret->body) ? READ_RECORD : READ_END;
}

static bool decode(struct tool *t, struct slice body, struct txn *ret, struct buf *ret_exception)
{
    arena_reset(&t->arena);
    if (txn_decode(body, &t->arena, t->body_max, ret) == ERR_OK) {
        return true;
    }
    int32_t type = body.len >= TXN_HEADER_BYTES ? (int32_t)be32_load(body.data + 28) : 0;
    if (body.len >= TXN_HEADER_BYTES && op_kind(type) == OP_KIND_NONE) {
        buf_printf(ret_exception, "java.io.IOException: Unsupported Txn with type=%" PRId32, type);
    } else {
        buf_append_str(ret_exception, "java.io.EOFException");
    }
    return false;
}

static int64_t sum_of(struct slice body)
{
    return (int64_t)hash_adler32(1, body);
}

// ---- writing ----

static int fail_write(struct tool *t, enum err err)
{
    (void)fflush(t->cli->out);
    (void)fprintf(t->cli->err, "Exception in thread \"main\" java.io.IOException: %s\n",
                  err_text(err));
    return TOOLKIT_ERROR;
}

static enum err write_bytes(struct tool *t, const void *bytes, size_t len)
{
    enum err err = t->out->write(t->out, t->out_offset, bytes, len);
    t->out_offset += len;
    return err;
}

// Source: FilePadding.calculateFileSizeWithPadding.
static enum err pad(struct tool *t)
{
    int64_t position = (int64_t)t->out_offset;
    if (position + 4096 < t->out_size) {
        return ERR_OK;
    }
    if (position > t->out_size) {
        t->out_size = position + prealloc_bytes;
        t->out_size -= t->out_size % prealloc_bytes;
    } else {
        t->out_size += prealloc_bytes;
    }
    return t->out->truncate(t->out, (uint64_t)t->out_size);
}

static enum err write_record(struct tool *t, uint64_t sum, struct slice body)
{
    uint8_t head[RECORD_HEAD_BYTES];
    const uint8_t mark = RECORD_END_MARK;
    be64_store(head, sum);
    be32_store(head + 8, (uint32_t)body.len);
    enum err err = write_bytes(t, head, sizeof(head));
    err = err == ERR_OK ? write_bytes(t, body.data, body.len) : err;
    return err == ERR_OK ? write_bytes(t, &mark, 1) : err;
}

// ---- dump and recover ----

static int print_txn(struct tool *t, struct slice body, const char *prefix)
{
    struct txn txn;
    struct buf exception = {0};
    if (!decode(t, body, &txn, &exception)) {
        int status = die(t, buf_cstr(&exception));
        buf_fini(&exception);
        return status;
    }
    struct buf *to = &t->line;
    buf_clear(to);
    if (prefix[0] != '\0') {
        buf_printf(to, "%s - ", prefix);
    }
    java_text_time(txn.header.time_ms, to);
    buf_printf(to, " session 0x%" PRIx64 " cxid 0x%" PRIx64 " zxid 0x%" PRIx64 " ",
               (uint64_t)txn.header.client_id, (uint64_t)(int64_t)txn.header.cxid,
               (uint64_t)txn.header.zxid);
    java_text_op(txn.header.type, to);
    buf_append_str(to, " ");
    java_text_txn(&txn, slice_skip(body, TXN_HEADER_BYTES), to);
    if (to->data[to->len - 1] != '\n') {
        buf_append_str(to, "\n");
    }
    (void)fwrite(to->data, 1, to->len, t->cli->out);
    return TOOLKIT_OK;
}

// 'Y', 'N' or 'A'; 0 at the end of input. Source: Scanner.next, which gives words.
static char ask(struct tool *t)
{
    char word[64];
    do {
        (void)fputs("Would you like to fix it (Yes/No/Abort) ? ", t->cli->out);
        (void)fflush(t->cli->out);
        if (scanf("%63s", word) != 1) {
            return 0;
        }
        word[0] = (char)(word[0] & ~0x20);
    } while (word[0] != 'Y' && word[0] != 'N' && word[0] != 'A');
    return word[0];
}

// A record whose checksum is wrong. *ret_stop: the tool ends with the returned code.
static int take_bad_sum(struct tool *t, struct record *r, bool *ret_stop)
{
    bool is_fixed = t->is_recovering && t->is_forced;
    int status = print_txn(t, r->body, is_fixed ? "CRC FIXED" : "CRC ERROR");
    *ret_stop = status != TOOLKIT_OK;
    if (*ret_stop || !t->is_recovering) {
        return status;
    }
    int answer = t->is_forced ? 'Y' : ask(t);
    if (answer == 'Y') {
        r->sum = (uint64_t)sum_of(r->body);
        t->fixed++;
    } else if (answer != 'N') {
        *ret_stop = true;
        (void)fflush(t->cli->out);
        if (answer == 0) {
            return die(t, "java.util.NoSuchElementException");
        }
        (void)fputs("Recovery aborted.\n", t->cli->err);
    }
    return TOOLKIT_OK;
}

// `r` has a body of its own: taking the mark may move the window.
static int dump_record(struct tool *t, struct record *r, bool *ret_stop)
{
    int status = TOOLKIT_OK;
    *ret_stop = false;
    if ((int64_t)r->sum != sum_of(r->body)) {
        status = take_bad_sum(t, r, ret_stop);
    }
    if (!*ret_stop && (!t->is_recovering || t->is_verbose)) {
        status = print_txn(t, r->body, "");
        *ret_stop = status != TOOLKIT_OK;
    }
    if (*ret_stop) {
        return status;
    }
    struct slice mark;
    if (!take(t, 1, &mark)) {
        *ret_stop = true;
        return die(t, "java.io.EOFException");
    }
    if (mark.data[0] != RECORD_END_MARK) {
        *ret_stop = true;
        (void)fflush(t->cli->out);
        (void)fputs("Last transaction was partial.\n", t->cli->err);
        return TOOLKIT_ERROR;
    }
    return TOOLKIT_OK;
}

static int dump_records(struct tool *t)
{
    struct buf exception = {0};
    struct record r;
    enum read found;
    int64_t count = 0;
    bool must_stop = false;
    int status = TOOLKIT_OK;
    while (!must_stop && (found = read_record(t, &r, &exception)) == READ_RECORD) {
        struct buf body = {0};
        buf_append_slice(&body, r.body);
        r.body = buf_slice(&body);
        status = dump_record(t, &r, &must_stop);
        if (!must_stop && t->out != NULL) {
            enum err err = pad(t);
            err = err == ERR_OK ? write_record(t, r.sum, r.body) : err;
            must_stop = err != ERR_OK;
            status = must_stop ? fail_write(t, err) : status;
        }
        buf_fini(&body);
        count++;
    }
    if (!must_stop && found == READ_BAD) {
        status = die(t, buf_cstr(&exception));
    } else if (!must_stop) {
        (void)fprintf(t->cli->out, "EOF reached after %" PRId64 " txns.\n", count);
    }
    buf_fini(&exception);
    return must_stop && status == TOOLKIT_OK ? -1 : status;
}

static void print_header(struct tool *t, struct slice header)
{
    (void)fprintf(t->cli->out,
                  "ZooKeeper Transactional Log File with dbid %" PRId64
                  " txnlog format version %" PRId32 "\n",
                  (int64_t)be64_load(header.data + 8), (int32_t)be32_load(header.data + 4));
}

static int dump(struct tool *t)
{
    struct slice header;
    if (!take(t, LOGFILE_HEADER_BYTES, &header)) {
        return die(t, "java.io.EOFException");
    }
    if (be32_load(header.data) != LOG_MAGIC) {
        (void)fprintf(t->cli->err, "Invalid magic number for %s\n", data_files_name(t->path));
        return TOOLKIT_INVALID;
    }
    print_header(t, header);
    if (t->out != NULL) {
        enum err err = write_bytes(t, header.data, header.len);
        t->out_size = LOGFILE_HEADER_BYTES;
        if (err != ERR_OK) {
            return fail_write(t, err);
        }
    }
    int status = dump_records(t);
    if (status == TOOLKIT_OK && t->is_recovering) {
        (void)fprintf(t->cli->out,
                      "Recovery file %s.fixed has been written with %" PRId64
                      " fixed CRC error(s)\n",
                      t->path, t->fixed);
    }
    return status < 0 ? TOOLKIT_OK : status; // aborted by the user
}

// ---- chop ----

static void say_gap(struct tool *t, int64_t previous, int64_t zxid)
{
    bool is_same_epoch = previous >> 32 == zxid >> 32;
    if (previous != -1 && zxid != previous + 1 &&
        (is_same_epoch || ((uint64_t)zxid & UINT32_MAX) != 1)) {
        (void)fprintf(t->cli->out, "There is %s-epoch gap between %" PRIx64 " and %" PRIx64 "\n",
                      is_same_epoch ? "intra" : "inter", (uint64_t)previous, (uint64_t)zxid);
    }
}

static bool chop_record(struct tool *t, const struct record *r, struct buf *exception)
{
    struct txn txn;
    if ((int64_t)r->sum != sum_of(r->body)) {
        buf_printf(exception, "CRC doesn't match %" PRId64 " vs %" PRId64, (int64_t)r->sum,
                   sum_of(r->body));
        return false;
    }
    return decode(t, r->body, &txn, exception);
}

// LogChopper.chop; false with what it throws, or "" when it returns false.
static bool chop_records(struct tool *t, int64_t zxid, struct buf *exception)
{
    struct record r;
    struct slice mark;
    int64_t count = 0, previous = -1;
    bool has_zxid = false;
    enum read found;
    while ((found = read_record(t, &r, exception)) == READ_RECORD) {
        struct buf body = {0};
        buf_append_slice(&body, r.body);
        r.body = buf_slice(&body);
        int64_t at = r.body.len >= TXN_HEADER_BYTES ? record_zxid(r.body) : 0;
        bool is_over = false, is_good = chop_record(t, &r, exception);
        if (is_good && (!take(t, 1, &mark) || mark.data[0] != RECORD_END_MARK)) {
            (void)fputs("Last transaction was partial.\n", t->cli->out);
            buf_append_str(exception, "Last transaction was partial.");
            is_good = false;
        }
        if (is_good) {
            has_zxid = has_zxid || at == zxid;
            say_gap(t, previous, at);
            previous = at;
            is_over = at > zxid;
            is_good = is_over || write_record(t, r.sum, r.body) == ERR_OK;
        }
        buf_fini(&body);
        if (!is_good) {
            return false;
        }
        if (is_over && (count == 0 || !has_zxid)) {
            (void)fprintf(t->cli->out, "This log does not contain zxid %" PRIx64 "\n",
                          (uint64_t)zxid);
            return false;
        }
        if (is_over) {
            (void)fprintf(t->cli->out, "Chopping at %" PRIx64 " new log has %" PRId64 " records\n",
                          (uint64_t)zxid, count);
            return true;
        }
        count++;
    }
    if (found == READ_END) {
        (void)fprintf(t->cli->out, "EOF reached after %" PRId64 " txns.\n", count);
    }
    return false;
}

static int chop(struct tool *t, int64_t zxid)
{
    struct slice header;
    struct buf exception = {0};
    bool is_done = false;
    if (!take(t, LOGFILE_HEADER_BYTES, &header)) {
        buf_append_str(&exception, "null");
    } else if (be32_load(header.data) != LOG_MAGIC) {
        (void)fputs("Invalid magic number in txn log file\n", t->cli->err);
    } else {
        print_header(t, header);
        is_done =
            write_bytes(t, header.data, header.len) == ERR_OK && chop_records(t, zxid, &exception);
    }
    if (!is_done && exception.len == 0) {
        buf_printf(&exception, "Failed to chop %s", data_files_name(t->path));
    }
    if (!is_done) {
        static const char io[] = "java.io.IOException: ";
        const char *text = buf_cstr(&exception);
        text += strncmp(text, io, sizeof(io) - 1) == 0 ? sizeof(io) - 1 : 0;
        (void)fprintf(t->cli->out, "Got exception: %s\n", text);
    }
    buf_fini(&exception);
    return TOOLKIT_OK;
}

// ---- the command line ----

static int help(struct cli *c, int status)
{
    (void)fputs(
        "usage: TxnLogToolkit [-dhrvc] <txn_log_file_name> (-z <zxid>)\n"
        " -c,--chop         Chop mode. Chop txn file to a zxid.\n"
        " -d,--dump         Dump mode. Dump all entries of the log file with printing the content "
        "of a nodepath (default)\n"
        " -h,--help         Print help message\n"
        " -r,--recover      Recovery mode. Re-calculate CRC for broken entries.\n"
        " -v,--verbose      Be verbose in recovery mode: print all entries, not just fixed ones.\n"
        " -y,--yes          Non-interactive mode: repair all CRC errors without asking\n"
        " -z,--zxid <arg>   Used with chop. Zxid to which to chop.\n",
        c->out);
    return status;
}

static enum err open_out(struct tool *t, const char *name)
{
    return t->cli->host->files->open(t->cli->host->files, name,
                                     PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE,
                                     &t->out);
}

static int recover_or_dump(struct tool *t)
{
    if (!t->is_recovering) {
        return dump(t);
    }
    struct buf name = {0};
    struct port_file_info info;
    int status;
    buf_printf(&name, "%s.fixed", t->path);
    enum err err = ERR_OK;
    if (t->cli->host->files->info(t->cli->host->files, buf_cstr(&name), &info) == ERR_OK) {
        (void)fprintf(t->cli->err, "Recovery file %s already exists or not writable\n",
                      buf_cstr(&name));
        status = TOOLKIT_ERROR;
    } else if ((err = open_out(t, buf_cstr(&name))) != ERR_OK) {
        status = fail_write(t, err);
    } else {
        status = dump(t);
    }
    buf_fini(&name);
    return status;
}

static int chop_to(struct tool *t, const char *zxid_text)
{
    int64_t zxid;
    if (!number_decode(slice_str(zxid_text), 0, INT64_MAX, &zxid)) {
        (void)fprintf(t->cli->err,
                      "Exception in thread \"main\" java.lang.NumberFormatException: For input "
                      "string: \"%s\"\n",
                      zxid_text);
        return TOOLKIT_ERROR;
    }
    struct buf name = {0};
    buf_printf(&name, "%s.chopped%" PRId64, t->path, zxid);
    enum err err = open_out(t, buf_cstr(&name));
    buf_fini(&name);
    return err == ERR_OK ? chop(t, zxid) : fail_write(t, err);
}

static int with_file(struct tool *t, const char *chop_zxid)
{
    struct port_files *fs = t->cli->host->files;
    struct port_file_info info;
    if (fs->info(fs, t->path, &info) != ERR_OK ||
        fs->open(fs, t->path, PORT_OPEN_READ, &t->in) != ERR_OK) {
        (void)fprintf(t->cli->err, "File doesn't exist or not readable: %s\n", t->path);
        return TOOLKIT_ERROR;
    }
    int status = chop_zxid != NULL ? chop_to(t, chop_zxid) : recover_or_dump(t);
    t->in->close(t->in);
    if (t->out != NULL) {
        t->out->close(t->out);
    }
    return status;
}

int toolkit_log(struct cli *c, const char *const *words)
{
    enum { HELP, RECOVER, VERBOSE, DUMP, YES, CHOP, ZXID, COUNT };
    struct toolkit_option options[COUNT] = {
        [HELP] = {.letter = 'h', .name = "help"},
        [RECOVER] = {.letter = 'r', .name = "recover"},
        [VERBOSE] = {.letter = 'v', .name = "verbose"},
        [DUMP] = {.letter = 'd', .name = "dump"},
        [YES] = {.letter = 'y', .name = "yes"},
        [CHOP] = {.letter = 'c', .name = "chop"},
        [ZXID] = {.letter = 'z', .name = "zxid", .has_value = true},
    };
    const char *rest[TOOLKIT_REST_MAX + 1];
    char why[TOOLKIT_WHY_BYTES];
    if (!toolkit_parse(options, COUNT, words, rest, why)) {
        (void)fprintf(c->err, "%s\n\n", why);
        return help(c, TOOLKIT_ERROR);
    }
    if (options[HELP].is_set || rest[0] == NULL) {
        return help(c, options[HELP].is_set ? TOOLKIT_OK : TOOLKIT_ERROR);
    }
    struct tool t = {
        .cli = c,
        .path = rest[0],
        .body_max = body_max(c),
        .is_recovering = options[RECOVER].is_set,
        .is_verbose = options[VERBOSE].is_set,
        .is_forced = options[YES].is_set,
    };
    bool is_chop = options[CHOP].is_set && options[ZXID].is_set;
    arena_init(&t.arena);
    int status = with_file(&t, is_chop ? options[ZXID].value : NULL);
    arena_fini(&t.arena);
    buf_fini(&t.window);
    buf_fini(&t.line);
    return status;
}
