package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"switchboard/chat"
)

// Ledger lists entries, oldest first.
func (s *Store) Ledger(ctx context.Context, q chat.LedgerQuery) (chat.List[chat.Entry], error) {
	var where []Condition
	equal := func(path, value string) {
		if value != "" {
			where = append(where, Condition{Path: path, Is: Equal, Value: value})
		}
	}
	equal("request_id", q.RequestID)
	equal("channel", string(q.Channel))
	equal("verdict", string(q.Verdict))
	where = append(where, window("received_at", q.From, q.To)...)
	return list(ctx, s.engine, ledger, Query{Where: where, Sort: asc("received_at")}, q.PageRequest, nil, func(e *chat.Entry) []any {
		return []any{e.ReceivedAt, e.ID}
	})
}

// LedgerSummary counts verdicts and received elements of a window, both ends rounded down to the minute; zero times leave it
// open. Received comes from the tallies, the verdicts from the entries: that they agree is the proof that nothing was lost.
func (s *Store) LedgerSummary(ctx context.Context, from, to time.Time) (chat.LedgerSummary, error) {
	from, to = from.Truncate(time.Minute), to.Truncate(time.Minute)
	sum := chat.LedgerSummary{Channels: map[chat.Channel]chat.Summary{}}
	counted, err := find[chat.Tally](ctx, s.engine, tallies, Query{Where: window("minute", from, to), Sort: asc("minute")})
	if err != nil {
		return sum, err
	}
	for _, t := range counted {
		for _, c := range t.Counts {
			of := sum.Channels[c.Channel]
			of.Received += c.Received
			sum.Channels[c.Channel] = of
		}
	}
	for _, channel := range []chat.Channel{chat.WhatsApp, chat.Instagram, chat.WebWidget, unknownChannel} {
		of := sum.Channels[channel]
		for verdict, n := range map[chat.Verdict]*int64{chat.Applied: &of.Applied, chat.Duplicate: &of.Duplicate, chat.Ignored: &of.Ignored, chat.Quarantine: &of.Quarantined} {
			where := append([]Condition{
				{Path: "channel", Is: Equal, Value: string(channel)}, {Path: "verdict", Is: Equal, Value: string(verdict)},
			}, window("received_at", from, to)...)
			if *n, err = s.engine.Count(ctx, ledger, where, 0); err != nil {
				return sum, failure("count ledger entries", err)
			}
		}
		if of != (chat.Summary{}) {
			sum.Channels[channel] = of
		}
		sum.Received += of.Received
		sum.Applied += of.Applied
		sum.Duplicate += of.Duplicate
		sum.Ignored += of.Ignored
		sum.Quarantined += of.Quarantined
	}
	return sum, nil
}

// unknownChannel stands in the ledger for records that do not say which channel they came from.
const unknownChannel chat.Channel = "unknown"

func window(path string, from, to time.Time) []Condition {
	var where []Condition
	if !from.IsZero() {
		where = append(where, Condition{Path: path, Is: GreaterOrEqual, Value: from})
	}
	if !to.IsZero() {
		where = append(where, Condition{Path: path, Is: Less, Value: to})
	}
	return where
}

// counted are the tallies with these receipts, which are those of a partition in log order; receipts counted before change
// nothing.
func (s *Store) counted(ctx context.Context, receipts []chat.Receipt) ([]Write, error) {
	byID := map[string][]chat.Receipt{}
	var ids []string
	for _, r := range receipts {
		id := tallyID(r)
		if byID[id] == nil {
			ids = append(ids, id)
		}
		byID[id] = append(byID[id], r)
	}
	known, err := get[chat.Tally](ctx, s.engine, tallies, ids)
	if err != nil {
		return nil, err
	}
	held := make(map[string]*holder[chat.Tally], len(ids))
	for _, t := range known {
		held[t.ID] = &holder[chat.Tally]{doc: t, seen: t.Version}
	}
	var writes []Write
	for _, id := range ids {
		h := held[id]
		if h == nil {
			h = &holder[chat.Tally]{doc: chat.Tally{ID: id, Minute: byID[id][0].ReceivedAt.Truncate(time.Minute), Partition: byID[id][0].Position.Partition}}
		}
		for _, r := range byID[id] {
			h.doc.Count(r)
		}
		last := byID[id][len(byID[id])-1].Position.Offset
		if h.seen > 0 && last <= h.doc.Offset {
			continue
		}
		h.doc.Offset = last
		writes = append(writes, h.write(id, &h.doc.Version))
	}
	return writes, nil
}

func tallyID(r chat.Receipt) string {
	return fmt.Sprintf("%s/%s", strconv.Itoa(int(r.Position.Partition)), r.ReceivedAt.UTC().Truncate(time.Minute).Format("2006-01-02T15:04"))
}
