// SPDX-License-Identifier: Apache-2.0

// Export and import of a subtree with go-zookeeper: 64 goroutines on one connection, which pipelines what they ask.
// Data and ACLs are taken along; imports gather 500 creations in a Multi.
//
//	go_tree export|import HOST:PORT PATH FILE
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

const (
	routines = 64
	parts    = 500
)

type node struct {
	Path string   `json:"path"`
	Data []byte   `json:"data"`
	ACL  []zk.ACL `json:"acl"`
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A stack of paths to be read and the lines of those that were: order across families does not matter here, but a parent's
// line is written before its children are pushed, so an import in file order finds every parent.
func export(conn *zk.Conn, root string, out *bufio.Writer) {
	var lock sync.Mutex
	wake := sync.NewCond(&lock)
	todo, busy := []string{root}, 0
	encoder := json.NewEncoder(out)
	var all sync.WaitGroup
	for i := 0; i < routines; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			lock.Lock()
			defer lock.Unlock()
			for {
				for len(todo) == 0 && busy > 0 {
					wake.Wait()
				}
				if len(todo) == 0 {
					wake.Broadcast()
					return
				}
				path := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				busy++
				lock.Unlock()
				data, stat, err := conn.Get(path)
				check(err)
				acl, _, err := conn.GetACL(path)
				check(err)
				var names []string
				if stat.NumChildren > 0 {
					names, _, err = conn.Children(path)
					check(err)
				}
				lock.Lock()
				check(encoder.Encode(node{path[len(root):], data, acl}))
				for _, name := range names {
					todo = append(todo, path+"/"+name)
				}
				busy--
				wake.Broadcast()
			}
		}()
	}
	all.Wait()
	check(out.Flush())
}

func load(conn *zk.Conn, root string, in *os.File) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 1<<28)
	var ops []interface{}
	send := func() {
		if len(ops) > 0 {
			_, err := conn.Multi(ops...)
			check(err)
			ops = ops[:0]
		}
	}
	for lines.Scan() {
		var n node
		check(json.Unmarshal(lines.Bytes(), &n))
		ops = append(ops, &zk.CreateRequest{Path: root + n.Path, Data: n.Data, Acl: n.ACL})
		if len(ops) == parts {
			send()
		}
	}
	check(lines.Err())
	send()
}

func main() {
	what, server, root, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	conn, _, err := zk.Connect([]string{server}, 30*time.Second, zk.WithLogInfo(false))
	check(err)
	defer conn.Close()
	if what == "export" {
		out, err := os.Create(file)
		check(err)
		export(conn, root, bufio.NewWriterSize(out, 1<<18))
		check(out.Close())
	} else {
		in, err := os.Open(file)
		check(err)
		load(conn, root, in)
	}
}
