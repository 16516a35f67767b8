package stream

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
)

func TestParcelsSurviveTheCodec(t *testing.T) {
	t.Parallel()
	text := rapid.String()
	rapid.Check(t, func(t *rapid.T) {
		want := chat.Parcel{
			Channel:    chat.Channel(text.Draw(t, "channel")),
			Account:    text.Draw(t, "account"),
			RequestID:  text.Draw(t, "request"),
			ReceivedAt: time.UnixMilli(rapid.Int64Range(-1<<40, 1<<45).Draw(t, "received")).UTC(),
			Secret:     text.Draw(t, "secret"),
			Key:        text.Draw(t, "key"),
			Elements:   rapid.IntRange(0, math.MaxInt32).Draw(t, "elements"),
			Value:      rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "value"),
			Client:     chat.Client{IP: text.Draw(t, "ip"), UserAgent: text.Draw(t, "ua"), Origin: text.Draw(t, "origin")},
			Position:   chat.Position{Partition: 3, Offset: rapid.Int64Min(0).Draw(t, "offset")},
		}
		m := batchRead(t, []*record{encodeParcel(&want)})[0]
		m.offset = want.Position.Offset
		m.headers = append(m.headers, kafka.Header{Key: "from-the-future", Value: []byte("ignored")})
		got := decodeParcel(&m, 3)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// batchRead is what kafka-go, which checks the checksum, finds in a batch.
func batchRead(t require.TestingT, records []*record) []message {
	var raw bytes.Buffer
	written, err := encodeBatch(records, time.UnixMilli(1_800_000_000_123)).WriteTo(&raw)
	require.NoError(t, err)
	var set protocol.RecordSet
	read, err := set.ReadFrom(&raw)
	require.NoError(t, err)
	require.Equal(t, written, read)
	var h haul
	require.NoError(t, h.read(set.Records, 0))
	require.Len(t, h.messages, len(records))
	return h.messages
}

func TestBatchesAreKafkas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Lengths on both sides of what another byte is needed for.
		length := rapid.OneOf(rapid.IntRange(0, 200), rapid.SampledFrom([]int{63, 64, 8191, 8192}))
		var want []message
		var records []*record
		for i := range rapid.OneOf(rapid.IntRange(1, 5), rapid.SampledFrom([]int{64, 65, 130})).Draw(t, "records") {
			m := message{
				offset: int64(i), time: time.UnixMilli(1_800_000_000_123), key: make([]byte, length.Draw(t, "key")),
				value: bytes.Repeat([]byte{byte(i)}, length.Draw(t, "value")),
			}
			var list []header
			for range rapid.IntRange(0, 3).Draw(t, "headers") {
				h := header{key: rapid.String().Draw(t, "name"), value: string(make([]byte, length.Draw(t, "header")))}
				list = append(list, h)
				m.headers = append(m.headers, kafka.Header{Key: h.key, Value: []byte(h.value)})
			}
			want, records = append(want, m), append(records, newRecord(string(m.key), m.value, list))
		}
		for i, got := range batchRead(t, records) {
			require.Equal(t, want[i].offset, got.offset)
			require.True(t, want[i].time.Equal(got.time))
			require.True(t, bytes.Equal(want[i].key, got.key) && bytes.Equal(want[i].value, got.value))
			require.Len(t, got.headers, len(want[i].headers))
			for j, h := range got.headers {
				require.Equal(t, want[i].headers[j].Key, h.Key)
				require.True(t, bytes.Equal(want[i].headers[j].Value, h.Value))
			}
		}
	})
}

func FuzzDecodeParcel(f *testing.F) {
	f.Add("v", []byte("1"), "received", []byte("1800000000123"))
	f.Add("elements", []byte("-1"), "v", []byte(""))
	f.Fuzz(func(t *testing.T, k1 string, v1 []byte, k2 string, v2 []byte) {
		m := &message{value: []byte("kept"), headers: []kafka.Header{{Key: k1, Value: v1}, {Key: k2, Value: v2}}}
		if p := decodeParcel(m, 0); string(p.Value) != "kept" {
			t.Fatal("the bytes are gone")
		}
		decodeQuarantined(m)
	})
}

func TestPartitionsAreThoseOfKafkaHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		n := rapid.IntRange(1, 64).Draw(t, "partitions")
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		if want, got := (&kafka.Hash{}).Balance(kafka.Message{Key: append([]byte{}, key...)}, list...), partitionOf(string(key), n); want != got {
			t.Fatalf("partition %d, kafka.Hash says %d", got, want)
		}
	})
}

// TestALaneIsAQueue compares it with a slice, under any order of pushing, withdrawing and taking.
func TestALaneIsAQueue(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 2*maxRequestBytes)
	rapid.Check(t, func(t *rapid.T) {
		l := newLane(0)
		var model, gone []*record
		check := func() {
			var list []*record
			for r := l.head; r != nil; r = r.next {
				list = append(list, r)
			}
			if len(list) != l.length || len(list) != len(model) {
				t.Fatalf("%d linked, %d counted, %d expected", len(list), l.length, len(model))
			}
			for i := range list {
				if list[i] != model[i] {
					t.Fatalf("record %d is not the one pushed", i)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"push": func(t *rapid.T) {
				r := &record{wire: zeros[:rapid.IntRange(0, len(zeros)).Draw(t, "size")]}
				require.NoError(t, l.push(r))
				model = append(model, r)
			},
			"withdraw": func(t *rapid.T) {
				if len(model) == 0 {
					return
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				r := model[i]
				model = append(append([]*record{}, model[:i]...), model[i+1:]...)
				gone = append(gone, r)
				require.True(t, l.withdraw(r))
			},
			"withdraw again": func(t *rapid.T) {
				if len(gone) > 0 {
					require.False(t, l.withdraw(gone[rapid.IntRange(0, len(gone)-1).Draw(t, "which")]))
				}
			},
			"take": func(t *rapid.T) {
				busy := l.inFlight
				batch, bytes := l.take()
				require.Equal(t, len(model) > 0 && !busy, len(batch) > 0)
				sum := 0
				for i, r := range batch {
					require.Same(t, model[i], r)
					sum += r.cost()
				}
				require.Equal(t, sum, bytes)
				require.True(t, bytes <= maxRequestBytes || len(batch) == 1)
				model, gone = model[len(batch):], append(gone, batch...)
			},
			"done": func(*rapid.T) {
				l.done()
			},
		})
	})
}

func TestABudgetNeverOverflows(t *testing.T) {
	t.Parallel()
	b := &budget{maxBytes: 100, maxRecords: 3}
	require.True(t, b.take(60, 1))
	require.False(t, b.take(41, 1), "bytes")
	require.True(t, b.take(40, 1))
	require.False(t, b.take(0, 2), "records")
	b.give(60, 1)
	require.True(t, b.take(1, 2))
}

func TestAFailingLaneTakesOneAtATime(t *testing.T) {
	t.Parallel()
	l := newLane(0)
	now := time.Now()
	require.False(t, l.failing(io.EOF, now), "it may be a leader that moves")
	require.True(t, l.failing(io.EOF, now.Add(failFast)), "now it is news")
	require.False(t, l.failing(io.EOF, now.Add(2*failFast)), "once")
	require.NoError(t, l.refusal(now), "it may be a hiccup")
	later := now.Add(failFast + time.Minute)
	require.NoError(t, l.refusal(later), "one may try")
	require.NoError(t, l.push(&record{}))
	require.ErrorIs(t, l.refusal(later), io.EOF, "the others need not wait")
	l.take()
	require.ErrorIs(t, l.refusal(later), io.EOF, "nor while it is under way")
	require.Equal(t, 3*failFast, l.working(now.Add(3*failFast)))
	require.Zero(t, l.working(later))
	require.NoError(t, l.refusal(later))
	l.close()
	require.ErrorIs(t, l.refusal(later), errClosed)
	require.ErrorIs(t, l.push(&record{}), errClosed)
}

// rec is a record of a batch.
func rec(offset int64) protocol.Record {
	return protocol.Record{Offset: offset, Value: protocol.NewBytes(fmt.Append(nil, offset))}
}

func TestHolesInTheLogAreCrossed(t *testing.T) {
	t.Parallel()
	batch := func(offsets ...int64) protocol.RecordReader {
		var list []protocol.Record
		for _, o := range offsets {
			list = append(list, rec(o))
		}
		return &protocol.RecordBatch{Records: protocol.NewRecordReader(list...)}
	}
	control := func(offset int64) protocol.RecordReader {
		return &protocol.ControlBatch{Records: protocol.NewRecordReader(rec(offset))}
	}
	stream := func(batches ...protocol.RecordReader) protocol.RecordReader {
		return &protocol.RecordStream{Records: batches}
	}
	for name, c := range map[string]struct {
		records protocol.RecordReader
		want    []int64
		next    int64
	}{
		"nothing":                        {protocol.NewRecordReader(), nil, 10},
		"records":                        {stream(batch(10, 11), batch(12)), []int64{10, 11, 12}, 13},
		"a batch that begins before":     {stream(batch(8, 9, 10, 11)), []int64{10, 11}, 12},
		"a marker between":               {stream(batch(10), control(11), batch(12)), []int64{10, 12}, 13},
		"a marker at the end":            {stream(batch(10), control(11)), []int64{10}, 12},
		"only a marker":                  {stream(control(10)), nil, 11},
		"a batch compacted to nothing":   {stream(batch()), nil, 11},
		"a batch whose end is compacted": {stream(batch(7, 8)), nil, 11},
	} {
		t.Run(name, func(t *testing.T) {
			h := haul{next: 10}
			require.NoError(t, h.read(c.records, 10))
			var got []int64
			for _, m := range h.messages {
				got = append(got, m.offset)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.next, h.next)
		})
	}
}

type brokenReader struct{}

func (brokenReader) ReadRecord() (*protocol.Record, error) { return nil, io.ErrUnexpectedEOF }

func TestABrokenBatchIsAnError(t *testing.T) {
	t.Parallel()
	h := haul{next: 10}
	err := h.read(&protocol.RecordStream{Records: []protocol.RecordReader{brokenReader{}}}, 10)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualValues(t, 10, h.next)
}

func TestRecordsOwnTheirBytes(t *testing.T) {
	t.Parallel()
	source := []byte("value")
	m, err := own(&protocol.Record{Key: protocol.NewBytes([]byte("k")), Value: protocol.NewBytes(source)})
	require.NoError(t, err)
	copy(source, "XXXXX")
	require.True(t, bytes.Equal(m.value, []byte("value")))
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	for attempt := range 40 {
		for range 20 {
			d := backoff(attempt)
			require.Positive(t, d)
			require.LessOrEqual(t, d, longestPause)
		}
	}
}
