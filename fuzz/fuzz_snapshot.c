// SPDX-License-Identifier: Apache-2.0
//
// A snapshot file of any contents. The first byte chooses how the rest becomes the file: as it is
// under one of the three extensions, or compressed first, so that the parser is reached through
// every decompressor. What loads must be written again as a snapshot that loads to the same digest.
#include "base/arena.h"
#include "base/assert.h"
#include "sim/disk.h"
#include "store/snapfile.h"
#include "store/snapread.h"
#include "store/snapwrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 1 << 20 };

static const struct tree_options tree_options = {
    .hash_seed = 1, .digest_enabled = true, .extended_types_enabled = true};

static void put_file(struct sim_disk *d, const char *path, struct slice bytes)
{
    struct port_file *f;
    ASSERT(d->port.open(&d->port, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE, &f) == ERR_OK);
    ASSERT(bytes.len == 0 || f->write(f, 0, bytes.data, bytes.len) == ERR_OK);
    f->close(f);
}

// Compressed by our own writer, with a seal behind it when `seal`.
static void put_compressed(struct sim_disk *d, enum names_method method, struct slice bytes,
                           bool seal)
{
    struct snapfile *f;
    ASSERT(snapfile_open(&d->port, "/d", 1, method, &f, NULL) == ERR_OK);
    ASSERT(snapfile_write(f, bytes, seal, NULL) == ERR_OK);
    ASSERT(snapfile_finish(f, NULL, NULL) == ERR_OK);
}

static bool load(struct sim_disk *d, enum names_method method, struct tree *t)
{
    struct names_file f = {.kind = NAMES_SNAPSHOT, .method = method, .zxid = 1};
    struct snapscan_report report;
    struct store_error e = {.text = ""};
    names_print_snapshot(1, method, f.name);
    (void)snapread_looks_whole(&d->port, "/d", &f);
    enum err err = snapread_load(&d->port, "/d", &f, STRING_MAX, t, &report, &e);
    ASSERT((err == ERR_OK) == (e.text[0] == '\0'));
    return err == ERR_OK;
}

static void write_again(struct sim_disk *d, struct tree *t)
{
    struct snapwrite_options options = {.with_digest = true, .with_last_zxid = true};
    struct snapfile *f;
    struct buf slice = {0};
    ASSERT(snapfile_open(&d->port, "/d", 1, NAMES_PLAIN, &f, NULL) == ERR_OK);
    struct snapwrite *w = snapwrite_new(t, &options);
    for (bool more = true; more;) {
        bool seal;
        buf_clear(&slice);
        more = snapwrite_slice(w, 1000, &slice, &seal);
        ASSERT(snapfile_write(f, buf_slice(&slice), seal, NULL) == ERR_OK);
    }
    snapwrite_free(w);
    buf_fini(&slice);
    ASSERT(snapfile_finish(f, NULL, NULL) == ERR_OK);
}

static void check(struct sim_disk *d, enum names_method method)
{
    struct tree *t = tree_new(&tree_options);
    if (load(d, method, t)) {
        ASSERT(tree_check(t));
        write_again(d, t);
        struct tree *back = tree_new(&tree_options);
        ASSERT(load(d, NAMES_PLAIN, back));
        ASSERT(tree_digest(back) == tree_digest(t));
        ASSERT(tree_node_count(back) == tree_node_count(t));
        tree_free(back);
    }
    tree_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"/d/snapshot.1", "/d/snapshot.1.gz",
                                        "/d/snapshot.1.snappy"};
    if (size == 0) {
        return 0;
    }
    struct world w;
    struct sim_disk d;
    struct slice bytes = slice_of(data + 1, size - 1);
    enum names_method method = (enum names_method)(data[0] % 3);
    world_init(&w, 1);
    disk_init(&d, &w);
    disk_make_durable_dir(&d, "/d");
    if (data[0] / 3 % 3 == 0) {
        put_file(&d, paths[method], bytes);
    } else {
        put_compressed(&d, method, bytes, data[0] / 3 % 3 == 2);
    }
    check(&d, method);
    disk_fini(&d);
    world_fini(&w);
    return 0;
}
