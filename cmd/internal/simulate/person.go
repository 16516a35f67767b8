package simulate

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"switchboard/chat"
)

// remembered bounds how many of their messages a person remembers, to reply to, edit or take back.
const remembered = 8

// A person writes on one channel. Only the goroutine that has taken them from the idle pool touches them.
type person struct {
	persona
	channel chat.Channel
	account int // index into the channel's accounts
	random  *rand.Rand
	talks   [][]string
	talk    []string // what is left of the current dialogue
	said    []utterance
	count   int       // messages so far, for ids
	acked   time.Time // when the gateway took the last one
	last    time.Time // platform time of the newest message, so that time never stands still

	// web widget
	visitor, session string
	proven, greeted  bool
	page             int
	referrer         string
}

// An utterance is a message that can be acted on.
type utterance struct {
	id       string
	text     string
	business bool
	status   int // how far its delivery got
	edits    int
	media    bool // not a text, so that nobody can edit it
	gone     bool
}

// An element is one update of a webhook body.
type element struct {
	body    any
	field   string // WhatsApp: the change's field
	message *Message
}

func (p *person) remember(u utterance) {
	if len(p.said) == remembered {
		p.said = append(p.said[:0], p.said[1:]...)
	}
	p.said = append(p.said, u)
}

// recall finds a message of the wanted side that is still there; nil when there is none.
func (p *person) recall(business bool) *utterance {
	for i := len(p.said) - 1; i >= 0; i-- {
		if u := &p.said[i]; u.business == business && !u.gone {
			return u
		}
	}
	return nil
}

// line is the next line of the dialogue and whether the business says it.
func (p *person) line() (text string, business bool) {
	if len(p.talk) == 0 {
		p.talk = p.talks[p.random.IntN(len(p.talks))]
	}
	text, p.talk = p.talk[0], p.talk[1:]
	return strings.CutPrefix(text, "<")
}

func (p *person) chance(percent int) bool { return p.random.IntN(100) < percent }

func pick[T any](p *person, list []T) T { return list[p.random.IntN(len(list))] }

// nextID makes an id that is unique over all runs with another seed, in the platform's look.
func (p *person) nextID(prefix string, seed uint64) string {
	p.count++
	raw := prefix + strconv.FormatUint(seed, 36) + ":" + p.bsuid + ":" + strconv.Itoa(p.count)
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// uuid makes a random UUIDv4 from the person's own randomness.
func (p *person) uuid() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(p.random.IntN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// contactKey is the key the ledger knows the person by.
func (p *person) contactKey() string {
	switch {
	case p.channel == chat.Instagram:
		return p.igsid
	case p.channel == chat.WebWidget && p.proven:
		return p.external
	case p.channel == chat.WebWidget:
		return p.visitor
	case p.phone != "":
		return "+" + p.phone
	default:
		return p.bsuid
	}
}
