// SPDX-License-Identifier: Apache-2.0
//
// Apache's C client with threads, each call once: operations HOST:PORT. Prints `ok N`, or the check
// that failed.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

enum { EVENTS_MAX = 64, WAIT_S = 20 };

struct event {
    int type;
    int state;
    char path[128];
};

/* What the client's watchers were told, in order. */
struct events {
    pthread_mutex_t lock;
    pthread_cond_t grown;
    struct event list[EVENTS_MAX];
    int count;
    int taken;
};

static int passed;

static void check(int good, const char *what)
{
    if (!good) {
        printf("failed: %s\n", what);
        exit(1);
    }
    passed++;
}

static void check_code(int want, int got, const char *what)
{
    if (want != got) {
        printf("failed: %s: %s (%d), not %s\n", what, zerror(got), got, zerror(want));
        exit(1);
    }
    passed++;
}

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    struct events *events = context;
    (void)zh;
    pthread_mutex_lock(&events->lock);
    if (events->count < EVENTS_MAX) {
        struct event *event = &events->list[events->count++];
        event->type = type;
        event->state = state;
        snprintf(event->path, sizeof event->path, "%s", path);
    }
    pthread_cond_signal(&events->grown);
    pthread_mutex_unlock(&events->lock);
}

static void events_init(struct events *events)
{
    memset(events, 0, sizeof *events);
    pthread_mutex_init(&events->lock, NULL);
    pthread_cond_init(&events->grown, NULL);
}

static struct event next_event(struct events *events)
{
    struct timespec until;
    struct event none = {0};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&events->lock);
    while (events->taken == events->count &&
           pthread_cond_timedwait(&events->grown, &events->lock, &until) == 0) {
    }
    struct event event = events->taken < events->count ? events->list[events->taken++] : none;
    pthread_mutex_unlock(&events->lock);
    return event;
}

static void check_event(struct events *events, int type, const char *path)
{
    struct event event = next_event(events);
    if (event.type != type || strcmp(event.path, path) != 0) {
        printf("failed: event %d %s, not %d %s\n", event.type, event.path, type, path);
        exit(1);
    }
    passed++;
}

static zhandle_t *open_client(const char *server, struct events *events, const clientid_t *id)
{
    events_init(events);
    zhandle_t *zh = zookeeper_init(server, on_event, 10000, id, events, 0);
    check(zh != NULL, "zookeeper_init");
    struct event event = next_event(events);
    check(event.type == ZOO_SESSION_EVENT && event.state == ZOO_CONNECTED_STATE, "connected");
    return zh;
}

static void test_data(zhandle_t *zh)
{
    char path[64];
    char data[64];
    int size = sizeof data;
    struct Stat stat;
    check_code(ZOK, zoo_create(zh, "/data", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path),
               "create");
    check(strcmp(path, "/data") == 0, "created path");
    check_code(ZOK, zoo_get(zh, "/data", 0, data, &size, &stat), "get");
    check(size == 3 && memcmp(data, "one", 3) == 0 && stat.dataLength == 3, "data");
    check_code(ZOK, zoo_set2(zh, "/data", "drei", 4, 0, &stat), "set");
    check(stat.version == 1 && stat.mzxid == stat.czxid + 1, "stat after set");
    check_code(ZBADVERSION, zoo_set(zh, "/data", "x", 1, 0), "set with an old version");
    check_code(ZNODEEXISTS, zoo_create(zh, "/data", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0),
               "create twice");
    check_code(ZNONODE, zoo_exists(zh, "/no", 0, &stat), "exists of nothing");
    check_code(ZOK, zoo_set(zh, "/data", NULL, -1, -1), "set null");
    size = sizeof data;
    check_code(ZOK, zoo_get(zh, "/data", 0, data, &size, &stat), "get null");
    check(size == -1, "null stays null");
    check_code(ZBADVERSION, zoo_delete(zh, "/data", 9), "delete of another version");
    check_code(ZOK, zoo_delete(zh, "/data", 2), "delete");
}

static void test_kinds(zhandle_t *zh)
{
    char path[64];
    struct Stat stat;
    struct String_vector children;
    int flags = ZOO_EPHEMERAL | ZOO_SEQUENCE;
    check_code(ZOK, zoo_create(zh, "/kinds", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), "parent");
    check_code(
        ZOK,
        zoo_create2(zh, "/kinds/n-", "", 0, &ZOO_OPEN_ACL_UNSAFE, flags, path, sizeof path, &stat),
        "ephemeral and sequential");
    check(strcmp(path, "/kinds/n-0000000000") == 0, "its number");
    check(stat.ephemeralOwner == zoo_client_id(zh)->client_id, "its owner");
    check_code(
        ZOK,
        zoo_create(zh, "/kinds/n-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path),
        "next");
    check(strcmp(path, "/kinds/n-0000000001") == 0, "the next number");
    check_code(ZOK,
               zoo_create(zh, "/kinds/box", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, NULL, 0),
               "container");
    check_code(ZOK,
               zoo_create_ttl(zh, "/kinds/ttl", "", 0, &ZOO_OPEN_ACL_UNSAFE,
                              ZOO_PERSISTENT_WITH_TTL, 60000, NULL, 0),
               "ttl");
    check_code(ZNOCHILDRENFOREPHEMERALS,
               zoo_create(zh, "/kinds/n-0000000000/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0),
               "child of ephemeral");
    check_code(ZOK, zoo_get_children2(zh, "/kinds", 0, &children, &stat), "children");
    check(children.count == 4 && stat.numChildren == 4 && stat.cversion == 4, "their number");
    deallocate_String_vector(&children);
    check_code(ZNOTEMPTY, zoo_delete(zh, "/kinds", -1), "delete with children");
}

static void test_watches(zhandle_t *zh)
{
    struct events events;
    struct Stat stat;
    struct String_vector children;
    char data[8];
    int size = sizeof data;
    events_init(&events);
    check_code(ZOK, zoo_create(zh, "/watch", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0),
               "watched node");
    check_code(ZOK, zoo_wget(zh, "/watch", on_event, &events, data, &size, &stat), "wget");
    check_code(ZOK, zoo_wget_children(zh, "/watch", on_event, &events, &children), "wget_children");
    deallocate_String_vector(&children);
    check_code(ZNONODE, zoo_wexists(zh, "/watch/c", on_event, &events, &stat), "wexists");
    check_code(ZOK, zoo_set(zh, "/watch", "x", 1, -1), "set");
    check_event(&events, ZOO_CHANGED_EVENT, "/watch");
    check_code(ZOK, zoo_create(zh, "/watch/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), "create");
    /* The client groups what one frame tells by its own tables: either of the two comes first. */
    struct event first = next_event(&events);
    struct event second = next_event(&events);
    check((first.type == ZOO_CREATED_EVENT) + (second.type == ZOO_CREATED_EVENT) == 1,
          "created once");
    check((first.type == ZOO_CHILD_EVENT) + (second.type == ZOO_CHILD_EVENT) == 1,
          "child event once");
    size = sizeof data;
    check_code(ZOK, zoo_wget(zh, "/watch", on_event, &events, data, &size, &stat), "wget again");
    check_code(ZOK, zoo_remove_watches(zh, "/watch", ZWATCHTYPE_DATA, on_event, &events, 0),
               "remove");
    check_code(ZOK, zoo_set(zh, "/watch", "y", 1, -1), "set unwatched");
    check_code(ZOK, zoo_delete(zh, "/watch/c", -1), "delete");
}

static void test_multi(zhandle_t *zh)
{
    enum { OPS = 4 };
    zoo_op_t ops[OPS];
    zoo_op_result_t results[OPS];
    struct Stat stat;
    char path[64];
    zoo_create_op_init(&ops[0], "/multi", "m", 1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_create_op_init(&ops[1], "/multi/n-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path,
                       sizeof path);
    zoo_set_op_init(&ops[2], "/multi", "mm", 2, 0, &stat);
    zoo_check_op_init(&ops[3], "/multi", 1);
    check_code(ZOK, zoo_multi(zh, OPS, ops, results), "multi");
    check(strcmp(path, "/multi/n-0000000000") == 0 && stat.version == 1, "results of multi");
    zoo_create_op_init(&ops[0], "/multi/never", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_check_op_init(&ops[1], "/multi", 99);
    check_code(ZBADVERSION, zoo_multi(zh, 2, ops, results), "multi with a wrong version");
    check(results[0].err == ZOK && results[1].err == ZBADVERSION, "errors of the parts");
    check_code(ZNONODE, zoo_exists(zh, "/multi/never", 0, &stat), "nothing of it stays");
}

static void on_auth(int code, const void *data)
{
    struct events *events = (struct events *)(unsigned long)data;
    on_event(NULL, code == ZOK ? 1000 : code, 0, "auth", events);
}

static void test_acls(zhandle_t *zh, const char *server)
{
    struct events events;
    struct events session;
    struct ACL_vector acl;
    struct Stat stat;
    char data[8];
    int size = sizeof data;
    events_init(&events);
    check_code(ZOK, zoo_add_auth(zh, "digest", "me:secret", 9, on_auth, &events), "add_auth");
    check_event(&events, 1000, "auth");
    check_code(ZOK, zoo_create(zh, "/acl", "x", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0),
               "create for me alone");
    zhandle_t *other = open_client(server, &session, NULL);
    check_code(ZNOAUTH, zoo_get(other, "/acl", 0, data, &size, &stat), "get without right");
    check_code(ZOK, zoo_get_acl(zh, "/acl", &acl, &stat), "get_acl");
    check(acl.count == 1 && strcmp(acl.data[0].id.scheme, "digest") == 0, "the acl");
    deallocate_ACL_vector(&acl);
    check_code(ZOK, zoo_set_acl(zh, "/acl", 0, &ZOO_READ_ACL_UNSAFE), "set_acl");
    check_code(ZOK, zoo_get(other, "/acl", 0, data, &size, &stat), "get with right");
    check(stat.aversion == 1, "aversion");
    check_code(ZNOAUTH, zoo_set(other, "/acl", "y", 1, -1), "set without right");
    check_code(ZOK, zookeeper_close(other), "close");
}

/* What a second client made for its session goes with it. */
static void test_session(zhandle_t *zh, const char *server)
{
    struct events events;
    struct events session;
    struct Stat stat;
    zhandle_t *other = open_client(server, &session, NULL);
    events_init(&events);
    check_code(ZOK, zoo_create(other, "/mine", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, NULL, 0),
               "ephemeral");
    check_code(ZOK, zoo_wexists(zh, "/mine", on_event, &events, &stat), "wexists");
    check(stat.ephemeralOwner == zoo_client_id(other)->client_id, "owner");
    check_code(ZOK, zookeeper_close(other), "close");
    check_event(&events, ZOO_DELETED_EVENT, "/mine");
}

int main(int argc, char **argv)
{
    struct events session;
    if (argc != 2) {
        return 2;
    }
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    zhandle_t *zh = open_client(argv[1], &session, NULL);
    test_data(zh);
    test_kinds(zh);
    test_watches(zh);
    test_multi(zh);
    test_acls(zh, argv[1]);
    test_session(zh, argv[1]);
    check_code(ZOK, zookeeper_close(zh), "close");
    printf("ok %d\n", passed);
    return 0;
}
