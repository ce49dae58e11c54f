// SPDX-License-Identifier: Apache-2.0
//
// An image is a list of copies, parents before what is in them.
#include "sim/image.h"

#include "base/mem.h"
#include "sim/inode.h"

struct copy {
    struct list link;
    char *path;
    bool is_dir;
    int64_t changed_ms;
    struct buf bytes;
};

struct image {
    struct list copies;
};

static void copy_one(void *ctx, const char *path, struct inode *i)
{
    struct image *image = ctx;
    struct copy *c = mem_zalloc(sizeof(*c));
    c->path = mem_strdup(path);
    c->is_dir = i->is_dir;
    c->changed_ms = i->changed_ms;
    buf_append_slice(&c->bytes, buf_slice(&i->seen));
    list_push_back(&image->copies, &c->link);
}

struct image *image_take(struct sim_disk *d)
{
    struct image *image = mem_zalloc(sizeof(*image));
    list_init(&image->copies);
    disk_each(d, copy_one, image);
    return image;
}

void image_free(struct image *image)
{
    if (image == NULL) {
        return;
    }
    LIST_FOREACH_SAFE (it, tmp, &image->copies) {
        struct copy *c = CONTAINER_OF(it, struct copy, link);
        list_remove(it);
        mem_free(c->path);
        buf_fini(&c->bytes);
        mem_free(c);
    }
    mem_free(image);
}

static void put_all(struct sim_disk *d, const struct image *image, bool with_files)
{
    LIST_FOREACH (it, &image->copies) {
        const struct copy *c = CONTAINER_OF(it, struct copy, link);
        if (c->is_dir || with_files) {
            disk_put(d, c->path, c->is_dir, buf_slice(&c->bytes))->changed_ms = c->changed_ms;
        }
    }
}

void image_restore(struct sim_disk *d, const struct image *image)
{
    struct image *empty = image == NULL ? image_take(d) : NULL;
    disk_wipe(d);
    put_all(d, image != NULL ? image : empty, image != NULL);
    image_free(empty);
}
