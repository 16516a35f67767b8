package chat

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func hello(id string, at int, ids ...Identity) Event {
	return Event{
		ID: id, Kind: KindMessage, Channel: WhatsApp, Direction: Inbound, Identities: ids, ContactName: "Ada Quill",
		Profile: &Profile{Channel: WhatsApp, Name: "Ada Quill", Username: "@adaquill"}, Timestamp: minute(at), ReceivedAt: minute(at + 1),
	}
}

func TestContactIsMadeFromItsFirstEvent(t *testing.T) {
	e := hello("e", 5, bsuid("US.1"), phone("+12025550143"))
	c := NewContact(&e)
	require.Equal(t, EventID("contact", "e"), c.ID)
	require.Equal(t, minute(5), c.CreatedAt)
	require.Equal(t, minute(5), c.LastSeenAt)
	require.Equal(t, "Ada Quill", c.Name)
	require.Equal(t, "+12025550143", c.Phone)
	require.Equal(t, []Channel{WhatsApp}, c.Channels)
	require.Equal(t, "adaquill", c.Profiles[0].Username)
	require.ElementsMatch(t, []string{bsuid("US.1").Key(), phone("+12025550143").Key()}, c.Keys)
	require.Equal(t, Provenance{Source: SourcePlatform, By: "whatsapp", At: minute(5), Version: 1}, c.Provenance[FieldName])
	require.False(t, c.Learn(&e), "it has learned all of it")
}

func TestEchoesAndStatusesAreNotThePersonsDoing(t *testing.T) {
	e := hello("e", 5, phone("+1"))
	c := NewContact(&e)
	for i, kind := range []Kind{KindEcho, KindStatus} {
		later := hello("later", 10+i, phone("+1"))
		later.Kind, later.Direction = kind, Outbound
		c.Learn(&later)
	}
	require.Equal(t, minute(5), c.LastSeenAt)
	require.Equal(t, minute(11), c.Identities[0].LastSeen)
}

func TestNewestNameStaysButNeverOverAnAgents(t *testing.T) {
	c := NewContact(new(hello("a", 5, phone("+1"))))
	named := func(name string, at int) *Event {
		e := hello(name, at, phone("+1"))
		e.ContactName = name
		return &e
	}
	c.Learn(named("Ada Q.", 9))
	c.Learn(named("Ada old", 7))
	require.Equal(t, "Ada Q.", c.Name)
	require.NoError(t, c.Set(FieldName, "Ms Quill", c.Provenance[FieldName].Version, "Bo", minute(10)))
	c.Learn(named("Ada new", 20))
	require.Equal(t, "Ms Quill", c.Name)
}

func TestSayingANameAgainDoesNotDisturbAnEditor(t *testing.T) {
	c := NewContact(new(hello("a", 5, phone("+1"))))
	read := c.Provenance[FieldName].Version
	c.Version = 7
	c.Learn(new(hello("b", 9, phone("+1"))))
	require.NoError(t, c.Set(FieldName, "Ms Quill", read, "Bo", minute(10)))
}

func TestWidgetNamesAreClaimsUntilProven(t *testing.T) {
	visitor := Identity{Channel: WebWidget, Scope: "wgt", Kind: IdentityVisitor, Value: "v"}
	e := Event{
		ID: "e", Kind: KindSystem, Channel: WebWidget, Identities: []Identity{visitor}, ContactName: "ada", Timestamp: minute(1),
		Claims: map[string]string{"email": "ada@example.com", "phone": "+12025550143", "verified": "no"}, Aliases: map[string]string{"email": "ada@example.com"},
		Session: &Session{Locale: "pt_BR"},
	}
	c := NewContact(&e)
	require.Equal(t, SourceClaim, c.Provenance[FieldName].Source)
	require.Empty(t, c.Email, "typed, not proven")
	require.Empty(t, c.Phone)
	require.Equal(t, "pt-BR", c.Language)
	require.Equal(t, []Claim{{Kind: "email", Value: "ada@example.com", At: minute(1)}, {Kind: "phone", Value: "+12025550143", At: minute(1)}}, c.Claims)
	require.Contains(t, c.Terms, "ada@example.com", "claims can be searched")

	proven := e
	proven.Verified, proven.ContactName, proven.Timestamp = true, "Ada Quill", minute(0)
	require.True(t, c.Learn(&proven))
	require.Equal(t, "Ada Quill", c.Name, "a proof beats a claim, whatever its time")
	require.Equal(t, "ada@example.com", c.Email)
	require.Equal(t, SourceProof, c.Provenance[FieldEmail].Source)
}

func TestClaimsAreBoundedToTheNewest(t *testing.T) {
	var c Contact
	for i := range maxClaims + 5 {
		c.Learn(&Event{ID: "e", Channel: WebWidget, Claims: map[string]string{"name": fmt.Sprint("name ", i)}, Timestamp: minute(i)})
	}
	require.Len(t, c.Claims, maxClaims)
	require.Equal(t, "name 5", c.Claims[0].Value)
}

func TestNumberChangeRetiresTheOldIdentities(t *testing.T) {
	old, now := []Identity{bsuid("GB.1"), phone("+447700900123")}, []Identity{bsuid("GB.2"), phone("+447700900124")}
	c := NewContact(new(hello("a", 5, old...)))
	change := IdentityChange{Old: old, New: now}
	c.Rekey(change, minute(9))
	require.ElementsMatch(t, []string{now[0].Key(), now[1].Key()}, c.Keys)
	require.Equal(t, "+447700900124", c.Phone)
	require.Len(t, c.Identities, 4, "the old ones are remembered")

	once := c
	once.Identities = slices.Clone(c.Identities)
	c.Rekey(change, minute(9))
	require.Equal(t, once, c, "doing it again changes nothing")

	c.Learn(new(hello("late", 7, old...)))
	require.NotContains(t, c.Keys, old[1].Key(), "an old message does not bring them back")
	c.Learn(new(hello("back", 20, old...)))
	require.Contains(t, c.Keys, old[1].Key(), "but the person may take the number up again")
	c.Rekey(change, minute(9))
	require.Contains(t, c.Keys, old[1].Key(), "and an old change does not take it away then")
}

func TestAnIdentityOnBothSidesOfAChangeStays(t *testing.T) {
	c := NewContact(new(hello("a", 5, bsuid("GB.1"), phone("+1"))))
	c.Rekey(IdentityChange{Old: []Identity{bsuid("GB.1"), phone("+1")}, New: []Identity{bsuid("GB.1"), phone("+2")}}, minute(9))
	require.ElementsMatch(t, []string{bsuid("GB.1").Key(), phone("+2").Key()}, c.Keys)
}

func TestAbsorbingTakesWhatIsBetterThere(t *testing.T) {
	a, b := NewContact(new(hello("a", 5, phone("+1")))), NewContact(new(hello("b", 3, phone("+2"))))
	b.Channels, b.MergedFrom = []Channel{Instagram}, []string{"earlier"}
	require.NoError(t, a.Set(FieldName, "Kept", 9, "Bo", minute(10)))
	require.NoError(t, b.Set(FieldName, "Other", 9, "Bo", minute(11)))
	require.NoError(t, b.Set(FieldEmail, "b@example.com", 0, "Bo", minute(11)))
	require.NoError(t, a.AddLabel("tier::gold", "Bo", second(1)))
	require.NoError(t, b.AddLabel("tier::silver", "Bo", second(1)))
	require.NoError(t, b.AddLabel("vip", "Bo", second(1)))
	require.NoError(t, a.SetAttribute("size", "M", "", "Bo", second(1)))
	require.NoError(t, b.SetAttribute("size", "L", "", "Bo", second(1)))
	require.NoError(t, b.SetAttribute("shoe", "42", "", "Bo", second(1)))
	a.Absorb(b)
	require.Equal(t, "Kept", a.Name)
	require.Equal(t, "b@example.com", a.Email)
	require.Equal(t, []string{"tier::gold", "vip"}, a.Labels)
	require.Equal(t, []Attribute{{"shoe", "42"}, {"size", "M"}}, a.Attributes)
	require.ElementsMatch(t, []string{phone("+1").Key(), phone("+2").Key()}, a.Keys)
	require.Equal(t, []Channel{Instagram, WhatsApp}, a.Channels)
	require.Equal(t, minute(3), a.CreatedAt)
	require.ElementsMatch(t, []string{b.ID, "earlier"}, a.MergedFrom)

	b.MergeInto(a.ID, "m1")
	require.NotEmpty(t, b.Keys, "until the other has said that it takes them, they lead to this one")
	b.GiveUpKeys()
	require.Empty(t, b.Keys)
	require.NotNil(t, b.Keys)
	require.Equal(t, a.ID, b.MergedInto)
	b.Reindex()
	require.Empty(t, b.Keys, "an alias stays without keys")
}

func learnEvent(t *rapid.T, i int) Event {
	ids := []Identity{bsuid("US.1"), phone("+12025550143"), phone("+12025550144"), {Channel: WebWidget, Kind: IdentityVisitor, Value: "v"}}
	e := Event{
		ID: fmt.Sprint(i), Kind: rapid.SampledFrom([]Kind{KindMessage, KindEcho, KindStatus, KindSystem}).Draw(t, "kind"),
		Channel:    rapid.SampledFrom([]Channel{WhatsApp, WebWidget}).Draw(t, "channel"),
		Identities: rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 3, Identity.Key).Draw(t, "ids"),
		Timestamp:  minute(rapid.IntRange(0, 5).Draw(t, "at")),
	}
	e.ContactName = rapid.SampledFrom([]string{"", "Ada", "Ada Quill"}).Draw(t, "name")
	e.Verified = rapid.Bool().Draw(t, "verified")
	e.Aliases = map[string]string{"email": rapid.SampledFrom([]string{"", "a@example.com", "b@example.com"}).Draw(t, "email")}
	if kind := rapid.SampledFrom([]string{"", "name", "email", "phone"}).Draw(t, "claim"); kind != "" {
		e.Claims = map[string]string{kind: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "claimed")}
	}
	if l := rapid.SampledFrom([]string{"", "en-US", "de-AT"}).Draw(t, "locale"); l != "" {
		e.Session = &Session{Locale: l}
	}
	if rapid.Bool().Draw(t, "profile") { // complete: an incomplete one keeps what an earlier one said
		e.Profile = &Profile{
			Channel: e.Channel, Name: rapid.SampledFrom([]string{"Ada", "Bo"}).Draw(t, "profile name"), Username: rapid.SampledFrom([]string{"ada", "bo"}).Draw(t, "username"),
		}
	}
	return e
}

func TestAnyOrderOfEventsTeachesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var events []Event
		for i := range rapid.IntRange(1, 8).Draw(t, "events") {
			events = append(events, learnEvent(t, i))
		}
		var a, b Contact
		for i := range events {
			a.Learn(&events[i])
			if a.Learn(&events[i]) {
				t.Fatal("learned the same twice")
			}
		}
		for _, e := range shuffled(t, events) {
			b.Learn(&e)
		}
		if d := cmp.Diff(a, b, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-in order +shuffled:\n%s", d)
		}
	})
}

func TestAnyOrderOfChangesLeavesTheSameIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type step struct {
			event  *Event
			change IdentityChange
			at     time.Time
		}
		ids := []Identity{phone("+1"), phone("+2"), phone("+3")}
		var steps []step
		for i := range rapid.IntRange(1, 6).Draw(t, "steps") {
			at := rapid.IntRange(0, 9).Draw(t, "at")
			pair := rapid.Permutation(ids).Draw(t, "pair")
			if rapid.Bool().Draw(t, "change") {
				steps = append(steps, step{change: IdentityChange{Old: pair[:1], New: pair[1:2]}, at: minute(at)})
			} else {
				steps = append(steps, step{event: new(hello(fmt.Sprint(i), at, pair[0]))})
			}
		}
		var a, b Contact
		run := func(c *Contact, s step) {
			if s.event != nil {
				c.Learn(s.event)
			} else {
				c.Rekey(s.change, s.at)
			}
		}
		for _, s := range steps {
			run(&a, s)
		}
		for _, s := range rapid.Permutation(steps).Draw(t, "order") {
			run(&b, s)
		}
		if d := cmp.Diff(a.Keys, b.Keys); d != "" {
			t.Fatalf("-in order +shuffled:\n%s", d)
		}
	})
}

func TestSearchFindsPeopleByWhatAgentsType(t *testing.T) {
	e := hello("e", 1, phone("+12025550143"))
	e.ContactName = "Ada-Zoë Quill"
	c := NewContact(&e)
	require.NoError(t, c.Set(FieldEmail, "ada.quill@shop.example", 0, "Bo", minute(2)))
	for _, query := range []string{
		"Quill", "ada", "zoe", "ADA-ZOË", "quill ada", "+1202", "202555", "0143", "+1 (202) 555-0143", "555-0143", "2025550143", "ada.quill@sh", "shop.ex",
		"adaquill", "@adaquill", "  quill, ",
	} {
		words := SearchWords(query)
		require.NotEmpty(t, words, query)
		for _, w := range words {
			require.True(t, slices.ContainsFunc(c.Terms, func(term string) bool { return len(term) >= len(w) && term[:len(w)] == w }), "%q: %q in %v", query, w, c.Terms)
		}
	}
	require.Empty(t, SearchWords("  "))
	require.Empty(t, SearchWords("\x00 !"))
}

func TestTermsAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c Contact
		for i := range 40 {
			c.Identities = append(c.Identities, phone(fmt.Sprint("+1202555", 1000+i)))
		}
		c.Name = rapid.String().Draw(t, "name")
		c.Email = rapid.String().Draw(t, "email")
		c.Claims = []Claim{{Kind: "phone", Value: rapid.String().Draw(t, "claim")}}
		c.Reindex()
		if len(c.Terms) > maxTerms {
			t.Fatalf("%d terms", len(c.Terms))
		}
		for _, term := range c.Terms {
			if term == "" || len(term) > maxTermLength {
				t.Fatalf("%q", term)
			}
		}
		for _, w := range SearchWords(c.Name) {
			if len(w) > maxTermLength {
				t.Fatalf("%q", w)
			}
		}
	})
}

func BenchmarkLearn(b *testing.B) {
	b.ReportAllocs()
	e := hello("e", 0, bsuid("US.1"), phone("+12025550143"))
	c := NewContact(&e)
	for i := 0; b.Loop(); i++ {
		e.Timestamp = minute(i)
		c.Learn(&e)
	}
}

// minute is a moment of a contact's story: "seen" marks move once a minute.
func minute(n int) time.Time { return second(60 * n) }
