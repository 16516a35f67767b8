package stream

import (
	"encoding/binary"
	"hash/crc32"
	"net"
	"slices"
	"sync"
	"time"
)

// Records are written down here and not by kafka-go, which takes every field of every record through an interface. What a
// record is made of is known when it is handed over, so that is when it is written, once, and a request only strings records
// together.

// A header of a record.
type header struct{ key, value string }

// newRecord writes a record down as it will travel: all that comes after its place in the batch. This is the one copy of the
// value.
func newRecord(key string, value []byte, headers []header) *record {
	size := varintSize(len(key)) + len(key) + varintSize(len(value)) + len(value) + varintSize(len(headers))
	for _, h := range headers {
		size += varintSize(len(h.key)) + len(h.key) + varintSize(len(h.value)) + len(h.value)
	}
	lent := wires.Get().(*[]byte)
	wire := slices.Grow((*lent)[:0], size)
	wire = append(binary.AppendVarint(wire, int64(len(key))), key...)
	wire = append(binary.AppendVarint(wire, int64(len(value))), value...)
	wire = binary.AppendVarint(wire, int64(len(headers)))
	for _, h := range headers {
		wire = append(binary.AppendVarint(wire, int64(len(h.key))), h.key...)
		wire = append(binary.AppendVarint(wire, int64(len(h.value))), h.value...)
	}
	return &record{key: key, wire: wire, lent: lent}
}

// wires is memory of records that were written, for the next ones: it is most of what a webhook takes.
var wires = sync.Pool{New: func() any { return new([]byte) }}

// recycle gives the memory of records back. Nobody may still be reading it: a request that got no answer may be read as long
// as its connection lives.
func recycle(batch []*record) {
	const most = 16 << 10
	for _, r := range batch {
		if cap(r.wire) <= most {
			*r.lent = r.wire
			wires.Put(r.lent)
		}
		r.wire, r.lent = nil, nil
	}
}

// varintSize is the length of a length: seven bits a byte, of twice the number.
func varintSize(n int) int {
	size := 1
	for n >>= 6; n > 0; n >>= 7 {
		size++
	}
	return size
}

// Sizes in a record batch, version 2, of Kafka's protocol.
const (
	batchSize      = 4               // the size of all that follows
	batchHead      = batchSize + 61  // up to the first record
	batchLength    = batchSize + 8   // where the length of what follows it stands
	batchChecksum  = batchLength + 9 // the checksum is of everything after it
	batchContent   = batchChecksum + 4
	recordHeadMost = 5 + 1 + 1 + 3 // length, attributes, time and place of a record
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) // never changed

// encodeBatch strings records together into a batch of one partition. The records' own bytes are not copied.
func encodeBatch(records []*record, now time.Time) *net.Buffers {
	heads := make([]byte, batchHead, batchHead+recordHeadMost*len(records))
	pieces := make(net.Buffers, 1, 1+2*len(records))
	size := batchHead
	for i, r := range records {
		from := len(heads)
		place := int64(i)
		heads = binary.AppendVarint(heads, int64(2+varintSize(i)+len(r.wire)))
		heads = append(heads, 0, 0) // attributes; all records have the batch's time
		heads = binary.AppendVarint(heads, place)
		pieces = append(pieces, heads[from:], r.wire)
		size += len(heads) - from + len(r.wire)
	}
	h, order := heads[:batchHead], binary.BigEndian
	pieces[0] = h
	order.PutUint32(h, uint32(size-batchSize))
	order.PutUint64(h[batchSize:], 0) // the offset is the broker's to say
	order.PutUint32(h[batchLength:], uint32(size-batchLength-4))
	order.PutUint32(h[batchLength+4:], ^uint32(0)) // leader's epoch: not known
	h[batchLength+8] = 2                           // version
	content := h[batchContent:]
	order.PutUint16(content, 0) // attributes: not compressed, time of the producer
	order.PutUint32(content[2:], uint32(len(records)-1))
	order.PutUint64(content[6:], uint64(now.UnixMilli()))
	order.PutUint64(content[14:], uint64(now.UnixMilli()))
	order.PutUint64(content[22:], ^uint64(0)) // no producer id, epoch and sequence
	order.PutUint16(content[30:], ^uint16(0))
	order.PutUint32(content[32:], ^uint32(0))
	order.PutUint32(content[36:], uint32(len(records)))
	sum := crc32.Update(0, castagnoli, content)
	for _, p := range pieces[1:] {
		sum = crc32.Update(sum, castagnoli, p)
	}
	order.PutUint32(h[batchChecksum:], sum)
	return &pieces
}
