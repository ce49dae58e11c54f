// SPDX-License-Identifier: Apache-2.0
//
// The npm client node-zookeeper-client, each call once: node operations.js HOST:PORT.

'use strict';
const assert = require('node:assert');
const { promisify } = require('node:util');
const zookeeper = require('node-zookeeper-client');

const { ACL, CreateMode, Exception, Event } = zookeeper;
let passed = 0;

function equal(got, want, what) {
    assert.deepStrictEqual(got, want, what);
    passed++;
}

async function refused(code, promise, what) {
    try {
        await promise;
    } catch (error) {
        equal(error.getCode && error.getCode(), code, what);
        return;
    }
    assert.fail(what + ': not refused');
}

function connect(server) {
    return new Promise((resolve) => {
        const client = zookeeper.createClient(server, { sessionTimeout: 10000 });
        client.once('connected', () => resolve(client));
        client.connect();
    });
}

/** The calls as promises; those with two results give the first. */
function calls(client) {
    const names = ['create', 'getData', 'setData', 'remove', 'getChildren', 'exists', 'getACL', 'setACL', 'mkdirp'];
    return Object.fromEntries(names.map((name) => [name, promisify(client[name].bind(client))]));
}

/** Events of a watch, to be awaited one after the other. */
class Events {
    constructor() {
        this.queue = [];
        this.waiting = null;
        this.watcher = (event) => {
            this.queue.push(event);
            if (this.waiting) {
                this.waiting();
            }
        };
    }

    async next(type, path) {
        while (this.queue.length === 0) {
            await new Promise((resolve) => { this.waiting = resolve; });
        }
        const event = this.queue.shift();
        equal([event.getType(), event.getPath()], [type, path], 'event');
    }
}

async function data(zk) {
    equal(await zk.create('/data', Buffer.from('one')), '/data', 'create');
    equal((await zk.getData('/data')).toString(), 'one', 'data');
    equal((await zk.setData('/data', Buffer.from('two'), 0)).version, 1, 'version after set');
    await refused(Exception.BAD_VERSION, zk.setData('/data', Buffer.from('x'), 0), 'old version');
    await refused(Exception.NODE_EXISTS, zk.create('/data'), 'create twice');
    await refused(Exception.NO_NODE, zk.getData('/no'), 'get of nothing');
    equal(await zk.exists('/no'), null, 'exists of nothing');
    await zk.mkdirp('/deep/er/est');
    equal(await zk.getChildren('/deep'), ['er'], 'children');
    await refused(Exception.NOT_EMPTY, zk.remove('/deep', -1), 'delete with children');
    await zk.remove('/data', 1);
    equal(await zk.exists('/data'), null, 'deleted');
}

async function kinds(zk) {
    await zk.create('/kinds');
    equal(await zk.create('/kinds/s-', null, CreateMode.PERSISTENT_SEQUENTIAL), '/kinds/s-0000000000', 'number');
    const name = await zk.create('/kinds/e-', null, CreateMode.EPHEMERAL_SEQUENTIAL);
    equal(name, '/kinds/e-0000000001', 'next number');
    await refused(Exception.NO_CHILDREN_FOR_EPHEMERALS, zk.create(name + '/x'), 'child of an ephemeral');
}

async function watches(client, zk, server) {
    const events = new Events();
    const exists = promisify(client.exists.bind(client));
    const getData = promisify(client.getData.bind(client));
    const getChildren = promisify(client.getChildren.bind(client));
    await exists('/watch', events.watcher);
    await zk.create('/watch');
    await events.next(Event.NODE_CREATED, '/watch');
    await getData('/watch', events.watcher);
    await zk.setData('/watch', Buffer.from('x'));
    await events.next(Event.NODE_DATA_CHANGED, '/watch');
    await getChildren('/watch', events.watcher);
    const other = await connect(server);
    await calls(other).create('/watch/gone', null, CreateMode.EPHEMERAL);
    await events.next(Event.NODE_CHILDREN_CHANGED, '/watch');
    await exists('/watch/gone', events.watcher);
    other.close();
    await events.next(Event.NODE_DELETED, '/watch/gone');
}

async function multi(client, zk) {
    const good = client.transaction().create('/multi', Buffer.from('m')).check('/multi', 0)
        .setData('/multi', Buffer.from('mm'), 0).create('/multi/child').remove('/multi/child', 0);
    const results = await promisify(good.commit.bind(good))();
    equal(results.length, 5, 'results');
    equal((await zk.getData('/multi')).toString(), 'mm', 'data after multi');
    const bad = client.transaction().create('/multi/never').check('/multi', 99);
    await refused(Exception.BAD_VERSION, promisify(bad.commit.bind(bad))(), 'multi with a wrong version');
    equal(await zk.exists('/multi/never'), null, 'nothing of it stays');
}

async function acls(client, zk, server) {
    client.addAuthInfo('digest', Buffer.from('me:secret'));
    await zk.create('/acl', Buffer.from('x'), ACL.CREATOR_ALL_ACL);
    const other = await connect(server);
    await refused(Exception.NO_AUTH, calls(other).getData('/acl'), 'read without right');
    await zk.setACL('/acl', ACL.READ_ACL_UNSAFE);
    equal((await calls(other).getData('/acl')).toString(), 'x', 'read with right');
    equal((await zk.getACL('/acl'))[0].id.scheme, 'world', 'the acl');
    other.close();
}

async function many(zk) {
    await zk.create('/many');
    await Promise.all(Array.from({ length: 500 }, (_, i) => zk.create('/many/' + i, Buffer.from('' + i))));
    const all = await Promise.all(Array.from({ length: 500 }, (_, i) => zk.getData('/many/' + i)));
    equal(all.every((value, i) => value.toString() === '' + i), true, '500 nodes at once');
}

async function main() {
    const server = process.argv[2];
    const client = await connect(server);
    const zk = calls(client);
    await data(zk);
    await kinds(zk);
    await watches(client, zk, server);
    await multi(client, zk);
    await acls(client, zk, server);
    await many(zk);
    client.close();
    console.log('ok ' + passed);
}

const limit = setTimeout(() => { console.log('no answer in 60 s'); process.exit(1); }, 60000);
main().then(() => clearTimeout(limit), (error) => { console.log(error); process.exit(1); });
