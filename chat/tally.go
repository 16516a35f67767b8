package chat

import "time"

// A Receipt says that the log held a parcel with so many elements. Receipts are what Summary.Received is counted from.
type Receipt struct {
	Position   Position
	Channel    Channel
	ReceivedAt time.Time
	Elements   int
}

// A Tally counts the elements of one minute on one partition of the log. Offset is the last record counted, so that reading
// the log again counts nothing twice.
type Tally struct {
	ID        string         `json:"id" bson:"_id"`
	Version   int64          `json:"version" bson:"version"`
	Minute    time.Time      `json:"minute" bson:"minute"`
	Partition int32          `json:"partition" bson:"partition"`
	Offset    int64          `json:"offset" bson:"offset"`
	Counts    []ChannelCount `json:"counts" bson:"counts"`
}

// A ChannelCount is a number of elements.
type ChannelCount struct {
	Channel  Channel `json:"channel" bson:"channel"`
	Received int64   `json:"received" bson:"received"`
}

// Count adds a receipt unless it was counted before.
func (t *Tally) Count(r Receipt) {
	if t.Version > 0 && r.Position.Offset <= t.Offset {
		return
	}
	for i := range t.Counts {
		if t.Counts[i].Channel == r.Channel {
			t.Counts[i].Received += int64(r.Elements)
			return
		}
	}
	t.Counts = append(t.Counts, ChannelCount{Channel: r.Channel, Received: int64(r.Elements)})
}
