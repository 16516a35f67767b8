package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"switchboard/chat"
	"switchboard/cmd/internal/simulate"
)

// somebody is a person who writes on one channel.
type somebody struct {
	simulate.Persona
	channel  chat.Channel
	key      string // ContactKey of their events
	shown    string // the name their channel tells
	identity chat.Identity
	random   uint64
}

// people invents everybody once, because they must be invented in order.
type people struct{ list []*somebody }

func newPeople(seed uint64, n int) *people {
	persona := simulate.People(seed)
	p := &people{list: make([]*somebody, n)}
	for i := range n {
		r := rand.New(rand.NewPCG(seed, uint64(i)+1<<48)) //nolint:gosec // invented people need no secrecy
		p.list[i] = somebodyOf(persona(i), pick(r, []chat.Channel{chat.WhatsApp, chat.WhatsApp, chat.WhatsApp, chat.Instagram, chat.WebWidget}), r)
	}
	return p
}

func somebodyOf(p simulate.Persona, channel chat.Channel, r *rand.Rand) *somebody {
	w := &somebody{Persona: p, channel: channel, shown: p.Name, random: r.Uint64()}
	id := chat.Identity{Channel: channel, Verified: true}
	switch {
	case channel == chat.WhatsApp && p.Phone != "":
		id.Kind, id.Value = chat.IdentityPhone, p.Phone
	case channel == chat.WhatsApp:
		id.Kind, id.Value = chat.IdentityBSUID, p.BSUID
	case channel == chat.Instagram:
		id.Kind, id.Value, id.Scope = chat.IdentityIGSID, p.IGSID, account(channel)
	default:
		id.Kind, id.Value, id.Scope = chat.IdentityVisitor, fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()), account(channel)
		if r.IntN(3) == 0 { // did not say who they are
			w.shown = ""
		}
	}
	w.identity, w.key = id, id.Value
	return w
}

// of is who the n-th conversation is with: everybody in turn.
func (p *people) of(n int) *somebody { return p.list[n%len(p.list)] }

func (w *somebody) profile(at time.Time) *chat.Profile {
	if w.channel != chat.Instagram {
		return nil
	}
	return &chat.Profile{Channel: w.channel, Account: account(w.channel), Name: w.Name, Username: w.Username, FollowerCount: int64(w.random % 40000), Follows: w.random%3 == 0, SeenAt: at}
}

func (w *somebody) session(at time.Time) *chat.Session {
	s := &chat.Session{Geo: &chat.Geo{Country: w.Country, CountryName: chat.CountryName(w.Country), TimeZone: w.Zone, Source: "phone", Accuracy: "country"}, StartedAt: at, SeenAt: at}
	if w.channel != chat.WebWidget {
		return s
	}
	s.Geo.Source, s.Locale, s.TimeZone, s.UserAgent = "ip", w.Locale, w.Zone, w.Agent
	s.Device = &chat.Device{Type: []string{"desktop", "mobile"}[w.random%2], OS: []string{"Windows 11", "Android 14", "macOS 26", "iOS 18"}[w.random%4], Browser: []string{"Chrome 142", "Firefox 145", "Safari 26"}[w.random%3]}
	s.Pages = []chat.Page{{URL: "https://shop.example/mugs", Title: "Mugs", At: at.Add(-2 * time.Minute)}, {URL: "https://shop.example/cart", Title: "Your cart", At: at.Add(-time.Minute)}}
	return s
}

// introduce fills in what enrichment and agents would have found out about a person.
func (f *filler) introduce(c *chat.Contact, t *talk) error {
	w := t.who
	c.Country, c.Language, c.TimeZone = w.Country, w.Locale, w.Zone
	if w.identity.Kind == chat.IdentityPhone {
		c.Phone = w.Phone
	}
	if t.chance(40) {
		c.Email = w.Email
	}
	if t.chance(25) {
		label := pick(t.random, []string{"vip", "newsletter", "wholesale", "tier::gold", "tier::silver"})
		by := "Switchboard"
		if n := len(f.spec.Agents); n > 0 {
			by = f.spec.Agents[len(c.ID+w.Name)%n].Name
		}
		return c.AddLabel(label, by, t.last)
	}
	return nil
}

func references() []string {
	return []string{"Order", "Invoice", "Ticket", "Return", "Tracking number", "Reference"}
}

func things() []string {
	return []string{
		"blue mug", "red mug", "desk lamp", "oak shelf", "wool blanket", "espresso cups", "garden chair", "picture frame", "bread knife", "linen sheets", "candle holder",
		"bookend", "cutting board", "door mat", "flower pot", "glass carafe", "hand towel", "ironing board", "jewellery box", "kitchen scale", "laundry basket", "magnet rack",
		"napkin ring", "olive oil", "pepper mill", "quilt", "rug", "salad bowl", "tea kettle", "umbrella stand", "vase", "wall clock", "yoga mat", "zip pouch",
	}
}

func noteTexts() []string {
	return []string{
		"Prefers to be called in the evening.", "Asked for an invoice with the company's address.", "Very patient, had two parcels lost in a row.", "Wholesale customer, ask Sales about discounts.",
		"Allergic to wool, do not recommend blankets.", "Speaks some English.", "Wrote a kind review last month.", "Needs a receipt for every order.",
	}
}
