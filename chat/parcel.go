package chat

import "time"

// A Parcel is one record of the log: what a platform said about one person, byte for byte, with what the gateway knew when
// it arrived. Everything else Switchboard holds is derived from parcels.
type Parcel struct {
	Channel    Channel
	Account    string    // receiving number id, Instagram account id or widget inbox id; empty when the body does not say
	RequestID  string    // the webhook request this came with; one request can make several parcels
	ReceivedAt time.Time // gateway clock, UTC, millisecond precision
	Secret     string    // which configured secret proved the body authentic: its index ("0" is the current one)
	Key        string    // partition key: the person (see DESIGN.md section 2)
	Elements   int       // how many elements Split counted in Value; 0 when it could not tell
	Client     Client    // who posted it, as far as that says something about the customer (web widget only)
	Value      []byte    // the webhook body, or a body of the same shape cut down to this person's elements

	Position Position // where the record lies in the log; set by the consumer, zero before
}

// A Client is what an HTTP request tells about the browser behind it. Platforms that relay (Meta) leave it empty: their own
// address and user agent are never the customer's.
type Client struct {
	IP        string // from the trusted proxy hop
	UserAgent string
	Mobile    string // Sec-CH-UA-Mobile
	Platform  string // Sec-CH-UA-Platform
	Model     string // Sec-CH-UA-Model
	Brands    string // Sec-CH-UA
	Origin    string
}

// A Position is a place in the log.
type Position struct {
	Partition int32 `json:"partition" bson:"partition"`
	Offset    int64 `json:"offset" bson:"offset"`
}

// A Quarantined is a parcel, or one element of it, that could not be understood or applied, kept with the reason.
type Quarantined struct {
	Parcel  Parcel
	EventID string // of the element; empty when the whole parcel is meant
	Reason  string // bounded word, also a metric label
	Detail  string // for the operator; no personal data
	Bytes   []byte // the element, or the whole value
}
