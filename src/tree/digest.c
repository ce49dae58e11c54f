// SPDX-License-Identifier: Apache-2.0
//
// The digest: a sum of CRC-32s, one per node outside /zookeeper/, kept up to date by subtracting
// what a node contributed (cached in the node) and adding what it contributes now. Equal trees have
// equal digests on every server, so transactions carry the digest that they lead to, and a
// difference is counted, never fatal. Source: DigestCalculator, AdHash, DataTree.compareDigest.
#include "base/hash.h"
#include "base/mark.h"
#include "base/mem.h"
#include "tree/tree_priv.h"

enum { STAT_BYTES = 60, UNPROVEN_DIGESTS = 1024 };

// "/zookeeper" itself counts: quota statistics and the configuration below it are local.
static bool is_excluded(struct slice path)
{
    return slice_starts_with(path, slice_str("/zookeeper/"));
}

uint32_t tree_digest_prefix(struct slice path, struct slice data)
{
    uint32_t crc = 0;
    if (path.len > 1) { // the root counts as ""
        crc = hash_crc32(crc, path);
    }
    return data.len > 0 ? hash_crc32(crc, data) : crc;
}

// The order of fields is not the one of StatPersisted: pzxid is third.
uint64_t tree_digest_finish(struct slice path, uint32_t prefix,
                            const struct jute_stat_persisted *stat)
{
    if (is_excluded(path)) {
        return 0;
    }
    uint8_t s[STAT_BYTES];
    be64_store(s, (uint64_t)stat->czxid);
    be64_store(s + 8, (uint64_t)stat->mzxid);
    be64_store(s + 16, (uint64_t)stat->pzxid);
    be64_store(s + 24, (uint64_t)stat->ctime);
    be64_store(s + 32, (uint64_t)stat->mtime);
    be32_store(s + 40, (uint32_t)stat->version);
    be32_store(s + 44, (uint32_t)stat->cversion);
    be32_store(s + 48, (uint32_t)stat->aversion);
    be64_store(s + 52, (uint64_t)stat->ephemeral_owner);
    return hash_crc32(prefix, slice_of(s, sizeof(s)));
}

uint64_t tree_node_digest(struct slice path, struct slice data,
                          const struct jute_stat_persisted *stat)
{
    return is_excluded(path) ? 0 : tree_digest_finish(path, tree_digest_prefix(path, data), stat);
}

uint64_t znode_digest(const struct tree *t, const struct znode *n)
{
    (void)t;
    return n->link.spare;
}

uint32_t znode_digest_prefix(const struct znode *n, struct slice path)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL && x->has_digest_prefix ? x->digest_prefix
                                             : tree_digest_prefix(path, znode_data(n));
}

// The same, and remembered by a node that can.
static uint32_t know_prefix(struct znode *n, struct slice path)
{
    uint32_t prefix = znode_digest_prefix(n, path);
    struct znode_ext *x = znode_ext(n);
    if (x != NULL) {
        x->digest_prefix = prefix;
        x->has_digest_prefix = true;
    }
    return prefix;
}

void digest_refresh(struct tree *t, struct znode *n, struct slice path)
{
    if (!t->options.digest_enabled || is_excluded(path)) {
        return;
    }
    struct jute_stat_persisted stat;
    znode_stat_stored(n, &stat);
    uint32_t fresh = (uint32_t)tree_digest_finish(path, know_prefix(n, path), &stat);
    t->digest.sum += (uint64_t)fresh - n->link.spare;
    n->link.spare = fresh;
}

void digest_forget(struct tree *t, struct znode *n)
{
    t->digest.sum -= n->link.spare;
    n->link.spare = 0;
}

uint64_t tree_digest(const struct tree *t)
{
    return t->digest.sum;
}

uint64_t tree_digest_mismatches(const struct tree *t)
{
    return t->digest.mismatches;
}

int64_t tree_digest_first_mismatch(const struct tree *t)
{
    return t->digest.first_mismatch;
}

struct tree_digest_entry tree_digest_point(const struct tree *t)
{
    return t->digest.last;
}

// ---- the log of every 128th transaction (DataTree.logZxidDigest) ----

static void log_append(struct digest_state *d)
{
    if (d->log == NULL) {
        d->log = mem_alloc(TREE_DIGEST_LOG_MAX * sizeof(d->log[0]));
    }
    d->log[(d->log_first + d->log_count) % TREE_DIGEST_LOG_MAX] = d->last;
    if (d->log_count < TREE_DIGEST_LOG_MAX) {
        d->log_count++;
    } else {
        d->log_first = (d->log_first + 1) % TREE_DIGEST_LOG_MAX;
    }
}

size_t tree_digest_log(const struct tree *t, struct tree_digest_entry ret[TREE_DIGEST_LOG_MAX])
{
    const struct digest_state *d = &t->digest;
    for (size_t i = 0; i < d->log_count; i++) {
        ret[i] = d->log[(d->log_first + i) % TREE_DIGEST_LOG_MAX];
    }
    return d->log_count;
}

// ---- comparing ----

static void compare(struct digest_state *d, int64_t zxid, uint64_t claimed)
{
    if (claimed != d->sum && d->mismatches++ == 0) {
        MARK("first digest mismatch");
        d->first_mismatch = zxid;
    }
}

// Once the transaction that a snapshot's digest belongs to has been applied, the trees must agree.
// Until then transactions are not compared: the snapshot may hold effects of later ones.
void digest_check_pending(struct tree *t, int64_t zxid)
{
    struct digest_state *d = &t->digest;
    if (d->is_pending && zxid == d->pending.zxid) {
        if (t->options.digest_enabled) {
            compare(d, zxid, d->pending.digest);
        }
        d->is_pending = false;
    }
}

// A tree without a digest of its own - a leader sends none, a member that takes such a tree over
// has none to write - may hold effects of transactions that come again, nobody says up to which
// one. So the first digest that is right proves it; until then none that is wrong counts, up to a
// bound that is far above what a leader applies while its walk lasts. Differs: Java counts them.
void digest_load_end(struct tree *t)
{
    bool is_fuzzy = t->last_zxid > 0 && !t->digest.is_pending && t->options.digest_enabled;
    t->digest.unproven_left = is_fuzzy ? UNPROVEN_DIGESTS + t->nodes.count / 8 : 0;
}

static bool has_claim(const struct txn *txn)
{
    return txn->has_digest && txn->digest.version == TXN_DIGEST_VERSION;
}

static void try_to_prove(struct digest_state *d, const struct txn *txn)
{
    if (has_claim(txn) && (uint64_t)txn->digest.tree_digest == d->sum) {
        MARK("tree is proven by a digest");
        d->unproven_left = 0;
    } else if (has_claim(txn)) {
        d->unproven_left--;
    }
}

// Source: DataTree.processTxn (end), compareDigest: a transaction is compared even when it is the
// one that the snapshot's digest waited for.
void digest_after_txn(struct tree *t, const struct txn *txn)
{
    struct digest_state *d = &t->digest;
    if (d->unproven_left > 0) {
        try_to_prove(d, txn);
    }
    if (d->is_pending) {
        digest_check_pending(t, txn->header.zxid);
    } else if (d->unproven_left == 0) {
        d->last = (struct tree_digest_entry){.zxid = txn->header.zxid, .digest = d->sum};
        if (txn->header.zxid % TREE_DIGEST_LOG_INTERVAL == 0) {
            log_append(d);
        }
    }
    if (t->options.digest_enabled && has_claim(txn) && !d->is_pending && d->unproven_left == 0) {
        compare(d, txn->header.zxid, (uint64_t)txn->digest.tree_digest);
    }
}
