// SPDX-License-Identifier: Apache-2.0
//
// port_files over simulated inodes: names, faults, space, time. A path is compared as text; the
// world gives its processes absolute paths without "." and "..".
#include "sim/disk.h"

#include "base/assert.h"
#include "base/mem.h"
#include "sim/inode.h"

enum { // virtual time of one operation
    NAME_NS = 5000,
    READ_NS = 20000,
    WRITE_NS = 15000,
    SYNC_NS = 150000,
};

struct disk_name {
    struct list link;
    struct inode *inode;
    char *path;
};

struct disk_move { // `to` gets `inode`, `from` loses its name; either may be NULL
    struct list link;
    char *from, *to;
    struct inode *inode; // held while `to` is not NULL
};

struct sim_file {
    struct port_file port; // first
    struct sim_disk *disk;
    struct inode *inode;
    bool is_writable;
    bool is_log;
    struct list lock; // of the disk's locks; linked only when this is a lock
};

static struct sim_disk *disk_of(struct port_files *fs)
{
    return CONTAINER_OF(fs, struct sim_disk, port);
}

static int64_t now_ms(const struct sim_disk *d)
{
    return d->world->now_ns / 1000000;
}

// ---- faults ----

// Count an operation; an error when it is to fail.
static enum err begin(struct sim_disk *d, enum disk_op op, int64_t cost_ns)
{
    d->cost_ns += world_delay(d->world, cost_ns) * (d->slowness > 0 ? d->slowness : 1);
    d->op_count++;
    if (d->freeze_at > 0 && d->op_count >= d->freeze_at) {
        d->is_frozen = true;
    }
    if (d->is_frozen) {
        return ERR_IO;
    }
    world_note(d->world, (uint64_t)op);
    d->counts[op]++;
    return d->fail_at[op] == d->counts[op] ? d->fail_with[op] : ERR_OK;
}

void disk_fail_nth(struct sim_disk *d, enum disk_op op, uint64_t nth, enum err with)
{
    d->fail_at[op] = d->counts[op] + nth;
    d->fail_with[op] = with;
}

void disk_heal(struct sim_disk *d)
{
    memset(d->fail_at, 0, sizeof(d->fail_at));
    d->capacity_bytes = UINT64_MAX;
    d->freeze_at = 0;
    d->slowness = 0;
}

uint64_t disk_used_bytes(const struct sim_disk *d)
{
    uint64_t bytes = 0;
    LIST_FOREACH (it, &d->files) {
        bytes += CONTAINER_OF(it, struct inode, link)->seen.len;
    }
    return bytes;
}

// Bytes that a file may grow by before the disk is full.
static uint64_t room(const struct sim_disk *d)
{
    uint64_t used = disk_used_bytes(d);
    return used < d->capacity_bytes ? d->capacity_bytes - used : 0;
}

int64_t disk_take_cost(struct sim_disk *d)
{
    int64_t cost_ns = d->cost_ns;
    d->cost_ns = 0;
    return cost_ns;
}

const char *disk_op_name(enum disk_op op)
{
    static const char *const names[DISK_OPS] = {
        [DISK_OPEN] = "open",     [DISK_READ] = "read",         [DISK_WRITE] = "write",
        [DISK_SYNC] = "sync",     [DISK_TRUNCATE] = "truncate", [DISK_RENAME] = "rename",
        [DISK_REMOVE] = "remove", [DISK_SYNC_DIR] = "sync_dir",
    };
    return names[op];
}

// ---- names ----

static struct disk_name *find_name(const struct list *names, const char *path)
{
    LIST_FOREACH (it, names) {
        struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
        if (strcmp(name->path, path) == 0) {
            return name;
        }
    }
    return NULL;
}

static void drop_name(struct disk_name *name)
{
    if (name != NULL) {
        list_remove(&name->link);
        inode_unref(name->inode);
        mem_free(name->path);
        mem_free(name);
    }
}

// `path` names `inode` from now on, whatever it named before.
static void set_name(struct list *names, const char *path, struct inode *inode)
{
    struct disk_name *name = find_name(names, path);
    inode_ref(inode);
    if (name != NULL) {
        inode_unref(name->inode);
        name->inode = inode;
        return;
    }
    name = mem_alloc(sizeof(*name));
    *name = (struct disk_name){.inode = inode, .path = mem_strdup(path)};
    list_push_back(names, &name->link);
}

static void apply_move(struct list *names, const struct disk_move *m)
{
    if (m->to != NULL) {
        set_name(names, m->to, m->inode);
    }
    if (m->from != NULL) {
        drop_name(find_name(names, m->from));
    }
}

static void forget_move(struct disk_move *m)
{
    list_remove(&m->link);
    if (m->to != NULL) {
        inode_unref(m->inode);
    }
    mem_free(m->from);
    mem_free(m->to);
    mem_free(m);
}

static void move(struct sim_disk *d, const char *from, const char *to, struct inode *inode)
{
    struct disk_move *m = mem_zalloc(sizeof(*m));
    m->from = from != NULL ? mem_strdup(from) : NULL;
    m->to = to != NULL ? mem_strdup(to) : NULL;
    m->inode = to != NULL ? inode_ref(inode) : NULL;
    list_push_back(&d->moves, &m->link);
    apply_move(&d->names, m);
}

static size_t parent_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    ASSERT(slash != NULL);
    return slash == path ? 1 : (size_t)(slash - path);
}

static bool is_in(const char *path, const char *dir)
{
    size_t len = parent_len(path);
    return strlen(dir) == len && memcmp(path, dir, len) == 0;
}

static bool has_parent(const struct list *names, const char *path)
{
    size_t len = parent_len(path);
    if (len == 1) {
        return true;
    }
    LIST_FOREACH (it, names) {
        const struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
        if (name->inode->is_dir && strlen(name->path) == len &&
            memcmp(name->path, path, len) == 0) {
            return true;
        }
    }
    return false;
}

// ---- files ----

static struct sim_file *file_of(struct port_file *f)
{
    return CONTAINER_OF(f, struct sim_file, port);
}

static enum err file_read(struct port_file *port, uint64_t offset, void *to, size_t len,
                          size_t *ret)
{
    struct sim_file *f = file_of(port);
    enum err e = begin(f->disk, DISK_READ, READ_NS);
    if (e != ERR_OK) {
        return e;
    }
    const struct buf *bytes = &f->inode->seen;
    size_t left = offset < bytes->len ? bytes->len - (size_t)offset : 0;
    size_t n = len < left ? len : left;
    if (n > 0) {
        memcpy(to, bytes->data + offset, n);
    }
    *ret = n;
    return ERR_OK;
}

// Bytes of a write to [offset, offset + len) that fit on the disk.
static size_t fitting(const struct sim_file *f, uint64_t offset, size_t len)
{
    uint64_t end = f->inode->seen.len + room(f->disk); // where the file can reach
    if (f->disk->capacity_bytes == UINT64_MAX || offset + len <= end) {
        return len;
    }
    return offset < end ? (size_t)(end - offset) : 0;
}

static enum err file_write(struct port_file *port, uint64_t offset, const void *from, size_t len)
{
    struct sim_file *f = file_of(port);
    if (!f->is_writable) {
        return ERR_ACCESS;
    }
    enum err e = begin(f->disk, DISK_WRITE, WRITE_NS);
    size_t taken = len;
    if (e != ERR_OK) {
        taken = f->disk->is_frozen ? 0 : (size_t)prng_below(&f->disk->world->prng, len + 1);
    } else {
        taken = fitting(f, offset, len);
        e = taken < len ? ERR_NO_SPACE : ERR_OK;
    }
    inode_write(f->inode, offset, slice_of(from, taken));
    f->inode->changed_ms = now_ms(f->disk);
    return e;
}

static enum err file_sync(struct port_file *port)
{
    struct sim_file *f = file_of(port);
    enum err e = begin(f->disk, DISK_SYNC, SYNC_NS);
    if (e == ERR_OK && f->disk->log_sync_lies && f->is_log) {
        inode_sync_but_last(f->inode);
    } else if (e == ERR_OK && !f->disk->sync_lies) {
        inode_sync(f->inode);
    } else if (e != ERR_OK && !f->disk->is_frozen) {
        // Linux drops dirty pages after a failed write-back: a later sync would succeed without
        // them.
        inode_settle(f->inode, &f->disk->world->prng);
    }
    return e;
}

static enum err file_truncate(struct port_file *port, uint64_t bytes)
{
    struct sim_file *f = file_of(port);
    enum err e = begin(f->disk, DISK_TRUNCATE, NAME_NS);
    if (e == ERR_OK) {
        inode_resize(f->inode, bytes);
        f->inode->changed_ms = now_ms(f->disk);
    }
    return e;
}

static enum err file_size(struct port_file *port, uint64_t *ret)
{
    struct sim_file *f = file_of(port);
    if (f->disk->is_frozen) {
        return ERR_IO;
    }
    *ret = f->inode->seen.len;
    return ERR_OK;
}

static void file_close(struct port_file *port)
{
    struct sim_file *f = file_of(port);
    list_remove(&f->lock);
    inode_unref(f->inode);
    mem_free(f);
}

static struct sim_file *open_inode(struct sim_disk *d, struct inode *inode, bool is_writable)
{
    struct sim_file *f = mem_alloc(sizeof(*f));
    *f = (struct sim_file){.port = {.read = file_read,
                                    .write = file_write,
                                    .sync = file_sync,
                                    .write_direct = file_write,
                                    .truncate = file_truncate,
                                    .size = file_size,
                                    .close = file_close},
                           .disk = d,
                           .inode = inode_ref(inode),
                           .is_writable = is_writable};
    list_init(&f->lock);
    return f;
}

// A new file that nobody sees after a crash unless its directory is synced.
static struct inode *create(struct sim_disk *d, const char *path, bool is_dir)
{
    struct inode *inode = inode_new(&d->files, is_dir);
    inode->changed_ms = now_ms(d);
    move(d, NULL, path, inode);
    inode_unref(inode); // the names hold it
    return inode;
}

static enum err files_open(struct port_files *fs, const char *path, unsigned flags,
                           struct port_file **ret)
{
    struct sim_disk *d = disk_of(fs);
    enum err e = begin(d, DISK_OPEN, NAME_NS);
    if (e != ERR_OK) {
        return e;
    }
    struct disk_name *name = find_name(&d->names, path);
    if (name == NULL && ((flags & PORT_OPEN_CREATE) == 0 || !has_parent(&d->names, path))) {
        return ERR_NOT_FOUND;
    }
    if (name != NULL && name->inode->is_dir) {
        return ERR_IO;
    }
    struct inode *inode = name != NULL ? name->inode : create(d, path, false);
    if ((flags & PORT_OPEN_TRUNCATE) != 0) {
        inode_resize(inode, 0);
    }
    struct sim_file *f = open_inode(d, inode, (flags & PORT_OPEN_WRITE) != 0);
    f->is_log = strstr(path, "/log.") != NULL;
    *ret = &f->port;
    return ERR_OK;
}

static enum err files_lock(struct port_files *fs, const char *path, struct port_file **ret)
{
    struct sim_disk *d = disk_of(fs);
    struct disk_name *name = find_name(&d->names, path);
    LIST_FOREACH (it, &d->locks) {
        if (name != NULL && CONTAINER_OF(it, struct sim_file, lock)->inode == name->inode) {
            return ERR_LOCKED;
        }
    }
    enum err e = files_open(fs, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE, ret);
    if (e == ERR_OK) {
        list_push_back(&d->locks, &file_of(*ret)->lock);
    }
    return e;
}

// ---- directories ----

static enum err files_info(struct port_files *fs, const char *path, struct port_file_info *ret)
{
    struct sim_disk *d = disk_of(fs);
    const struct disk_name *name = find_name(&d->names, path);
    if (d->is_frozen) {
        return ERR_IO;
    }
    if (name == NULL) {
        return ERR_NOT_FOUND;
    }
    *ret = (struct port_file_info){.is_dir = name->inode->is_dir,
                                   .bytes = name->inode->seen.len,
                                   .changed_ms = name->inode->changed_ms};
    return ERR_OK;
}

static enum err files_list(struct port_files *fs, const char *dir,
                           void (*entry)(void *ctx, const char *name), void *ctx)
{
    struct sim_disk *d = disk_of(fs);
    const struct disk_name *self = find_name(&d->names, dir);
    if (d->is_frozen) {
        return ERR_IO;
    }
    if (self == NULL || !self->inode->is_dir) {
        return ERR_NOT_FOUND;
    }
    LIST_FOREACH (it, &d->names) {
        const struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
        if (is_in(name->path, dir)) {
            entry(ctx, strrchr(name->path, '/') + 1);
        }
    }
    return ERR_OK;
}

static enum err make_one(struct sim_disk *d, const char *path)
{
    const struct disk_name *name = find_name(&d->names, path);
    if (name != NULL) {
        return name->inode->is_dir ? ERR_OK : ERR_EXISTS;
    }
    (void)create(d, path, true);
    return ERR_OK;
}

static enum err make_all(struct sim_disk *d, const char *path)
{
    enum err e = ERR_OK;
    char *prefix = mem_strdup(path);
    for (char *slash = strchr(prefix + 1, '/'); slash != NULL && e == ERR_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        e = make_one(d, prefix);
        *slash = '/';
    }
    mem_free(prefix);
    return e == ERR_OK ? make_one(d, path) : e;
}

static enum err files_make_dir(struct port_files *fs, const char *path)
{
    enum err e = begin(disk_of(fs), DISK_OPEN, NAME_NS);
    return e == ERR_OK ? make_all(disk_of(fs), path) : e;
}

static enum err files_rename(struct port_files *fs, const char *from, const char *to)
{
    struct sim_disk *d = disk_of(fs);
    enum err e = begin(d, DISK_RENAME, NAME_NS);
    const struct disk_name *name = find_name(&d->names, from);
    if (e != ERR_OK) {
        return e;
    }
    if (name == NULL || !has_parent(&d->names, to)) {
        return ERR_NOT_FOUND;
    }
    move(d, from, to, name->inode);
    return ERR_OK;
}

static enum err files_remove(struct port_files *fs, const char *path)
{
    struct sim_disk *d = disk_of(fs);
    enum err e = begin(d, DISK_REMOVE, NAME_NS);
    if (e != ERR_OK) {
        return e;
    }
    if (find_name(&d->names, path) == NULL) {
        return ERR_NOT_FOUND;
    }
    move(d, path, NULL, NULL);
    return ERR_OK;
}

static enum err files_sync_dir(struct port_files *fs, const char *path)
{
    struct sim_disk *d = disk_of(fs);
    enum err e = begin(d, DISK_SYNC_DIR, SYNC_NS);
    if (e != ERR_OK) {
        return e;
    }
    if (d->sync_lies) {
        return ERR_OK;
    }
    LIST_FOREACH_SAFE (it, tmp, &d->moves) {
        struct disk_move *m = CONTAINER_OF(it, struct disk_move, link);
        if (is_in(m->to != NULL ? m->to : m->from, path)) {
            apply_move(&d->durable, m);
            forget_move(m);
        }
    }
    return ERR_OK;
}

static bool files_is_writable(struct port_files *fs, const char *dir)
{
    return find_name(&disk_of(fs)->names, dir) != NULL;
}

// ---- crash ----

void disk_freeze(struct sim_disk *d)
{
    d->is_frozen = true;
}

void disk_thaw(struct sim_disk *d)
{
    d->is_frozen = false;
    d->freeze_at = 0;
}

static void drop_names(struct list *names)
{
    LIST_FOREACH_SAFE (it, tmp, names) {
        drop_name(CONTAINER_OF(it, struct disk_name, link));
    }
}

static void forget_moves(struct list *moves)
{
    LIST_FOREACH_SAFE (it, tmp, moves) {
        forget_move(CONTAINER_OF(it, struct disk_move, link));
    }
}

// Every move so far is durable.
static void settle_all_names(struct sim_disk *d)
{
    LIST_FOREACH_SAFE (it, tmp, &d->moves) {
        struct disk_move *m = CONTAINER_OF(it, struct disk_move, link);
        apply_move(&d->durable, m);
        forget_move(m);
    }
}

// A first part of the moves reached the journal; the others did not happen.
static void settle_names(struct sim_disk *d)
{
    size_t count = 0;
    LIST_FOREACH (it, &d->moves) {
        count++;
    }
    size_t kept = (size_t)prng_below(&d->world->prng, count + 1);
    LIST_FOREACH (it, &d->moves) {
        if (kept == 0) {
            break;
        }
        kept--;
        apply_move(&d->durable, CONTAINER_OF(it, struct disk_move, link));
    }
    forget_moves(&d->moves);
}

// What lies in a directory that did not survive is gone too. Parents come before their children.
static void drop_orphans(struct list *names)
{
    bool dropped = true;
    while (dropped) {
        dropped = false;
        LIST_FOREACH_SAFE (it, tmp, names) {
            struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
            if (!has_parent(names, name->path)) {
                drop_name(name);
                dropped = true;
            }
        }
    }
}

void disk_crash(struct sim_disk *d)
{
    ASSERT(list_is_empty(&d->locks));
    settle_names(d);
    drop_orphans(&d->durable);
    drop_names(&d->names);
    LIST_FOREACH (it, &d->durable) {
        const struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
        set_name(&d->names, name->path, name->inode);
    }
    LIST_FOREACH (it, &d->files) {
        inode_crash(CONTAINER_OF(it, struct inode, link), &d->world->prng);
    }
    disk_thaw(d);
}

// ---- for tests and troubles: without cost or fault ----

void disk_make_durable_dir(struct sim_disk *d, const char *path)
{
    enum err e = make_all(d, path);
    ASSERT(e == ERR_OK);
    settle_all_names(d);
}

void disk_each(struct sim_disk *d, void (*each)(void *ctx, const char *path, struct inode *i),
               void *ctx)
{
    LIST_FOREACH (it, &d->names) {
        const struct disk_name *name = CONTAINER_OF(it, struct disk_name, link);
        each(ctx, name->path, name->inode);
    }
}

void disk_wipe(struct sim_disk *d)
{
    ASSERT(list_is_empty(&d->locks));
    forget_moves(&d->moves);
    drop_names(&d->names);
    drop_names(&d->durable);
}

struct inode *disk_put(struct sim_disk *d, const char *path, bool is_dir, struct slice bytes)
{
    struct inode *inode = create(d, path, is_dir);
    if (!is_dir) {
        inode_write(inode, 0, bytes);
        inode_sync(inode);
    }
    settle_all_names(d);
    return inode;
}

// ---- life cycle ----

void disk_init(struct sim_disk *d, struct world *w)
{
    *d = (struct sim_disk){
        .port = {.open = files_open,
                 .info = files_info,
                 .list = files_list,
                 .make_dir = files_make_dir,
                 .rename = files_rename,
                 .remove = files_remove,
                 .sync_dir = files_sync_dir,
                 .is_writable = files_is_writable,
                 .lock = files_lock},
        .world = w,
        .capacity_bytes = UINT64_MAX,
    };
    list_init(&d->names);
    list_init(&d->durable);
    list_init(&d->moves);
    list_init(&d->files);
    list_init(&d->locks);
}

void disk_fini(struct sim_disk *d)
{
    forget_moves(&d->moves);
    drop_names(&d->names);
    drop_names(&d->durable);
    ASSERT(list_is_empty(&d->files));
}
