// SPDX-License-Identifier: Apache-2.0
//
// Files in memory; directories exist only as prefixes of paths.
#include "tests/unit/store/memfs.h"

#include "base/list.h"
#include "base/mem.h"

struct handle {
    struct port_file port;
    struct memfs *fs;
    struct memfs_file *file;
};

static bool hits(unsigned *countdown)
{
    if (*countdown == 0) {
        return false;
    }
    (*countdown)--;
    return *countdown == 0;
}

static struct handle *handle_of(struct port_file *f)
{
    return CONTAINER_OF(f, struct handle, port);
}

static struct memfs *memfs_of(struct port_files *fs)
{
    return CONTAINER_OF(fs, struct memfs, port);
}

struct memfs_file *memfs_find(struct memfs *fs, const char *path)
{
    for (struct memfs_file *f = fs->files; f != NULL; f = f->next) {
        if (strcmp(f->path, path) == 0) {
            return f;
        }
    }
    return NULL;
}

static struct memfs_file *create(struct memfs *fs, const char *path)
{
    struct memfs_file *f = mem_zalloc(sizeof *f);
    f->path = mem_strdup(path);
    f->next = fs->files;
    fs->files = f;
    return f;
}

static void drop(struct memfs *fs, struct memfs_file *f)
{
    struct memfs_file **at = &fs->files;
    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
    buf_fini(&f->bytes);
    buf_fini(&f->synced);
    mem_free(f->path);
    mem_free(f);
}

static void resize(struct buf *b, uint64_t len)
{
    if (len > b->len) {
        memset(buf_reserve(b, (size_t)len - b->len), 0, (size_t)len - b->len);
    }
    b->len = (size_t)len;
}

// ---- one file ----

static enum err file_read(struct port_file *p, uint64_t offset, void *to, size_t len, size_t *ret)
{
    const struct buf *b = &handle_of(p)->file->bytes;
    size_t left = offset < b->len ? b->len - (size_t)offset : 0;
    *ret = len < left ? len : left;
    if (*ret > 0) {
        memcpy(to, b->data + offset, *ret);
    }
    return ERR_OK;
}

static uint64_t used(const struct memfs *fs)
{
    uint64_t sum = 0;
    for (const struct memfs_file *f = fs->files; f != NULL; f = f->next) {
        sum += f->bytes.len;
    }
    return sum;
}

static enum err file_write(struct port_file *p, uint64_t offset, const void *from, size_t len)
{
    struct handle *h = handle_of(p);
    struct buf *b = &h->file->bytes;
    enum err err = ERR_OK;
    h->fs->writes++;
    if (hits(&h->fs->fail_write_in)) {
        err = ERR_IO;
        len /= 2;
    }
    uint64_t grown = offset + len > b->len ? offset + len - b->len : 0;
    if (h->fs->space_bytes > 0 && used(h->fs) + grown > h->fs->space_bytes) {
        err = ERR_NO_SPACE;
        len /= 2;
    }
    if (offset + len > b->len) {
        resize(b, offset + len);
    }
    if (len > 0) {
        memcpy(b->data + offset, from, len);
    }
    return err;
}

static enum err file_sync(struct port_file *p)
{
    struct handle *h = handle_of(p);
    h->fs->syncs++;
    if (hits(&h->fs->fail_sync_in)) {
        return ERR_IO;
    }
    buf_clear(&h->file->synced);
    buf_append(&h->file->synced, h->file->bytes.data, h->file->bytes.len);
    return ERR_OK;
}

static enum err file_write_direct(struct port_file *p, uint64_t offset, const void *from,
                                  size_t len)
{
    if ((offset | len | (uintptr_t)from) % PORT_FILE_BLOCK_BYTES != 0) {
        return ERR_INVALID;
    }
    return file_write(p, offset, from, len);
}

static enum err file_truncate(struct port_file *p, uint64_t bytes)
{
    struct handle *h = handle_of(p);
    if (hits(&h->fs->fail_truncate_in)) {
        return ERR_IO;
    }
    resize(&h->file->bytes, bytes);
    return ERR_OK;
}

static enum err file_size(struct port_file *p, uint64_t *ret)
{
    *ret = handle_of(p)->file->bytes.len;
    return ERR_OK;
}

static void file_close(struct port_file *p)
{
    struct handle *h = handle_of(p);
    h->fs->opened--;
    mem_free(h);
}

static void lock_close(struct port_file *p)
{
    handle_of(p)->file->is_locked = false;
    file_close(p);
}

static struct port_file *open_handle(struct memfs *fs, struct memfs_file *file)
{
    struct handle *h = mem_zalloc(sizeof *h);
    h->port = (struct port_file){
        .read = file_read,
        .write = file_write,
        .sync = file_sync,
        .write_direct = file_write_direct,
        .truncate = file_truncate,
        .size = file_size,
        .close = file_close,
    };
    h->fs = fs;
    h->file = file;
    fs->opened++;
    return &h->port;
}

// ---- the file system ----

static enum err fs_open(struct port_files *p, const char *path, unsigned flags,
                        struct port_file **ret)
{
    struct memfs *fs = memfs_of(p);
    if (hits(&fs->fail_open_in)) {
        return ERR_TOO_MANY_FILES;
    }
    struct memfs_file *f = memfs_find(fs, path);
    if (f == NULL && (flags & PORT_OPEN_CREATE) == 0) {
        return ERR_NOT_FOUND;
    }
    if (f == NULL) {
        f = create(fs, path);
    }
    if ((flags & PORT_OPEN_TRUNCATE) != 0) {
        buf_clear(&f->bytes);
    }
    *ret = open_handle(fs, f);
    return ERR_OK;
}

static bool is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);
    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static enum err fs_info(struct port_files *p, const char *path, struct port_file_info *ret)
{
    struct memfs *fs = memfs_of(p);
    const struct memfs_file *f = memfs_find(fs, path);
    if (f != NULL) {
        *ret = (struct port_file_info){.is_dir = false, .bytes = f->bytes.len};
        return ERR_OK;
    }
    for (f = fs->files; f != NULL; f = f->next) {
        if (is_below(f->path, path)) {
            *ret = (struct port_file_info){.is_dir = true};
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err fs_list(struct port_files *p, const char *dir,
                        void (*entry)(void *ctx, const char *name), void *ctx)
{
    struct memfs *fs = memfs_of(p);
    bool is_found = false;
    for (const struct memfs_file *f = fs->files; f != NULL; f = f->next) {
        const char *name = is_below(f->path, dir) ? f->path + strlen(dir) + 1 : NULL;
        is_found = is_found || name != NULL;
        if (name != NULL && strchr(name, '/') == NULL && strcmp(name, ".dir") != 0) {
            entry(ctx, name);
        }
    }
    return is_found ? ERR_OK : ERR_NOT_FOUND;
}

static enum err fs_make_dir(struct port_files *p, const char *path)
{
    struct memfs *fs = memfs_of(p);
    if (fs->is_read_only_dir) {
        return ERR_ACCESS;
    }
    struct buf mark = {0};
    buf_printf(&mark, "%s/.dir", path);
    memfs_put(fs, buf_cstr(&mark), "", 0);
    buf_fini(&mark);
    return ERR_OK;
}

static enum err fs_remove(struct port_files *p, const char *path)
{
    struct memfs *fs = memfs_of(p);
    struct memfs_file *f = memfs_find(fs, path);
    if (f == NULL) {
        return ERR_NOT_FOUND;
    }
    drop(fs, f);
    return ERR_OK;
}

static enum err fs_rename(struct port_files *p, const char *from, const char *to)
{
    struct memfs *fs = memfs_of(p);
    struct memfs_file *f = memfs_find(fs, from);
    if (f == NULL) {
        return ERR_NOT_FOUND;
    }
    struct memfs_file *old = memfs_find(fs, to);
    if (old != NULL) {
        drop(fs, old);
    }
    mem_free(f->path);
    f->path = mem_strdup(to);
    return ERR_OK;
}

static enum err fs_sync_dir(struct port_files *p, const char *path)
{
    struct memfs *fs = memfs_of(p);
    fs->syncs++;
    if (hits(&fs->fail_sync_in)) {
        return ERR_IO;
    }
    for (struct memfs_file *f = fs->files; f != NULL; f = f->next) {
        f->is_name_durable = f->is_name_durable || is_below(f->path, path);
    }
    return ERR_OK;
}

static bool fs_is_writable(struct port_files *p, const char *dir)
{
    (void)dir;
    return !memfs_of(p)->is_read_only_dir;
}

static enum err fs_lock(struct port_files *p, const char *path, struct port_file **ret)
{
    struct memfs *fs = memfs_of(p);
    struct memfs_file *f = memfs_find(fs, path);
    if (f == NULL) {
        f = create(fs, path);
    }
    if (f->is_locked) {
        return ERR_LOCKED;
    }
    f->is_locked = true;
    *ret = open_handle(fs, f);
    (*ret)->close = lock_close;
    return ERR_OK;
}

void memfs_init(struct memfs *fs)
{
    *fs = (struct memfs){.port = {
                             .open = fs_open,
                             .info = fs_info,
                             .list = fs_list,
                             .make_dir = fs_make_dir,
                             .rename = fs_rename,
                             .remove = fs_remove,
                             .sync_dir = fs_sync_dir,
                             .is_writable = fs_is_writable,
                             .lock = fs_lock,
                         }};
}

void memfs_fini(struct memfs *fs)
{
    while (fs->files != NULL) {
        drop(fs, fs->files);
    }
}

void memfs_put(struct memfs *fs, const char *path, const void *bytes, size_t len)
{
    struct memfs_file *f = memfs_find(fs, path);
    if (f == NULL) {
        f = create(fs, path);
    }
    buf_clear(&f->bytes);
    buf_clear(&f->synced);
    buf_append(&f->bytes, bytes, len);
    buf_append(&f->synced, bytes, len);
    f->is_name_durable = true;
}

unsigned memfs_count(const struct memfs *fs)
{
    unsigned count = 0;
    for (const struct memfs_file *f = fs->files; f != NULL; f = f->next) {
        count += strstr(f->path, "/.dir") == NULL ? 1 : 0;
    }
    return count;
}

void memfs_crash(struct memfs *fs)
{
    for (struct memfs_file *f = fs->files, *next; f != NULL; f = next) {
        next = f->next;
        if (!f->is_name_durable && !f->is_locked) {
            drop(fs, f);
            continue;
        }
        buf_clear(&f->bytes);
        buf_append(&f->bytes, f->synced.data, f->synced.len);
    }
}
