package ingest

import (
	"fmt"
	"strconv"

	"switchboard/chat"
)

// Reasons the worker itself gives.
const (
	reasonLost           = "element_lost"        // Parse gave fewer events than Split counted elements
	reasonParsePanic     = "parse_panic"         // the adapter's fault, to be fixed and replayed
	reasonApplyFailed    = "apply_failed"        // could be read but not stored
	reasonUnknownChannel = "channel_unavailable" // no adapter in this process: removed from the configuration
	reasonNoElements     = "no_elements"         // an authentic body with nothing in it
)

// unknownChannel stands in the ledger for records that do not say which channel they came from.
const unknownChannel chat.Channel = "unknown"

// read turns a parcel into events: one for each element, whatever happens.
func (w *Worker) read(p *chat.Parcel, policy string) []chat.Event {
	if p.Channel == "" {
		p.Channel = unknownChannel
	}
	events := w.parse(p)
	for i := len(events); i < p.Elements; i++ {
		events = append(events, missing(p, i))
	}
	if len(events) == 0 {
		events = []chat.Event{{
			ID: chat.EventID(reasonNoElements, string(p.Channel), string(p.Value)), Kind: chat.KindIgnored,
			NoContact: true, Reason: reasonNoElements, Timestamp: p.ReceivedAt,
		}}
	}
	for i := range events {
		e := &events[i]
		e.RequestID, e.ReceivedAt, e.Position = p.RequestID, p.ReceivedAt, p.Position
		if e.Channel == "" {
			e.Channel = p.Channel
		}
		if e.Account == "" {
			e.Account = p.Account
		}
		if e.Kind != chat.KindUnreadable && e.Kind != chat.KindIgnored {
			w.enrich(p, e, policy)
		}
	}
	return events
}

// parse contains a panic of the adapter: the parcel is quarantined, its partition goes on.
func (w *Worker) parse(p *chat.Parcel) (events []chat.Event) {
	a, ok := w.set.Get(p.Channel)
	if !ok {
		return []chat.Event{unread(p, reasonUnknownChannel, "")}
	}
	defer func() {
		if r := recover(); r != nil {
			w.metrics.panics.WithLabelValues("parse").Inc()
			detail := panicText(r)
			w.logger.Error("parse panicked, the parcel is quarantined", "channel", p.Channel, "request_id", p.RequestID,
				"partition", p.Position.Partition, "offset", p.Position.Offset, "err", detail)
			events = []chat.Event{unread(p, reasonParsePanic, detail)}
		}
	}()
	return a.Parse(*p)
}

// unread stands for a parcel of which nothing could be read.
func unread(p *chat.Parcel, reason, detail string) chat.Event {
	return chat.Event{
		ID: chat.EventID(reason, string(p.Channel), string(p.Value)), Kind: chat.KindUnreadable, NoContact: true,
		Timestamp: p.ReceivedAt, Reason: reason, Detail: detail, Raw: p.Value,
	}
}

// missing stands for the i-th element that intake counted and the adapter did not give, so that the ledger's sum closes.
func missing(p *chat.Parcel, i int) chat.Event {
	return chat.Event{
		ID: chat.EventID(reasonLost, string(p.Channel), string(p.Value), strconv.Itoa(i)), Kind: chat.KindUnreadable, NoContact: true,
		Timestamp: p.ReceivedAt, Reason: reasonLost, Detail: fmt.Sprintf("element %d of %d", i+1, p.Elements),
	}
}
