package ingest

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// apply stores the events in order. When they cannot be stored together for a reason other than the store being away, they
// are halved until the one that cannot be stored stands alone; that one is quarantined and the rest goes on (P7). The receipts
// are counted with the last of it.
func (w *Worker) apply(ctx context.Context, r reading) (chat.Outcome, error) {
	begun := w.now()
	out, err := w.applyContained(ctx, r.events, r.receipts)
	w.metrics.applyTime.Observe(w.now().Sub(begun).Seconds())
	if err == nil || ctx.Err() != nil || errors.Is(err, chat.ErrUnavailable) {
		return out, err
	}
	first, second := r.halves()
	second.receipts = r.receipts
	if len(second.events) == 0 {
		first.receipts = r.receipts
		return w.giveUp(ctx, first, err)
	}
	out, err = w.apply(ctx, first)
	if err != nil {
		return out, err
	}
	more, err := w.apply(ctx, second)
	return joined(out, more), err
}

// halves cuts a reading in two, but never between copies of one element in one record: the store tells such copies apart by
// counting them, and would take one that comes alone for the record being read again. They are brought together first; the
// second copy of an element does nothing, so its place does not matter.
func (r reading) halves() (first, second reading) {
	type element struct {
		id string
		at chat.Position
	}
	groups := map[element][]int{}
	var order []element
	for i := range r.events {
		k := element{r.events[i].ID, r.events[i].Position}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	for n, k := range order {
		half := &first
		if n > 0 && n >= len(order)/2 {
			half = &second
		}
		for _, i := range groups[k] {
			half.events, half.origin = append(half.events, r.events[i]), append(half.origin, r.origin[i])
		}
	}
	return first, second
}

// applyContained turns a panic of the store into an error, and an outcome that does not fit the events too.
func (w *Worker) applyContained(ctx context.Context, events []chat.Event, receipts []chat.Receipt) (out chat.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.metrics.panics.WithLabelValues("apply").Inc()
			err = fmt.Errorf("apply %d events: panic: %s", len(events), panicText(p))
		}
	}()
	out, err = w.applier.Apply(ctx, events, receipts...)
	if err != nil {
		return out, fmt.Errorf("apply %d events: %w", len(events), err)
	}
	if len(out.Entries) != len(events) {
		return out, fmt.Errorf("apply %d events: %d entries", len(events), len(out.Entries))
	}
	return out, nil
}

// giveUp quarantines the one element of r (all its copies) and has the ledger say so. When even the bare entry cannot be
// written, it is the store that is in trouble and not the event: the error sends the batch round again.
func (w *Worker) giveUp(ctx context.Context, r reading, cause error) (chat.Outcome, error) {
	e, p := r.events[0], r.origin[0]
	if e.Kind == chat.KindUnreadable && bare(&e) {
		return chat.Outcome{}, cause
	}
	w.logger.Error("event cannot be stored, it is quarantined", "channel", e.Channel, "event_id", e.ID, "request_id", e.RequestID,
		"partition", e.Position.Partition, "offset", e.Position.Offset, "err", cause)
	stub := chat.Event{
		ID: e.ID, Kind: chat.KindUnreadable, Channel: e.Channel, Account: e.Account, NoContact: true, Timestamp: e.Timestamp,
		Reason: reasonApplyFailed, Detail: "the store refused it", RequestID: e.RequestID, ReceivedAt: e.ReceivedAt, Position: e.Position,
	}
	item := quarantined(p, &stub)
	item.Bytes = p.Value
	if err := w.setAside(ctx, []chat.Quarantined{item}); err != nil {
		return chat.Outcome{}, err
	}
	stubs := reading{receipts: r.receipts}
	for range r.events {
		stubs.events, stubs.origin = append(stubs.events, stub), append(stubs.origin, p)
	}
	return w.apply(ctx, stubs)
}

// bare reports whether the event carries nothing but the fact that it was quarantined.
func bare(e *chat.Event) bool { return e.Reason == reasonApplyFailed || e.Reason == reasonLost }

func joined(a, b chat.Outcome) chat.Outcome {
	a.Entries = append(a.Entries, b.Entries...)
	a.Changes = append(a.Changes, b.Changes...)
	for c, n := range b.Created {
		if a.Created == nil {
			a.Created = map[chat.Channel]int{}
		}
		a.Created[c] += n
	}
	return a
}
