// Package store keeps contacts, conversations and the ledger. Store is the repository the rest of the program talks to; it
// holds all meaning that needs more than one document, above a small Engine with two implementations.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"switchboard/chat"
)

// A Store is the repository. It is safe for concurrent use by any number of processes on the same engine.
type Store struct {
	engine Engine
	warm   *warm
	log    *slog.Logger
	now    func() time.Time
	swept  atomic.Int64 // when comments left behind were looked for, Unix milliseconds; 0: they must be
}

// New ensures the collections and returns the repository over the engine, which the caller closes.
func New(ctx context.Context, engine Engine, log *slog.Logger) (*Store, error) {
	if err := engine.Ensure(ctx, Collections()); err != nil {
		return nil, fmt.Errorf("store: ensure indexes: %w", err)
	}
	warm, err := newWarm()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &Store{engine: addressing{engine}, warm: warm, log: log.With("component", "store"), now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }}, nil
}

// Ping reports whether the engine answers.
func (s *Store) Ping(ctx context.Context) error { return s.engine.Ping(ctx) }

// Sync returns when what Apply stored is durable. Whatever else the store writes is durable at once; Apply's events come again
// from the log if they are not.
func (s *Store) Sync(ctx context.Context) error { return s.engine.Sync(ctx) }

// errAgain says that another writer was faster: what was read is stale, and the whole operation must be done again.
var errAgain = errors.New("store: written by somebody else meanwhile")

// patience is how long an operation is done again. Nobody is beaten for so long by others who are faster: what the operation
// writes contradicts what is stored, and the worker must learn that it cannot be applied rather than try for ever.
const patience = 30 * time.Second

// again runs do until it succeeds or fails for another reason than errAgain, or ctx or its patience ends (chat.ErrConflict). Each
// writer that fails has lost to one that succeeded, so there is progress however many compete; the growing random pause keeps
// them from marching in step.
func again(ctx context.Context, do func() error) error {
	begun := time.Now()
	for attempt := 0; ; attempt++ {
		err := do()
		if !errors.Is(err, errAgain) {
			return err
		}
		if time.Since(begun) > patience {
			return fmt.Errorf("store: gave up after %d attempts: %w", attempt+1, chat.ErrConflict)
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(attempt, 6)))
		select {
		case <-ctx.Done():
			return fmt.Errorf("store: %w: %w", chat.ErrUnavailable, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// into decodes each document that an engine hands out to the end of the list.
func into[T any](found *[]T) func(fill func(any) error) error {
	return func(fill func(any) error) error {
		var doc T
		if err := fill(&doc); err != nil {
			return err
		}
		*found = append(*found, doc)
		return nil
	}
}

// find collects what a query selects.
func find[T any](ctx context.Context, e Engine, collection string, q Query) ([]T, error) {
	var found []T
	if err := e.Find(ctx, collection, q, into(&found)); err != nil {
		return nil, failure("find in "+collection, err)
	}
	return found, nil
}

// get collects the documents with these ids.
func get[T any](ctx context.Context, e Engine, collection string, ids []string) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := make([]T, 0, len(ids))
	if err := e.Get(ctx, collection, ids, into(&found)); err != nil {
		return nil, failure("get from "+collection, err)
	}
	return found, nil
}

// one returns the document with this id, or chat.ErrNotFound.
func one[T any](ctx context.Context, e Engine, collection, id string) (T, error) {
	found, err := get[T](ctx, e, collection, []string{id})
	var none T
	if err != nil {
		return none, err
	}
	if len(found) == 0 {
		return none, fmt.Errorf("store: %s: %w", collection, chat.ErrNotFound)
	}
	return found[0], nil
}

// write applies the writes and maps "somebody else was faster" (a stale version, a taken unique key) to errAgain.
func write(ctx context.Context, e Engine, collection string, writes []Write) error {
	if len(writes) == 0 {
		return nil
	}
	results, err := e.Write(ctx, collection, writes)
	if err != nil {
		return failure("write to "+collection, err)
	}
	var lost error
	for _, err := range results {
		if err := outcome("write to "+collection, err); errors.Is(err, errAgain) {
			lost = err
		} else if err != nil {
			return err
		}
	}
	return lost
}

// outcome maps what an engine says of a write.
func outcome(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrVersion), isDuplicate(err):
		return errAgain
	default:
		return failure(operation, err)
	}
}

// update is compare-and-swap of one document: edit may run more than once.
func update[T any](ctx context.Context, e Engine, collection, id string, version func(*T) *int64, edit func(*T) error) (T, error) {
	var doc T
	err := again(ctx, func() (err error) {
		if doc, err = one[T](ctx, e, collection, id); err != nil {
			return err
		}
		if err := edit(&doc); err != nil {
			return err
		}
		v := version(&doc)
		seen := *v
		*v++
		return write(ctx, e, collection, []Write{{Op: Replace, ID: id, Version: seen, Doc: &doc}})
	})
	return doc, err
}

// failure wraps what an engine answered. Unless the engine says that the input is to blame, it is the engine that cannot be
// used now.
func failure(operation string, err error) error {
	if errors.Is(err, chat.ErrInvalid) || errors.Is(err, ErrDocumentTooLarge) {
		return fmt.Errorf("store: %s: %w", operation, err)
	}
	return fmt.Errorf("store: %s: %w: %w", operation, chat.ErrUnavailable, err)
}
