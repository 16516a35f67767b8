package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func numbered(n int) []chat.Parcel {
	list := make([]chat.Parcel, n)
	for i := range list {
		list[i] = chat.Parcel{
			Channel: chat.WhatsApp, RequestID: fmt.Sprintf("r%d", i), Key: "ada", Elements: 1, Value: fmt.Appendf(nil, "m%03d", i),
			ReceivedAt: time.Now(), Position: chat.Position{Partition: 3, Offset: int64(i)},
		}
	}
	return list
}

func TestWorkerStoresInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, numbered(5)...)
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, []string{"m000", "m001", "m002", "m003", "m004"}, b.texts())
	require.Equal(t, 1, b.ledger.calls, "a batch is stored in one go")
	require.Len(t, b.bell.changes, 5)
	e := b.ledger.applied[4]
	require.Equal(t, "r4", e.RequestID)
	require.Equal(t, chat.WhatsApp, e.Channel)
	require.Equal(t, chat.Position{Partition: 3, Offset: 4}, e.Position)
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 5}, b.verdicts())
}

func TestPoisonedEventsAreIsolated(t *testing.T) {
	t.Parallel()
	for _, poison := range [][]string{{"m000"}, {"m099"}, {"m017", "m018", "m063"}} {
		for _, how := range []string{"error", "panic"} {
			t.Run(how+"/"+strings.Join(poison, ","), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, &platform{}, numbered(100)...)
				b.ledger.refuse = func(events []chat.Event) error {
					for _, e := range events {
						if slices.Contains(poison, e.Text) && how == "panic" {
							panic("cannot store " + e.Text)
						}
						if slices.Contains(poison, e.Text) {
							return errors.New("document refused")
						}
					}
					return nil
				}
				require.NoError(t, b.worker.Run(t.Context()))
				require.Len(t, b.texts(), 100-len(poison))
				require.True(t, slices.IsSorted(b.texts()), "the rest stays in order")
				require.Equal(t, map[chat.Verdict]int{chat.Applied: 100 - len(poison), chat.Quarantine: len(poison)}, b.verdicts())
				require.Equal(t, 100, b.ledger.received(), "the sum closes")
				require.Len(t, b.desk.items, len(poison))
				for i, item := range b.desk.items {
					require.Equal(t, "apply_failed", item.Reason)
					require.Equal(t, poison[i], string(item.Bytes))
					require.Equal(t, chat.EventID(poison[i]), item.EventID)
				}
				require.NotContains(t, b.lines.String(), "cannot store", "a panic's value may be what a customer wrote")
			})
		}
	}
}

// Copies of an element in one record stay together however often a batch is halved: alone, the store would take the second
// one for the record being read again, and the sum would not close.
func TestCopiesInOneRecordStayTogether(t *testing.T) {
	t.Parallel()
	parcels := numbered(4)
	parcels[1].Elements = 5
	b := newBench(t, &platform{parse: func(p chat.Parcel) []chat.Event {
		if string(p.Value) != "m001" {
			return []chat.Event{{ID: string(p.Value), Kind: chat.KindMessage, Text: string(p.Value)}}
		}
		var list []chat.Event
		for _, id := range []string{"a", "poison", "b", "a", "poison"} {
			list = append(list, chat.Event{ID: id, Kind: chat.KindMessage, Text: id})
		}
		return list
	}}, parcels...)
	b.ledger.refuse = func(events []chat.Event) error {
		n := map[string]int{}
		for _, e := range events {
			n[e.ID]++
			if e.Text == "poison" {
				return errors.New("document refused")
			}
		}
		require.NotEqual(t, 1, n["a"], "one copy came without the other")
		return nil
	}
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, 8, b.ledger.received())
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 5, chat.Duplicate: 1, chat.Quarantine: 2}, b.verdicts())
	require.Len(t, b.desk.items, 1, "copies are the same bytes")
}

func TestStoreThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, numbered(3)...)
	b.source.tries = 3
	b.ledger.refuse = func([]chat.Event) error {
		if b.ledger.calls <= 3 {
			return fmt.Errorf("store: %w", chat.ErrUnavailable)
		}
		return nil
	}
	require.NoError(t, b.worker.Run(t.Context()))
	require.Len(t, b.source.failed, 3)
	require.ErrorIs(t, b.source.failed[0], chat.ErrUnavailable)
	require.Equal(t, []string{"m000", "m001", "m002"}, b.texts())
	require.Empty(t, b.desk.items)
}

// A store that refuses everything, even the bare entry of a quarantined event, is broken: nothing may be given up for it.
func TestStoreThatRefusesEverythingIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, numbered(8)...)
	b.ledger.refuse = func([]chat.Event) error { return errors.New("disk full") }
	require.ErrorContains(t, b.worker.Run(t.Context()), "disk full")
	require.Len(t, b.desk.items, 1, "only the first was tried")
	require.Empty(t, b.verdicts())
}

func TestQuarantineThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{parse: func(p chat.Parcel) []chat.Event {
		return []chat.Event{{ID: "x", Kind: chat.KindUnreadable, Reason: "bad", Raw: []byte("raw")}}
	}}, numbered(1)...)
	b.desk.err = chat.ErrUnavailable
	require.ErrorIs(t, b.worker.Run(t.Context()), chat.ErrUnavailable)
	require.Empty(t, b.ledger.applied, "the ledger must not say quarantined before the bytes are there")
	b.desk.err = nil
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, []byte("raw"), b.desk.items[0].Bytes)
	require.Equal(t, map[chat.Verdict]int{chat.Quarantine: 1}, b.verdicts())
}

func TestLostElementsCloseTheSum(t *testing.T) {
	t.Parallel()
	p := numbered(1)
	p[0].Elements = 4
	b := newBench(t, &platform{}, p...)
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 1, chat.Quarantine: 3}, b.verdicts())
	require.Equal(t, 4, b.ledger.received())
	require.Len(t, b.desk.items, 3)
	require.Equal(t, "element_lost", b.desk.items[0].Reason)
	require.Equal(t, "m000", string(b.desk.items[0].Bytes), "the whole parcel, as nobody knows which bytes were lost")
	ids := map[string]bool{}
	for _, e := range b.ledger.applied {
		ids[e.ID] = true
	}
	require.Len(t, ids, 4)
}

func TestParsePanicIsQuarantined(t *testing.T) {
	t.Parallel()
	parcels := numbered(3)
	parcels[1].Elements = 2
	b := newBench(t, &platform{parse: func(p chat.Parcel) []chat.Event {
		if string(p.Value) == "m001" {
			panic("+12025550143 says hello")
		}
		return []chat.Event{{ID: string(p.Value), Kind: chat.KindMessage, Text: string(p.Value)}}
	}}, parcels...)
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, []string{"m000", "m002"}, b.texts())
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 2, chat.Quarantine: 2}, b.verdicts())
	require.Equal(t, "parse_panic", b.desk.items[0].Reason)
	require.Equal(t, "m001", string(b.desk.items[0].Bytes))
	require.NotContains(t, b.lines.String(), "12025550143")
	require.NotContains(t, b.desk.items[0].Detail, "12025550143")
	require.NoError(t, testutil.GatherAndCompare(b.reg, strings.NewReader(`
# HELP switchboard_worker_panics_total Panics contained by the worker, by step.
# TYPE switchboard_worker_panics_total counter
switchboard_worker_panics_total{step="apply"} 0
switchboard_worker_panics_total{step="parse"} 1
`), "switchboard_worker_panics_total"))
}

func TestParcelOfARemovedChannelIsQuarantined(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, chat.Parcel{Channel: chat.Instagram, Elements: 2, Value: []byte("{}")})
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, map[chat.Verdict]int{chat.Quarantine: 2}, b.verdicts())
	require.Equal(t, "channel_unavailable", b.desk.items[0].Reason)
}

func TestRecordWithoutAChannelIsQuarantined(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, chat.Parcel{Value: []byte("?")})
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, chat.Channel("unknown"), b.ledger.applied[0].Channel)
	require.Equal(t, map[chat.Verdict]int{chat.Quarantine: 1}, b.verdicts())
}

func TestBodyWithoutElementsLeavesATrace(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{parse: func(chat.Parcel) []chat.Event { return nil }}, chat.Parcel{Channel: chat.WhatsApp, RequestID: "r", Value: []byte("{}")})
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, map[chat.Verdict]int{chat.Ignored: 1}, b.verdicts())
	require.Equal(t, "no_elements", b.ledger.applied[0].Reason)
	require.Equal(t, 1, b.ledger.received())
	require.Equal(t, "r", b.ledger.applied[0].RequestID)
}

func TestChangesAreBestEffort(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{}, numbered(2)...)
	b.bell.err = chat.ErrUnavailable
	require.NoError(t, b.worker.Run(t.Context()))
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 2}, b.verdicts())
	require.Contains(t, b.lines.String(), "dashboards will lag")
}

func TestReasonLabelsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, &platform{parse: func(p chat.Parcel) []chat.Event {
		return []chat.Event{{ID: string(p.Value), Kind: chat.KindIgnored, Reason: "field " + string(p.Value)}}
	}}, numbered(500)...)
	require.NoError(t, b.worker.Run(t.Context()))
	n, err := testutil.GatherAndCount(b.reg, "switchboard_verdicts_total")
	require.NoError(t, err)
	require.LessOrEqual(t, n, maxReasons+10)
	require.Equal(t, map[chat.Verdict]int{chat.Ignored: 500}, b.verdicts())
}

func TestStopIsNoFailure(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t, &platform{}, numbered(1)...)
	b.ledger.refuse = func([]chat.Event) error { cancel(); return ctx.Err() }
	require.NoError(t, b.worker.Run(ctx))
	require.Empty(t, b.desk.items, "a batch cut short by a stop is not poisoned")
}

// A gate lets nothing be stored until it is opened.
type gate struct {
	open chan struct{}

	mu           sync.Mutex
	inside, most int // events that are being stored
}

func (g *gate) enter(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside += n
	g.most = max(g.most, g.inside)
}

func (g *gate) Sync(context.Context) error { return nil }

func (g *gate) Apply(_ context.Context, events []chat.Event, _ ...chat.Receipt) (chat.Outcome, error) {
	g.enter(len(events))
	<-g.open
	g.enter(-len(events))
	entries := make([]chat.Entry, len(events))
	for i := range entries {
		entries[i] = chat.Entry{ID: events[i].ID, Channel: events[i].Channel, Verdict: chat.Duplicate}
	}
	return chat.Outcome{Entries: entries}, nil
}

// Behind an outage every partition comes with full batches at once, and each holds its conversations in memory.
func TestWhatIsStoredAtOnceIsBounded(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ batch, most int }{{5, 40}, {2 * maxApply, maxStoring}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, &platform{})
			g := &gate{open: make(chan struct{})}
			b.worker.applier = g
			outcomes := make(chan error, 8)
			for partition := range 8 {
				go func() { outcomes <- b.worker.handle(t.Context(), partition, numbered(size.batch)) }()
			}
			synctest.Wait()
			require.Equal(t, size.most, g.inside, "8 batches of %d events", size.batch)
			close(g.open)
			for range 8 {
				require.NoError(t, <-outcomes)
			}
			require.Equal(t, size.most, g.most)
			require.EqualValues(t, 8*size.batch, b.verdicts()[chat.Duplicate], "and all of it is stored in the end")
		})
	}
}
