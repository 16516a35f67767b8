package ingest

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/geo"
)

// tape is a source that hands out given batches until each is done.
type tape struct {
	batches [][]chat.Parcel
	tries   int // how often a batch may fail before the tape gives up
	failed  []error
}

func (s *tape) Consume(ctx context.Context, handle func(context.Context, int, []chat.Parcel) error, sync func(context.Context) error) error {
	for partition, b := range s.batches {
		for try := 0; ; try++ {
			err := handle(ctx, partition, b)
			if err == nil {
				break
			}
			s.failed = append(s.failed, err)
			if try >= s.tries {
				return err
			}
		}
	}
	return sync(ctx)
}

// ledger is a store that remembers verdicts; refuse decides what it cannot take.
type ledger struct {
	receipts []chat.Receipt
	mu       sync.Mutex
	applied  []chat.Event
	calls    int
	refuse   func(events []chat.Event) error
}

func (l *ledger) Sync(context.Context) error { return nil }

func (l *ledger) Apply(_ context.Context, events []chat.Event, receipts ...chat.Receipt) (chat.Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.refuse != nil {
		if err := l.refuse(events); err != nil {
			return chat.Outcome{}, err
		}
	}
	out := chat.Outcome{Created: map[chat.Channel]int{}}
	for _, e := range events {
		verdict := chat.Applied
		switch {
		case e.Kind == chat.KindUnreadable:
			verdict = chat.Quarantine
		case e.Kind == chat.KindIgnored:
			verdict = chat.Ignored
		case slices.ContainsFunc(l.applied, func(a chat.Event) bool { return a.ID == e.ID }):
			verdict = chat.Duplicate
		}
		l.applied = append(l.applied, e)
		out.Entries = append(out.Entries, chat.Entry{ID: e.ID, Channel: e.Channel, Kind: e.Kind, Verdict: verdict, Reason: e.Reason, ReceivedAt: e.ReceivedAt, Timestamp: e.Timestamp})
		if verdict == chat.Applied {
			out.Changes = append(out.Changes, chat.Change{Conversation: e.Text})
			out.Created[e.Channel]++
		}
	}
	l.receipts = append(l.receipts, receipts...)
	return out, nil
}

// received is what intake counted.
func (l *ledger) received() (n int) {
	for _, r := range l.receipts {
		n += r.Elements
	}
	return n
}

type desk struct {
	items []chat.Quarantined
	err   error
}

func (d *desk) Quarantine(_ context.Context, items []chat.Quarantined) error {
	if d.err != nil {
		return d.err
	}
	d.items = append(d.items, items...)
	return nil
}

type bell struct {
	changes []chat.Change
	err     error
}

func (b *bell) Publish(_ context.Context, changes []chat.Change) error {
	b.changes = append(b.changes, changes...)
	return b.err
}

// atlas knows one place for every address and one for every number.
type atlas struct{}

func (atlas) IP(netip.Addr) (chat.Geo, bool) { return chat.Geo{Country: "NZ", Source: "ip"}, true }
func (atlas) Phone(n string) (chat.Geo, bool) {
	return chat.Geo{Country: "GB", Region: n, Source: "phone"}, true
}
func (atlas) Device(ua string, _ chat.Client) chat.Device { return chat.Device{Browser: ua} }

type bench struct {
	worker *Worker
	source *tape
	ledger *ledger
	desk   *desk
	bell   *bell
	reg    *prometheus.Registry
	lines  bytes.Buffer
	policy string // of visitors' addresses
}

func newBench(t *testing.T, p *platform, parcels ...chat.Parcel) *bench {
	t.Helper()
	p.name = chat.WhatsApp
	b := &bench{policy: geo.PolicyTruncated, source: &tape{batches: [][]chat.Parcel{parcels}}, ledger: &ledger{}, desk: &desk{}, bell: &bell{}, reg: prometheus.NewRegistry()}
	var err error
	b.worker, err = NewWorker(WorkerConfig{
		Source: b.source, Channels: set(t, p), Applier: b.ledger, Quarantine: b.desk, Notify: b.bell, Places: atlas{}, IPPolicy: func(context.Context) string { return b.policy },
		Logger: textLogger(&b.lines), Metrics: b.reg,
	})
	require.NoError(t, err)
	return b
}

func (b *bench) verdicts() map[chat.Verdict]int {
	n := map[chat.Verdict]int{}
	metrics, err := b.reg.Gather()
	if err != nil {
		panic(err)
	}
	for _, family := range metrics {
		if family.GetName() != "switchboard_verdicts_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if v := int(m.GetCounter().GetValue()); l.GetName() == "verdict" && v > 0 {
					n[chat.Verdict(l.GetValue())] += v
				}
			}
		}
	}
	return n
}

func (b *bench) texts() []string {
	var list []string
	for _, e := range b.ledger.applied {
		if e.Kind == chat.KindMessage {
			list = append(list, e.Text)
		}
	}
	return list
}
