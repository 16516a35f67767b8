package main

import (
	"context"
	"time"

	"switchboard/chat"
	"switchboard/stream"
	"switchboard/stream/embedded"
)

// keepsQuarantine is how long the embedded log keeps quarantined records.
const keepsQuarantine = 30 * 24 * time.Hour

// A keeping tells how long the log still holds what platforms sent.
type keeping struct {
	log      *stream.Log
	embedded bool
}

// LogExpiry says when the copies in the log of what arrived before at are gone at the latest.
func (k keeping) LogExpiry(ctx context.Context, at time.Time) []chat.Expiry {
	list := []chat.Expiry{
		{What: "Webhooks in the log, as the platforms sent them"},
		{What: "Webhooks in quarantine, which could not be read or stored"},
	}
	if k.embedded {
		list[0].At, list[1].At = at.Add(embedded.DefaultRetention), at.Add(keepsQuarantine)
		list[0].Note = "The newest record of each partition stays until another one follows it."
		list[1].Note = list[0].Note
		return list
	}
	kept, err := k.log.Kept(ctx)
	for i := range list {
		switch {
		case err != nil:
			list[i].Note = "Kafka did not say how long the topic keeps its records: look at its retention.ms."
		case kept[i].For == 0:
			list[i].Note = "Topic " + kept[i].Topic + " keeps its records without end: they stay until somebody deletes them there."
		default:
			list[i].At, list[i].Note = at.Add(kept[i].For), "Topic "+kept[i].Topic+", by its retention and segment time."
		}
	}
	return list
}
