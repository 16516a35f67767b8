package mongo

import (
	"context"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/bson"

	"switchboard/store/document"
)

// Turns let writers of this process that put the same value under a unique key go one after another. A server that decides
// such a race by letting each writer wait for the others' transactions (PostgreSQL's exclusion constraints, which the tests'
// stand-in is built on) finds the circle of waiters only after a second, refuses one of them, and meets it again in the next
// circle: fifty at once never end. Writers that do not share a key are not kept waiting.
type turns struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	taken chan struct{} // holds one element while somebody has the turn
	users int           // who has it or waits for it
}

func newTurns() *turns { return &turns{held: map[string]*turn{}} }

// take waits until every key is free and returns how to give them back. Everybody takes keys in the same order, so that
// nobody waits in a circle here.
func (t *turns) take(ctx context.Context, keys []string) (giveBack func(), err error) {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, key := range keys {
		select {
		case t.join(key) <- struct{}{}:
		case <-ctx.Done():
			t.leave(keys[i:i+1], false)
			t.leave(keys[:i], true)
			return nil, ctx.Err()
		}
	}
	return func() { t.leave(keys, true) }, nil
}

func (t *turns) join(key string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.held[key]
	if of == nil {
		of = &turn{taken: make(chan struct{}, 1)}
		t.held[key] = of
	}
	of.users++
	return of.taken
}

func (t *turns) leave(keys []string, had bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		of := t.held[key]
		if had {
			<-of.taken
		}
		if of.users--; of.users == 0 {
			delete(t.held, key)
		}
	}
}

// uniqueKeys lists what the documents put under the collection's unique keys.
func uniqueKeys(s *document.Schema, ops []op) []string {
	var keys []string
	for _, index := range s.Indexes {
		if !index.Unique {
			continue
		}
		name := s.Name + "\x00" + index.Name + "\x00"
		for i := range ops {
			switch doc := ops[i].doc; {
			case doc == nil: // a delete
			case index.Array:
				root := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: doc}
				for _, text := range collect(nil, root, strings.Split(index.Fields[0].Path, ".")) {
					keys = append(keys, name+text)
				}
			default:
				key := []byte(name)
				for _, f := range index.Fields {
					key = append(append(key, doc.Lookup(strings.Split(f.Path, ".")...).Value...), 0)
				}
				if doc.Lookup(strings.Split(index.Fields[0].Path, ".")...).Type != 0 {
					keys = append(keys, string(key))
				}
			}
		}
	}
	return keys
}
