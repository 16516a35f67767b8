package view

import (
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

func TestStamps(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	clock := NewClock(at.Add(time.Minute), "Europe/Berlin")
	require.Equal(t, Stamp{}, clock.Day(time.Time{}))
	require.Equal(t, Stamp{ISO: "2026-10-05T12:00:00Z", Exact: "Mon, 5 Oct 2026, 14:00:00 CEST", Text: "5 Oct"}, clock.Day(at), "a day, not 'now'")
	require.Equal(t, "5 Oct, 14:00", clock.Stamp(at).Text)
	german := clock.For(LocaleFor("de", ""))
	require.Equal(t, "de", german.Stamp(at).Lang)
}

func TestCountsAreInTheViewersDigits(t *testing.T) {
	t.Parallel()
	egypt := NewClock(time.Now(), "").For(LocaleFor("ar-EG", ""))
	require.Equal(t, "١٢", egypt.Count(12))
	require.Equal(t, "٩٩٩+", egypt.Count(4000))
	require.Equal(t, "٣ members", egypt.several(3, "member"))
	german := NewClock(time.Now(), "").For(LocaleFor("de", ""))
	require.Equal(t, "1.000 or more contacts", german.several(1000, "contact"))
	require.Equal(t, "1 contact", german.several(1, "contact"))
}

func TestSentencesWriteNumbersAsTheViewerDoes(t *testing.T) {
	t.Parallel()
	egypt := NewClock(time.Now(), "").For(LocaleFor("ar-EG", ""))
	german := NewClock(time.Now(), "").For(LocaleFor("de", ""))
	failures := []BulkFailure{{"Ana", "gone"}, {"Bea", "gone"}, {"Cem", "gone"}, {"Dee", "gone"}, {"Eve", "gone"}}
	require.Equal(t, "١٢ done", BulkResult{Done: 12, Clock: egypt}.Text())
	require.Equal(t, "1.200 done, 5 could not. Ana: gone; Bea: gone; Cem: gone; and 2 more", BulkResult{Done: 1200, Failed: failures, Clock: german}.Text())
	require.Equal(t, "٠ done, ٥ could not", BulkResult{Failed: failures, Clock: egypt}.Title())
	require.Equal(t, []string{"٢ contacts labelled “vip”.", "٣ stayed as they were.", "١ could not be changed: it is not there any more."},
		LabelResult{Label: "vip", Said: "labelled", Done: 2, Unchanged: 3, Failed: []string{"it is not there any more"}, Clock: egypt}.Sentences())
	require.Equal(t, "", egypt.Counted(0, 50, "note"))
	require.Equal(t, "١ note", egypt.Counted(1, 50, "note"))
	require.Equal(t, "٥٠ or more notes", egypt.Counted(50, 50, "note"))
	require.Equal(t, "٢ more", Watch{People: make([]Colleague, 5), Clock: egypt}.More())

	keep, gone := chat.Contact{ID: "a"}, chat.Contact{ID: "b", Labels: []string{"vip"}, Identities: make([]chat.Identity, 3)}
	talks := []chat.Conversation{{Channel: chat.WhatsApp}, {Channel: chat.WhatsApp}}
	preview := MergePreviewOf(&MergeInput{Keep: &keep, Gone: &gone, Page: "a", Conversations: talks, More: true, Clock: egypt})
	require.Equal(t, []string{"٢ conversations or more on WhatsApp", "٣ identities", "١ label"}, preview.Moves)
	undo := UndoPreviewOf(&chat.Merge{Into: "a"}, &chat.Split{Survivor: keep, Returned: chat.Contact{ID: "b", Labels: []string{"vip", "press"}}}, 4, "", egypt)
	require.Equal(t, []string{"٤ conversations", "٢ labels"}, undo.Back)
}

func TestLocaleNames(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"": "", "de": "German", "de-DE": "German (Germany)", "pt_br": "Portuguese (Brazil)", "zh-Hant-TW": "Chinese (Taiwan)", "en-150": "English", "xx-YY": "xx-YY", "-": "",
	} {
		require.Equal(t, want, LocaleName(tag), tag)
	}
}

func TestLocalTimeOfAPerson(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC), "")
	visits := []chat.Conversation{
		{Session: chat.Session{}},
		{Session: chat.Session{TimeZone: "Asia/Tokyo", Geo: &chat.Geo{TimeZone: "Europe/Berlin"}}},
		{Session: chat.Session{TimeZone: "Europe/Paris"}},
	}
	for zone, c := range map[string]*ContactInput{
		"":                 {Contact: &chat.Contact{}, Clock: clock},
		"America/New York": {Contact: &chat.Contact{TimeZone: "America/New_York"}, Conversations: visits, Clock: clock},
		"Asia/Tokyo":       {Contact: &chat.Contact{}, Conversations: visits, Clock: clock}, // what the browser says, before what its address allows to guess
		"Europe/Berlin":    {Contact: &chat.Contact{}, Conversations: []chat.Conversation{{Session: chat.Session{Geo: &chat.Geo{TimeZone: "Europe/Berlin"}}}}, Clock: clock},
	} {
		p := ContactPanelOf(c)
		require.Equal(t, zone, p.Zone)
		require.Equal(t, zone != "", p.LocalTime != "")
	}
}

func TestFollowState(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Now(), "")
	for want, p := range map[string]chat.Profile{
		"@u":                              {Username: "u"}, // only the name is known
		"@u · 12 followers · follows you": {Username: "u", FollowerCount: 12, Follows: true},
		"@u · 12 followers · does not follow you":           {Username: "u", FollowerCount: 12},
		"@u · 12 followers · follows you · you follow them": {Username: "u", FollowerCount: 12, Follows: true, Followed: true},
	} {
		p.Channel = chat.Instagram
		got := profiles(&chat.Contact{Profiles: []chat.Profile{p}}, clock)
		require.Equal(t, []Fact{{Name: "Instagram", Value: want}}, got)
	}
}

func TestLabelUse(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Now(), "")
	for want, n := range map[string][2]int64{"": {}, "1 conversation": {1, 0}, "2 contacts": {0, 2}, "1,000 or more conversations and 1 contact": {1000, 1}} {
		require.Equal(t, want, clock.labelUse(n[0], n[1]))
	}
}

func TestPeopleOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Now(), "")
	known := PersonResult(&chat.Contact{ID: "a", Name: "Ana", Phone: "+12025550143", Channels: []chat.Channel{chat.WhatsApp}}, "ana", clock)
	require.Empty(t, known.Context, "the number says more")
	require.NotEmpty(t, known.Snippet)
	unknown := PersonResult(&chat.Contact{ID: "b", Name: "Ana", Channels: []chat.Channel{chat.WhatsApp, chat.Instagram}}, "ana", clock)
	require.Equal(t, "WhatsApp · Instagram", unknown.Context)
}
