// SPDX-License-Identifier: Apache-2.0

// The Go client, each call once: operations HOST:PORT.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

var passed int

func check(good bool, format string, values ...interface{}) {
	if !good {
		fmt.Printf("failed: "+format+"\n", values...)
		os.Exit(1)
	}
	passed++
}

func refused(want error, got error, what string) {
	check(errors.Is(got, want), "%s: %v, not %v", what, got, want)
}

type quiet struct{}

func (quiet) Printf(string, ...interface{}) {}

func connect(server string) (*zk.Conn, <-chan zk.Event) {
	conn, events, err := zk.Connect([]string{server}, 10*time.Second, zk.WithLogger(quiet{}))
	check(err == nil, "connect: %v", err)
	for event := range events {
		if event.State == zk.StateHasSession {
			break
		}
	}
	return conn, events
}

func next(events <-chan zk.Event, kind zk.EventType, path string) {
	select {
	case event := <-events:
		check(event.Type == kind && event.Path == path, "event %v %s, not %v %s", event.Type, event.Path, kind, path)
	case <-time.After(20 * time.Second):
		check(false, "no event %v %s", kind, path)
	}
}

func data(conn *zk.Conn, open []zk.ACL) {
	path, err := conn.Create("/data", []byte("one"), 0, open)
	check(err == nil && path == "/data", "create: %s %v", path, err)
	value, stat, err := conn.Get("/data")
	check(err == nil && string(value) == "one" && stat.DataLength == 3, "get: %s %v", value, err)
	stat, err = conn.Set("/data", []byte("two"), 0)
	check(err == nil && stat.Version == 1 && stat.Mzxid == stat.Czxid+1, "set: %v", err)
	_, err = conn.Set("/data", nil, 0)
	refused(zk.ErrBadVersion, err, "old version")
	_, err = conn.Create("/data", nil, 0, open)
	refused(zk.ErrNodeExists, err, "create twice")
	_, _, err = conn.Get("/no")
	refused(zk.ErrNoNode, err, "get of nothing")
	there, _, err := conn.Exists("/no")
	check(err == nil && !there, "exists of nothing: %v", err)
	refused(zk.ErrBadVersion, conn.Delete("/data", 7), "delete of another version")
	check(conn.Delete("/data", 1) == nil, "delete")
	_, err = conn.Sync("/")
	check(err == nil, "sync: %v", err)
}

func kinds(conn *zk.Conn, open []zk.ACL) {
	conn.Create("/kinds", nil, 0, open)
	path, err := conn.Create("/kinds/e-", nil, zk.FlagEphemeral|zk.FlagSequence, open)
	check(err == nil && path == "/kinds/e-0000000000", "sequence: %s %v", path, err)
	_, stat, _ := conn.Get(path)
	check(stat.EphemeralOwner == conn.SessionID(), "owner: %x", stat.EphemeralOwner)
	_, err = conn.Create(path+"/x", nil, 0, open)
	refused(zk.ErrNoChildrenForEphemerals, err, "child of an ephemeral")
	_, err = conn.CreateContainer("/kinds/box", nil, zk.FlagContainer, open)
	check(err == nil, "container: %v", err)
	_, err = conn.CreateTTL("/kinds/ttl", nil, zk.FlagTTL, open, time.Minute)
	check(err == nil, "ttl: %v", err)
	path, err = conn.CreateProtectedEphemeralSequential("/kinds/p-", nil, open)
	check(err == nil, "protected: %s %v", path, err)
	names, stat, err := conn.Children("/kinds")
	check(err == nil && len(names) == 4 && stat.NumChildren == 4, "children: %v %v", names, err)
	refused(zk.ErrNotEmpty, conn.Delete("/kinds", -1), "delete with children")
}

func watches(conn *zk.Conn, open []zk.ACL, server string) {
	_, _, events, _ := conn.ExistsW("/watch")
	conn.Create("/watch", nil, 0, open)
	next(events, zk.EventNodeCreated, "/watch")
	_, _, events, _ = conn.GetW("/watch")
	conn.Set("/watch", []byte("x"), -1)
	next(events, zk.EventNodeDataChanged, "/watch")
	_, _, events, _ = conn.ChildrenW("/watch")
	other, _ := connect(server)
	other.Create("/watch/gone", nil, zk.FlagEphemeral, open)
	next(events, zk.EventNodeChildrenChanged, "/watch")
	_, _, events, _ = conn.ExistsW("/watch/gone")
	other.Close()
	next(events, zk.EventNodeDeleted, "/watch/gone")
}

func multi(conn *zk.Conn, open []zk.ACL) {
	results, err := conn.Multi(
		&zk.CreateRequest{Path: "/multi", Data: []byte("m"), Acl: open},
		&zk.CheckVersionRequest{Path: "/multi", Version: 0},
		&zk.SetDataRequest{Path: "/multi", Data: []byte("mm"), Version: 0},
		&zk.CreateRequest{Path: "/multi/n-", Acl: open, Flags: zk.FlagSequence},
		&zk.DeleteRequest{Path: "/multi/n-0000000000", Version: -1})
	check(err == nil && len(results) == 5, "multi: %v", err)
	check(results[2].Stat.Version == 1 && results[3].String == "/multi/n-0000000000", "results: %v", results)
	_, err = conn.Multi(
		&zk.CreateRequest{Path: "/multi/never", Acl: open},
		&zk.CheckVersionRequest{Path: "/multi", Version: 99})
	refused(zk.ErrBadVersion, err, "multi with a wrong version")
	there, _, _ := conn.Exists("/multi/never")
	check(!there, "nothing of a refused multi stays")
}

func acls(conn *zk.Conn, server string) {
	check(conn.AddAuth("digest", []byte("me:secret")) == nil, "auth")
	_, err := conn.Create("/acl", []byte("x"), 0, zk.DigestACL(zk.PermAll, "me", "secret"))
	check(err == nil, "create with acl: %v", err)
	other, _ := connect(server)
	_, _, err = other.Get("/acl")
	refused(zk.ErrNoAuth, err, "read without right")
	stat, err := conn.SetACL("/acl", zk.WorldACL(zk.PermRead), 0)
	check(err == nil && stat.Aversion == 1, "set acl: %v", err)
	value, _, err := other.Get("/acl")
	check(err == nil && string(value) == "x", "read with right: %v", err)
	entries, _, err := conn.GetACL("/acl")
	check(err == nil && len(entries) == 1 && entries[0].Scheme == "world", "acl: %v %v", entries, err)
	other.Close()
}

func locks(server string) {
	var group sync.WaitGroup
	count := 0
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			conn, _, err := zk.Connect([]string{server}, 10*time.Second, zk.WithLogger(quiet{}))
			if err != nil {
				return
			}
			defer conn.Close()
			lock := zk.NewLock(conn, "/lock", zk.WorldACL(zk.PermAll))
			for round := 0; round < 25; round++ {
				if lock.Lock() != nil {
					return
				}
				count++
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	check(count == 100, "rounds under the lock: %d", count)
}

// The words whose answers this client's patterns, written for 3.4, still match.
func words(server string) {
	check(zk.FLWRuok([]string{server}, 5*time.Second)[0], "ruok")
}

func main() {
	server := os.Args[1]
	open := zk.WorldACL(zk.PermAll)
	conn, _ := connect(server)
	data(conn, open)
	kinds(conn, open)
	watches(conn, open, server)
	multi(conn, open)
	acls(conn, server)
	locks(server)
	words(server)
	conn.Close()
	fmt.Printf("ok %d\n", passed)
}
