// Package ingest is the way in: the webhook endpoints that put what platforms say into the log before they answer, and the
// worker that turns the log into events and has them stored.
package ingest

import (
	"context"

	"switchboard/chat"
)

// A Log keeps parcels durably. Append returns nil only when every parcel is acknowledged by all in-sync replicas; an error
// wraps chat.ErrUnavailable (it may or may not have been written, the sender tries again) or chat.ErrTooLarge. Values are
// copied if they are needed after Append returns, even when it gave up: they lie in the memory of a request.
type Log interface {
	Append(ctx context.Context, parcels []chat.Parcel) error
}

// A Source hands out the log in order, one batch at a time for each partition. A batch counts as done when handle returns
// nil; otherwise the same batch is handed out again after a pause. It is not handed out again after a restart once sync, called
// after that now and then, has returned nil.
type Source interface {
	Consume(ctx context.Context, handle func(ctx context.Context, partition int, parcels []chat.Parcel) error, sync func(context.Context) error) error
}

// A Quarantiner keeps what could not be understood or applied, durably, with its bytes.
type Quarantiner interface {
	Quarantine(ctx context.Context, items []chat.Quarantined) error
}

// An Applier stores events. Applying the same events again changes nothing. An error wrapping chat.ErrUnavailable says that
// the store does not answer and the same events are to be tried again; any other error says that one of them cannot be
// stored, and that nothing is known about the rest. Receipts count what the log held, apart from what became of it; those
// counted before count nothing. What was applied outlives a power cut when Sync has returned.
type Applier interface {
	Apply(ctx context.Context, events []chat.Event, receipts ...chat.Receipt) (chat.Outcome, error)
	Sync(ctx context.Context) error
}

// A Notifier tells open dashboards that documents changed. It is best effort: dashboards catch up by themselves.
type Notifier interface {
	Publish(ctx context.Context, changes []chat.Change) error
}
