package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// BenchmarkEngine measures what the worker and the dashboard ask of an engine, with the declared indexes.
func BenchmarkEngine(b *testing.B, open func(*testing.B) store.Engine) {
	e := open(b)
	require.NoError(b, e.Ensure(b.Context(), store.Collections()))
	next := 0
	for _, bulk := range []int{1, 100, 500} {
		b.Run(fmt.Sprintf("insert ledger entries by %d", bulk), func(b *testing.B) {
			measureWrites(b, e, "ledger", bulk, func() store.Write {
				next++
				doc := ledgerEntry(next)
				return store.Write{Op: store.Insert, ID: doc.ID, Doc: doc}
			})
		})
	}
	var n atomic.Int64
	n.Store(1 << 40)
	b.Run("insert ledger entries by 1 from 32 callers", func(b *testing.B) {
		b.SetParallelism(32 / runtime.GOMAXPROCS(0))
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				doc := ledgerEntry(int(n.Add(1)))
				results, err := e.Write(b.Context(), "ledger", []store.Write{{Op: store.Insert, ID: doc.ID, Doc: doc}})
				if err = errors.Join(append(results, err)...); err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
	})
	var docs []*chat.Conversation
	for _, bulk := range []int{100, 500} {
		b.Run(fmt.Sprintf("insert 4 KB conversations by %d", bulk), func(b *testing.B) {
			measureWrites(b, e, "conversations", bulk, func() store.Write {
				doc := conversation(len(docs))
				docs = append(docs, doc)
				return store.Write{Op: store.Insert, ID: doc.ID, Doc: doc}
			})
		})
	}
	b.Run("replace 4 KB conversations by 200", func(b *testing.B) {
		at := 0
		measureWrites(b, e, "conversations", 200, func() store.Write {
			doc := docs[at%len(docs)]
			at++
			doc.Version++
			doc.LastActivityAt = doc.LastActivityAt.Add(time.Second)
			return store.Write{Op: store.Replace, ID: doc.ID, Version: doc.Version - 1, Doc: doc}
		})
	})
	b.Run("get 200 conversations", func(b *testing.B) {
		var wanted []string
		for _, doc := range docs[:200] {
			wanted = append(wanted, doc.ID)
		}
		for b.Loop() {
			found, err := collect[chat.Conversation](func(d store.Decode) error { return e.Get(b.Context(), "conversations", wanted, d) })
			require.NoError(b, err)
			require.Len(b, found, 200)
		}
	})
	b.Run("a page of the inbox", func(b *testing.B) {
		q := store.Query{
			Where: []store.Condition{{Path: "state", Is: store.Equal, Value: "open"}}, Sort: down("last_activity_at"), Limit: 50,
			Only: []string{"contact_id", "last_message", "channel", "state", "labels"},
		}
		for b.Loop() {
			found, err := collect[chat.Conversation](func(d store.Decode) error { return e.Find(b.Context(), "conversations", q, d) })
			require.NoError(b, err)
			require.Len(b, found, 50)
		}
	})
}

func measureWrites(b *testing.B, e store.Engine, collection string, bulk int, next func() store.Write) {
	b.ReportAllocs()
	for b.Loop() {
		writes := make([]store.Write, bulk)
		for i := range writes {
			writes[i] = next()
		}
		results, err := e.Write(b.Context(), collection, writes)
		require.NoError(b, err)
		require.NoError(b, errors.Join(results...))
	}
	b.ReportMetric(float64(bulk*b.N)/b.Elapsed().Seconds(), "documents/s")
}

func ledgerEntry(n int) *chat.Entry {
	id := chat.EventID("bench", fmt.Sprint(n))
	at := day().Add(time.Duration(n%(1<<40)) * time.Millisecond)
	return &chat.Entry{
		ID: id, EventID: id, RequestID: fmt.Sprint("request-", n/10), Kind: chat.KindMessage, Channel: chat.WhatsApp, Account: "880000000000001",
		ContactKey: fmt.Sprint("person-", n%200), ContactID: chat.EventID("contact", fmt.Sprint(n%200)), Direction: chat.Inbound, MessageID: "wamid." + id, Type: "text",
		Text: "A message of the length people usually write.", Verdict: chat.Applied, Timestamp: at, ReceivedAt: at, AppliedAt: at,
		Position: chat.Position{Partition: 1, Offset: int64(n)}, MessageKey: chat.EventID("key", id),
	}
}

// conversation is about 4 KB of BSON or JSON.
func conversation(n int) *chat.Conversation {
	random := rand.New(rand.NewPCG(uint64(n), 2))
	contact := chat.EventID("contact", fmt.Sprint(n))
	c := &chat.Conversation{
		ID: chat.EventID("conversation", fmt.Sprint(n)), Version: 1, ContactID: contact, Channel: chat.WhatsApp, Account: "880000000000001",
		ThreadKey: chat.ThreadKey(contact, chat.WhatsApp, "880000000000001", ""), State: chat.StateOpen, Labels: []string{"vip", "topic::billing"}, Messages: []chat.Message{},
		CreatedAt: day(), LastActivityAt: day().Add(time.Duration(n) * time.Millisecond), MessageCount: 10,
	}
	c.OpenKey = c.ThreadKey
	for k := range 12 {
		id := chat.EventID("message", fmt.Sprint(n, k))
		at := day().Add(time.Duration(n+k) * time.Second)
		c.Messages = append(c.Messages, chat.Message{
			ID: id, MessageID: "wamid." + id, Direction: chat.Inbound, Type: "text", Text: strings.Repeat("word ", 3+random.IntN(20)), Timestamp: at, ReceivedAt: at,
		})
	}
	return c
}
