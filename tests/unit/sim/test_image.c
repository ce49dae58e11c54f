// SPDX-License-Identifier: Apache-2.0
//
// Disks that are put back, emptied, damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/image.h"
#include "sim/rot.h"

static struct world world;
static struct sim_disk disk;

static int setup(void **state)
{
    (void)state;
    world_init(&world, 1);
    disk_init(&disk, &world);
    disk_make_durable_dir(&disk, "/data/version-2");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    disk_fini(&disk);
    world_fini(&world);
    return 0;
}

static void put(const char *path, const char *text)
{
    disk_put(&disk, path, false, slice_str(text));
}

// The file's contents as text; "-" when it is not there.
static const char *text_of(const char *path)
{
    static char text[ROT_BLOCK_BYTES * 3];
    struct port_file *f;
    size_t len = 0;
    if (disk.port.open(&disk.port, path, 0, &f) != ERR_OK) {
        return "-";
    }
    assert_int_equal(f->read(f, 0, text, sizeof(text) - 1, &len), ERR_OK);
    text[len] = 0;
    f->close(f);
    return text;
}

static void an_image_brings_back_what_was_there(void **state)
{
    (void)state;
    put("/data/a", "old");
    struct image *image = image_take(&disk);
    struct port_file *f;
    assert_int_equal(disk.port.open(&disk.port, "/data/a", PORT_OPEN_WRITE, &f), ERR_OK);
    assert_int_equal(f->write(f, 0, "new", 3), ERR_OK);
    f->close(f);
    put("/data/b", "later");
    image_restore(&disk, image);
    image_free(image);
    assert_string_equal(text_of("/data/a"), "old");
    assert_string_equal(text_of("/data/b"), "-");
    disk_crash(&disk); // all of it durable
    assert_string_equal(text_of("/data/a"), "old");
}

static void an_emptied_disk_has_its_directories(void **state)
{
    (void)state;
    put("/data/version-2/log.1", "x");
    image_restore(&disk, NULL);
    struct port_file_info info;
    assert_string_equal(text_of("/data/version-2/log.1"), "-");
    assert_int_equal(disk.port.info(&disk.port, "/data/version-2", &info), ERR_OK);
    assert_true(info.is_dir);
}

static void fill(const char *path, size_t len)
{
    char *text = test_malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)('a' + i / ROT_BLOCK_BYTES);
    }
    text[len] = 0;
    put(path, text);
    test_free(text);
}

static size_t differences(const char *path, size_t len)
{
    const char *text = text_of(path);
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += text[i] != (char)('a' + i / ROT_BLOCK_BYTES);
    }
    return count;
}

static void every_kind_of_damage_changes_one_block(void **state)
{
    (void)state;
    enum { LEN = ROT_BLOCK_BYTES * 2 + 100 };
    for (int kind = 0; kind < ROT_KINDS; kind++) {
        size_t most = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
            struct prng p;
            struct buf what = {0};
            prng_init(&p, seed);
            image_restore(&disk, NULL);
            fill("/data/version-2/snapshot.1", LEN);
            assert_true(rot_once(&disk, "/data/version-2", (enum rot_kind)kind, &p, &what));
            size_t changed = differences("/data/version-2/snapshot.1", LEN);
            assert_true(changed <= ROT_BLOCK_BYTES);
            most = changed > most ? changed : most;
            buf_fini(&what);
        }
        assert_true(kind == ROT_FLIP ? most == 1 : most > 1);
    }
}

static void files_elsewhere_and_the_end_of_a_log_are_spared(void **state)
{
    (void)state;
    struct prng p;
    struct buf what = {0};
    prng_init(&p, 1);
    put("/data/myid", "1");
    put("/data/version-2/log.1", "a short log");
    assert_false(rot_once(&disk, "/data/version-2", ROT_FLIP, &p, &what));
    assert_string_equal(text_of("/data/version-2/log.1"), "a short log");
    buf_fini(&what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_image_brings_back_what_was_there, setup, teardown),
        cmocka_unit_test_setup_teardown(an_emptied_disk_has_its_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(every_kind_of_damage_changes_one_block, setup, teardown),
        cmocka_unit_test_setup_teardown(files_elsewhere_and_the_end_of_a_log_are_spared, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
