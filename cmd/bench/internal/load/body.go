package load

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Bodies makes signed webhooks, one text message each. Everything that differs between two messages of a person stands at
// the end of the body, so that a signature is finished from a hash state saved before it instead of over the whole body.
type Bodies struct {
	run      string
	inner    hash.Hash // of the signature; its state is set anew for each body
	outer    hash.Hash
	outerPad []byte // state after the outer key
	people   []person
	sum      [sha256.Size]byte
}

// A person is a contact whose messages all begin with the same bytes.
type person struct {
	head  []byte // request line, headers, start of the body; the signature is overwritten in place
	body  int    // where the body begins in head
	state []byte // hash state after the start of the body
}

const (
	signatureHeader = "X-Hub-Signature-256: sha256="
	idDigits        = 12
	secondDigits    = 10
)

// NewBodies prepares the people of a run.
func NewBodies(s *Spec) (*Bodies, error) {
	b := &Bodies{run: s.Run, inner: sha256.New(), outer: sha256.New(), people: make([]person, s.Contacts)}
	innerPad, outerPad := pads(s.Secret)
	b.outer.Write(outerPad)
	var err error
	if b.outerPad, err = save(b.outer); err != nil {
		return nil, err
	}
	for i := range b.people {
		if err := b.prepare(&b.people[i], s, i, innerPad); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// pads are the two keys of HMAC (RFC 2104).
func pads(secret string) (inner, outer []byte) {
	key := make([]byte, sha256.BlockSize)
	if len(secret) > len(key) {
		sum := sha256.Sum256([]byte(secret))
		copy(key, sum[:])
	} else {
		copy(key, secret)
	}
	inner, outer = bytes.Clone(key), bytes.Clone(key)
	for i := range key {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	return inner, outer
}

func (b *Bodies) prepare(p *person, s *Spec, i int, innerPad []byte) error {
	start := []byte(opening(s, i))
	size := len(start) + len(b.ending(nil, 0, 0))
	head := fmt.Sprintf("POST /webhooks/whatsapp HTTP/1.1\r\nHost: %s\r\nUser-Agent: facebookexternalua\r\n"+
		"Content-Type: application/json\r\n%s%s\r\nContent-Length: %d\r\n\r\n", s.Address, signatureHeader, strings.Repeat("0", 2*sha256.Size), size)
	p.head, p.body = append([]byte(head), start...), len(head)
	b.inner.Reset()
	b.inner.Write(innerPad)
	b.inner.Write(start)
	var err error
	p.state, err = save(b.inner)
	return err
}

// opening is the body up to what changes from message to message, padded so that the whole has the wanted size. Telephone
// numbers come from the range set aside for fiction; who gets none is known by the business-scoped id alone.
func opening(s *Spec, i int) string {
	id, phone, contact := PersonID(i), Phone(i), ""
	if phone != "" {
		contact = `,"wa_id":"` + phone + `"`
		phone = `"from":"` + phone + `",`
	}
	start := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"12025550100","phone_number_id":%q},"contacts":[{"profile":{"name":%q},"user_id":%q%s}],`+
		`"messages":[{%s"from_user_id":%q,"type":"text","text":{"body":"`, s.WABA, s.Number, Name(i), id, contact, phone, id)
	fill := s.BodySize - len(start) - len(`"},"timestamp":"","id":"wamid."}]},"field":"messages"}]}]}`) - secondDigits - len(s.Run) - idDigits
	return start + talk(i, max(fill, 1))
}

// talk is text of a length, different for each person, so that it compresses about as well as what people write.
func talk(i, length int) string {
	words := strings.Fields("hello my parcel has not arrived yet and the tracking page still shows depot of last tuesday could you please " +
		"look into this because it was a present for someone who leaves soon thanks address number street order invoice refund " +
		"exchange size colour blue green larger smaller weekend morning evening call write again wrong missing broken perfect")
	random := rand.New(rand.NewPCG(uint64(i), 1))
	var text strings.Builder
	for text.Len() < length {
		text.WriteString(words[random.IntN(len(words))])
		text.WriteString([]string{" ", " ", " ", ", ", ". "}[random.IntN(5)])
		if random.IntN(6) == 0 {
			text.WriteString(strconv.Itoa(random.IntN(100_000)))
		}
	}
	return text.String()[:length]
}

// PersonID is the business-scoped id of the i-th person.
func PersonID(i int) string { return fmt.Sprintf("US.%020d", 13490000000000000+i) }

// Phone is the i-th number of North America's 555-01XX, "" beyond the last.
func Phone(i int) string {
	if i >= 80_000 {
		return ""
	}
	return fmt.Sprintf("1%03d55501%02d", 200+i/100, i%100)
}

// Name is the display name of the i-th person.
func Name(i int) string { return "Bench Person " + strconv.Itoa(i) }

// ending is the rest of the body.
func (b *Bodies) ending(to []byte, n, second int64) []byte {
	to = append(to, `"},"timestamp":"`...)
	to = digits(to, second, secondDigits)
	to = append(to, `","id":"wamid.`...)
	to = append(to, b.run...)
	to = digits(to, n, idDigits)
	return append(to, `"}]},"field":"messages"}]}]}`...)
}

func digits(to []byte, n int64, width int) []byte {
	var d [20]byte
	for i := width - 1; i >= 0; i-- {
		d[i] = byte('0' + n%10)
		n /= 10
	}
	return append(to, d[:width]...)
}

// Append adds the n-th request of the run to a buffer. The message is of the person n modulo the number of people.
func (b *Bodies) Append(to []byte, n int64, at time.Time) ([]byte, error) {
	p := &b.people[n%int64(len(b.people))]
	from := len(to)
	to = append(to, p.head...)
	end := len(to)
	to = b.ending(to, n, at.Unix())
	if err := load(b.inner, p.state); err != nil {
		return nil, err
	}
	b.inner.Write(to[end:])
	sum := b.inner.Sum(b.sum[:0])
	if err := load(b.outer, b.outerPad); err != nil {
		return nil, err
	}
	b.outer.Write(sum)
	sum = b.outer.Sum(b.sum[:0])
	head := to[from : from+p.body]
	at64 := bytes.Index(head, []byte(signatureHeader)) + len(signatureHeader)
	hex.Encode(head[at64:], sum)
	return to, nil
}

func save(h hash.Hash) ([]byte, error) {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("load: save hash state: %w", err)
	}
	return state, nil
}

func load(h hash.Hash, state []byte) error {
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return fmt.Errorf("load: restore hash state: %w", err)
	}
	return nil
}
