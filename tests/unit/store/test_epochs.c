// SPDX-License-Identifier: Apache-2.0
//
// Epochs at start: the promises of a member survive one damaged file, are never guessed, and fit
// the log.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/disk.h"
#include "sim/inode.h"
#include "store/epochs.h"
#include "store/small_file.h"

#define DIR "/d/version-2"
#define COPY "paddock.epochs"

struct fixture {
    struct world world;
    struct sim_disk disk;
    struct datadir *d;
    struct epochs epochs;
    struct buf notes;
    struct store_error e;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    world_init(&f.world, 3);
    disk_init(&f.disk, &f.world);
    disk_make_durable_dir(&f.disk, DIR);
    f.d = datadir_look(&f.disk.port, "/d", NULL); // without its lock: the power goes in one test
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    datadir_close(f->d);
    buf_fini(&f->notes);
    disk_fini(&f->disk);
    world_fini(&f->world);
    return 0;
}

static void take_note(void *ctx, const char *text)
{
    buf_append_str(ctx, text);
    buf_append_str(ctx, "\n");
}

static enum err load(struct fixture *f, int64_t last_zxid)
{
    buf_clear(&f->notes);
    return epochs_load(f->d, last_zxid, take_note, &f->notes, &f->epochs, &f->e);
}

static void pass(struct fixture *f)
{
    f->world.now_ns += 10 * 1000000;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    pass(f);
    assert_int_equal(small_file_write(&f->disk.port, DIR, name, slice_str(text), &f->e), ERR_OK);
}

struct damaging {
    const char *path;
    struct slice bytes;
};

static void damage_one(void *ctx, const char *path, struct inode *i)
{
    const struct damaging *d = ctx;
    if (strcmp(path, d->path) == 0) {
        inode_resize(i, 0);
        inode_write(i, 0, d->bytes);
        inode_sync(i);
    }
}

// Other bytes, and nobody has changed the file.
static void damage(struct fixture *f, const char *name, struct slice bytes)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", DIR, name);
    struct damaging d = {.path = buf_cstr(&path), .bytes = bytes};
    pass(f);
    disk_each(&f->disk, damage_one, &d);
    buf_fini(&path);
}

static void drop(struct fixture *f, const char *name)
{
    assert_int_equal(small_file_remove(&f->disk.port, DIR, name, NULL, &f->e), ERR_OK);
}

static int64_t file(struct fixture *f, const char *name)
{
    int64_t value = -1;
    assert_int_equal(small_file_read_number(&f->disk.port, DIR, name, &value, &f->e), ERR_OK);
    return value;
}

// Both files and the copy, as a server leaves them.
static void put_saved(struct fixture *f, int64_t accepted, int64_t current)
{
    const struct epochs now = {accepted, current};
    pass(f);
    assert_int_equal(epochs_save(f->d, &now, DATADIR_EPOCH_ACCEPTED, &f->e), ERR_OK);
    assert_int_equal(epochs_save(f->d, &now, DATADIR_EPOCH_CURRENT, &f->e), ERR_OK);
}

static void assert_epochs(struct fixture *f, int64_t accepted, int64_t current)
{
    assert_int_equal(f->epochs.accepted, accepted);
    assert_int_equal(f->epochs.current, current);
    assert_int_equal(file(f, "acceptedEpoch"), accepted);
    assert_int_equal(file(f, "currentEpoch"), current);
    assert_int_equal(load(f, 0), ERR_OK); // and again: nothing is left to be said
    assert_int_equal(f->notes.len, 0);
    assert_int_equal(f->epochs.accepted, accepted);
    assert_int_equal(f->epochs.current, current);
}

static void fresh_server_and_standalone_data_are_of_epoch_0(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, -1), ERR_OK);
    assert_epochs(f, 0, 0);
    drop(f, COPY);
    drop(f, "acceptedEpoch");
    drop(f, "currentEpoch");
    assert_int_equal(load(f, 0x1234), ERR_OK); // a standalone server's last zxid
    assert_epochs(f, 0, 0);
}

static void missing_files_say_the_epoch_of_the_log(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, 0x300000005), ERR_OK);
    assert_non_null(strstr(buf_cstr(&f->notes), "acceptedEpoch is missing"));
    assert_epochs(f, 3, 3);
}

static void directory_of_java_is_taken_as_it_is(void **state)
{
    struct fixture *f = *state;
    put(f, "acceptedEpoch", "7");
    put(f, "currentEpoch", "5\n");
    assert_int_equal(load(f, 0x500000001), ERR_OK);
    assert_int_equal(f->notes.len, 0);
    assert_epochs(f, 7, 5);
}

static void current_epoch_follows_a_log_that_is_ahead(void **state)
{
    struct fixture *f = *state;
    put_saved(f, 6, 4);
    assert_int_equal(load(f, 0x600000002), ERR_OK);
    assert_non_null(strstr(buf_cstr(&f->notes), "the log goes on in epoch 6"));
    assert_epochs(f, 6, 6);
}

static void log_ahead_of_what_was_accepted_is_refused(void **state)
{
    struct fixture *f = *state;
    put(f, "acceptedEpoch", "3");
    put(f, "currentEpoch", "3");
    assert_int_equal(load(f, 0x400000001), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "acceptedEpoch says 3"));
    put(f, "acceptedEpoch", "2");
    assert_int_equal(load(f, 0x200000001), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "less than the 3 in currentEpoch"));
}

static void unreadable_file_without_a_copy_is_refused(void **state)
{
    static const char *const names[] = {"acceptedEpoch", "currentEpoch"};
    struct fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        put(f, names[i], "");
        put(f, names[1 - i], "4");
        assert_int_equal(load(f, 0), ERR_MALFORMED);
        assert_non_null(strstr(f->e.text, names[i]));
        assert_non_null(strstr(f->e.text, "on the other servers"));
        assert_false(small_file_exists(&f->disk.port, DIR, COPY)); // nothing was guessed
    }
}

static void one_damaged_file_loses_nothing(void **state)
{
    static const char *const names[] = {"acceptedEpoch", "currentEpoch", COPY};
    static const char *const damages[] = {"", "\1\2\3", "3", "9", "-9", "99999999999999999999"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof damages / sizeof damages[0]; j++) {
            put_saved(f, 8, 7);
            damage(f, names[i], slice_str(damages[j]));
            assert_int_equal(load(f, 0x700000001), ERR_OK);
            assert_non_null(strstr(buf_cstr(&f->notes), names[i]));
            assert_epochs(f, 8, 7);
        }
        put_saved(f, 8, 7);
        drop(f, names[i]);
        assert_int_equal(load(f, 0x700000001), ERR_OK);
        assert_epochs(f, 8, 7);
    }
}

// Every bit of every byte, the ones that make another number included.
static void no_flipped_bit_breaks_a_promise(void **state)
{
    static const char *const names[] = {"acceptedEpoch", "currentEpoch", COPY};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf text = {0};
        put_saved(f, 18, 17);
        assert_int_equal(small_file_read(&f->disk.port, DIR, names[i], &text, &f->e), ERR_OK);
        for (size_t bit = 0; bit < text.len * 8; bit++) {
            put_saved(f, 18, 17);
            text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            damage(f, names[i], buf_slice(&text));
            text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(load(f, 0), ERR_OK);
            assert_epochs(f, 18, 17);
        }
        buf_fini(&text);
    }
}

// Java goes on with its files and leaves the copy behind.
static void epochs_that_java_accepted_meanwhile_count(void **state)
{
    struct fixture *f = *state;
    put_saved(f, 4, 4);
    put(f, "acceptedEpoch", "9");
    put(f, "currentEpoch", "9");
    assert_int_equal(load(f, 0x900000003), ERR_OK);
    assert_epochs(f, 9, 9);
    put_saved(f, 4, 4);
    put(f, "acceptedEpoch", "9");
    put(f, "currentEpoch", "9");
    assert_int_equal(load(f, 0x400000003), ERR_OK); // no transaction since: as an older member
    assert_epochs(f, 9, 4);
}

// A copy without moments cannot tell a flipped bit from a newer file: the promise is the larger.
static void copy_of_an_earlier_release_counts(void **state)
{
    struct fixture *f = *state;
    put_saved(f, 8, 7);
    assert_int_equal(small_file_write_sealed(&f->disk.port, DIR, COPY, slice_str("8 7"), &f->e),
                     ERR_OK);
    damage(f, "acceptedEpoch", slice_str("9"));
    damage(f, "currentEpoch", slice_str("8"));
    assert_int_equal(load(f, 0x700000001), ERR_OK);
    assert_epochs(f, 9, 7);
    damage(f, "acceptedEpoch", slice_str("11")); // now it has them
    assert_int_equal(load(f, 0x700000001), ERR_OK);
    assert_epochs(f, 9, 7);
}

// The disk may give the file the next time.
static void unreadable_block_is_no_damage(void **state)
{
    struct fixture *f = *state;
    for (uint64_t n = 1; n <= 3; n++) {
        put_saved(f, 8, 7);
        disk_fail_nth(&f->disk, DISK_READ, n, ERR_IO);
        assert_int_equal(load(f, 0x700000001), ERR_IO);
        assert_non_null(strstr(f->e.text, DIR "/"));
        assert_int_equal(f->notes.len, 0);
        disk_heal(&f->disk);
        assert_int_equal(load(f, 0x700000001), ERR_OK);
        assert_epochs(f, 8, 7);
    }
}

static void power_may_go_while_an_epoch_is_saved(void **state)
{
    struct fixture *f = *state;
    bool was_saved = false;
    for (uint64_t op = 1; !was_saved; op++) {
        put_saved(f, 5, 5);
        f->disk.freeze_at = f->disk.op_count + op;
        const struct epochs now = {6, 5};
        was_saved = epochs_save(f->d, &now, DATADIR_EPOCH_ACCEPTED, &f->e) == ERR_OK;
        f->disk.freeze_at = 0;
        disk_crash(&f->disk);
        assert_int_equal(load(f, 0x500000001), ERR_OK);
        assert_int_equal(f->epochs.current, 5);
        assert_true(f->epochs.accepted == 6 || (!was_saved && f->epochs.accepted == 5));
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(fresh_server_and_standalone_data_are_of_epoch_0),
        T(missing_files_say_the_epoch_of_the_log),
        T(directory_of_java_is_taken_as_it_is),
        T(current_epoch_follows_a_log_that_is_ahead),
        T(log_ahead_of_what_was_accepted_is_refused),
        T(unreadable_file_without_a_copy_is_refused),
        T(one_damaged_file_loses_nothing),
        T(no_flipped_bit_breaks_a_promise),
        T(epochs_that_java_accepted_meanwhile_count),
        T(copy_of_an_earlier_release_counts),
        T(unreadable_block_is_no_damage),
        T(power_may_go_while_an_epoch_is_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
