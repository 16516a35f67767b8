package stream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

// Header keys of a record. They are part of the log's format, kept for as long as the log is: new ones may come, and a
// reader ignores those it does not know; a changed meaning takes a new version.
const (
	headVersion   = "v"
	headChannel   = "channel"
	headAccount   = "account"
	headRequest   = "request"
	headReceived  = "received" // Unix milliseconds
	headSecret    = "secret"
	headElements  = "elements"
	headIP        = "ip"
	headUserAgent = "ua"
	headMobile    = "ch-mobile"
	headPlatform  = "ch-platform"
	headModel     = "ch-model"
	headBrands    = "ch-brands"
	headOrigin    = "origin"

	// Of quarantined records only.
	headEvent     = "event"
	headReason    = "reason"
	headDetail    = "detail"
	headPartition = "partition"
	headOffset    = "offset"
)

const formatVersion = "1"

// encodeParcel makes the record of a parcel. It copies the parcel's Value.
func encodeParcel(p *chat.Parcel) *record {
	var few [14]header
	return newRecord(p.Key, p.Value, parcelHeaders(few[:0], p))
}

func encodeQuarantined(q *chat.Quarantined) *record {
	value := q.Bytes
	if len(value) == 0 {
		value = q.Parcel.Value
	}
	h := parcelHeaders(nil, &q.Parcel)
	h = h.add(headEvent, q.EventID)
	h = h.add(headReason, q.Reason)
	h = h.add(headDetail, q.Detail)
	h = h.add(headPartition, strconv.Itoa(int(q.Parcel.Position.Partition)))
	h = h.add(headOffset, strconv.FormatInt(q.Parcel.Position.Offset, 10))
	return newRecord(q.Parcel.Key, value, h)
}

func encodeChange(c *chat.Change) (*record, error) {
	value, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("stream: encode change: %w", err)
	}
	return newRecord(c.Conversation, value, nil), nil
}

// headers are those of one record; what is empty has none.
type headers []header

func (h headers) add(key, value string) headers {
	if value == "" {
		return h
	}
	return append(h, header{key, value})
}

func parcelHeaders(h headers, p *chat.Parcel) headers {
	h = h.add(headVersion, formatVersion)
	h = h.add(headChannel, string(p.Channel))
	h = h.add(headAccount, p.Account)
	h = h.add(headRequest, p.RequestID)
	h = h.add(headReceived, strconv.FormatInt(p.ReceivedAt.UnixMilli(), 10))
	h = h.add(headSecret, p.Secret)
	if p.Elements != 0 {
		h = h.add(headElements, strconv.Itoa(p.Elements))
	}
	if p.Client == (chat.Client{}) {
		return h
	}
	h = h.add(headIP, p.Client.IP)
	h = h.add(headUserAgent, p.Client.UserAgent)
	h = h.add(headMobile, p.Client.Mobile)
	h = h.add(headPlatform, p.Client.Platform)
	h = h.add(headModel, p.Client.Model)
	h = h.add(headBrands, p.Client.Brands)
	return h.add(headOrigin, p.Client.Origin)
}

// decodeParcel never fails: a record that makes no sense keeps its bytes, key and position and has no channel, so that the
// worker quarantines it.
func decodeParcel(m *message, partition int) chat.Parcel {
	p := chat.Parcel{Key: string(m.key), Value: m.value, Position: chat.Position{Partition: int32(partition), Offset: m.offset}}
	if err := decodeHeaders(&p, m.headers); err != nil {
		p.Channel = ""
	}
	return p
}

func decodeHeaders(p *chat.Parcel, list []kafka.Header) error {
	version := ""
	var err error
	for i := range list {
		value := string(list[i].Value)
		switch list[i].Key {
		case headVersion:
			version = value
		case headChannel:
			p.Channel = chat.Channel(value)
		case headAccount:
			p.Account = value
		case headRequest:
			p.RequestID = value
		case headReceived:
			p.ReceivedAt, err = parseMillis(value, err)
		case headSecret:
			p.Secret = value
		case headElements:
			p.Elements, err = parseCount(value, err)
		default:
			decodeClient(&p.Client, list[i].Key, value)
		}
	}
	if err == nil && version != formatVersion {
		err = fmt.Errorf("stream: record format %q is not known", version)
	}
	return err
}

func decodeClient(c *chat.Client, key, value string) {
	switch key {
	case headIP:
		c.IP = value
	case headUserAgent:
		c.UserAgent = value
	case headMobile:
		c.Mobile = value
	case headPlatform:
		c.Platform = value
	case headModel:
		c.Model = value
	case headBrands:
		c.Brands = value
	case headOrigin:
		c.Origin = value
	}
}

// parseMillis and parseCount keep an earlier error, so that a loop over headers can go on and report one at its end.
func parseMillis(s string, earlier error) (time.Time, error) {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("stream: decode receive time: %w", err)
	}
	return time.UnixMilli(ms).UTC(), earlier
}

func parseCount(s string, earlier error) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("stream: decode element count %q", s)
	}
	return n, earlier
}

// decodeQuarantined is the inverse of encodeQuarantined. The parcel has its Value when the whole of it was quarantined.
func decodeQuarantined(m *message) chat.Quarantined {
	q := chat.Quarantined{Parcel: decodeParcel(m, 0), Bytes: m.value}
	for i := range m.headers {
		value := string(m.headers[i].Value)
		switch m.headers[i].Key {
		case headEvent:
			q.EventID = value
		case headReason:
			q.Reason = value
		case headDetail:
			q.Detail = value
		case headPartition:
			if n, err := strconv.ParseInt(value, 10, 32); err == nil {
				q.Parcel.Position.Partition = int32(n)
			}
		case headOffset:
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				q.Parcel.Position.Offset = n
			}
		}
	}
	if q.EventID != "" {
		q.Parcel.Value = nil
	}
	return q
}

func decodeChange(m *message) (chat.Change, error) {
	var c chat.Change
	if err := json.Unmarshal(m.value, &c); err != nil {
		return chat.Change{}, fmt.Errorf("stream: decode change at offset %d: %w", m.offset, err)
	}
	return c, nil
}
