package ceiling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/store"
)

// How the bulk ceiling inserts.
const (
	BulkBatch   = 500
	BulkWriters = 4
)

// bulkDoc is a message and nothing else.
type bulkDoc struct {
	ID        string    `json:"id" bson:"_id"`
	Version   int64     `json:"version" bson:"version"`
	Contact   string    `json:"contact" bson:"contact"`
	Text      string    `json:"text" bson:"text"`
	Timestamp time.Time `json:"timestamp" bson:"timestamp"`
}

// Bulk inserts n plain documents of about size bytes each through an engine, with one index, and answers how long it took:
// what the database alone can take. Nothing is read, no document is written twice.
func Bulk(ctx context.Context, engine store.Engine, n, size int) (time.Duration, error) {
	const collection = "bulk"
	err := engine.Ensure(ctx, []store.Collection{{Name: collection, Indexes: []store.Index{{Name: "contact", Fields: []store.Field{{Path: "contact"}}}}}})
	if err != nil {
		return 0, fmt.Errorf("ceiling: bulk: %w", err)
	}
	text, now := strings.Repeat("words of a message ", size/19), time.Now().UTC().Truncate(time.Millisecond)
	begun := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for w := range BulkWriters {
		group.Go(func() error {
			for first := w * BulkBatch; first < n; first += BulkWriters * BulkBatch {
				writes := make([]store.Write, 0, BulkBatch)
				for i := first; i < min(first+BulkBatch, n); i++ {
					id := fmt.Sprintf("m%09d", i)
					writes = append(writes, store.Write{Op: store.Insert, ID: id, Doc: &bulkDoc{ID: id, Version: 1, Contact: fmt.Sprint(i % 5000), Text: text, Timestamp: now}})
				}
				if err := insert(ctx, engine, collection, writes); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	return time.Since(begun), err
}

func insert(ctx context.Context, engine store.Engine, collection string, writes []store.Write) error {
	results, err := engine.Write(ctx, collection, writes)
	if err != nil {
		return fmt.Errorf("ceiling: bulk: %w", err)
	}
	for _, err := range results {
		if err != nil {
			return fmt.Errorf("ceiling: bulk: %w", err)
		}
	}
	return nil
}
