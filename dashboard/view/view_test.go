package view

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

func TestRelativeTime(t *testing.T) {
	t.Parallel()
	clock := NewClock(noon, "Europe/Berlin")
	for age, want := range map[time.Duration]string{
		-time.Hour: "now", 0: "now", 44 * time.Second: "now", 50 * time.Second: "1 min", 59 * time.Minute: "59 min", time.Hour: "1 h", 23 * time.Hour: "23 h",
		24 * time.Hour: "1 d", 6 * 24 * time.Hour: "6 d", 8 * 24 * time.Hour: "27 Sept", 300 * 24 * time.Hour: "9 Dec 2025",
	} {
		require.Equal(t, want, clock.Moment(noon.Add(-age)).Relative, age.String())
	}
	require.Equal(t, Moment{ISO: "2026-10-05T12:00:00Z", Exact: "Mon, 5 Oct 2026, 14:00:00 CEST", Relative: "now", Clock: "14:00"}, clock.Moment(noon))
	require.Zero(t, clock.Moment(time.Time{}))
	for _, zone := range []string{"", "Local", "Nowhere/At_All", "../../etc/passwd"} {
		require.Equal(t, time.UTC, NewClock(noon, zone).Zone, zone)
	}
}

func TestDaysFollowTheViewersCalendar(t *testing.T) {
	t.Parallel()
	tokyo := NewClock(noon, "Asia/Tokyo") // 21:00 on the 5th
	require.Equal(t, "Today", tokyo.day(noon.Add(-20*time.Hour)))
	require.Equal(t, "Yesterday", tokyo.day(noon.Add(-22*time.Hour)))
	require.Equal(t, "Friday 2 October", tokyo.day(noon.AddDate(0, 0, -3)))
	require.Equal(t, "Sunday, 5 October 2025", tokyo.day(noon.AddDate(-1, 0, 0)))
	berlin := NewClock(time.Date(2026, 10, 25, 11, 0, 0, 0, time.UTC), "Europe/Berlin") // the day the clocks go back
	require.Equal(t, "Yesterday", berlin.day(time.Date(2026, 10, 24, 10, 30, 0, 0, time.UTC)))
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ana Sample": "AS", "ana": "A", "": "", "  ": "", "+49 30 1234": "", "🦄": "", "@ana.sample": "A", "Sinéad O'Connor": "SO", "Jürgen von der Groß": "JG", "محمد علي": "مع", "(Dr.) Who": "DW", "\xff\xfe": "",
	} {
		require.Equal(t, want, initials(name), name)
	}
}

func TestContactName(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]chat.Contact{
		"Ana":                   {Name: "Ana", Phone: "+1"},
		"Profile":               {Profiles: []chat.Profile{{}, {Name: "Profile", Username: "u"}}, Phone: "+1"},
		"@u":                    {Profiles: []chat.Profile{{Username: "u"}}},
		"+1202":                 {Phone: "+1202"},
		"Visitor 369c5e":        {Identities: []chat.Identity{{Channel: chat.WebWidget, Kind: chat.IdentityVisitor, Value: "e9bf992a-2129fb369c5e"}}},
		"Instagram user 567890": {Identities: []chat.Identity{{Channel: chat.Instagram, Kind: chat.IdentityIGSID, Value: "1234567890"}}},
		"WhatsApp user ab":      {Identities: []chat.Identity{{Channel: chat.WhatsApp, Kind: chat.IdentityBSUID, Value: "ab"}}},
		"Unknown person":        {},
	} {
		require.Equal(t, want, ContactName(&c))
	}
}

func TestLinksAreOnlyOfferedForTheWeb(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://shop.example/x?y#z": "https://shop.example/x?y#z", "http://shop.example": "http://shop.example", "HTTPS://Shop.example": "https://Shop.example",
		"javascript:alert(1)": "", "data:text/html,x": "", "//evil.example": "", "/inbox": "", "https://": "", "https://user:pass@evil.example": "", "ftp://x.example": "", "": "", "https://a b": "",
		"java\nscript:alert(1)": "",
	} {
		require.Equal(t, want, Link(address), address)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	got := Segments("See https://shop.example/a?b=1. Or (http://x.example/y), not javascript:alert(1) https:// https://u:p@e.example!")
	require.Equal(t, []Segment{
		{Text: "See "},
		{Text: "https://shop.example/a?b=1", URL: "https://shop.example/a?b=1"},
		{Text: ". Or ("},
		{Text: "http://x.example/y", URL: "http://x.example/y"},
		{Text: "), not javascript:alert(1) https://"},
		{Text: " https://u:p@e.example"},
		{Text: "!"},
	}, got)
	require.Equal(t, "http://ok.example/", Segments("http://ok.example/\u202emoc")[0].Text, "a change of direction ends an address")
	require.LessOrEqual(t, len(Segments(strings.Repeat("https://a.example ", 1000))), 2*maxLinks+1)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringOf(rapid.SampledFrom([]rune("htps:/. \n<>\"'()javé\u202e😀@"))).Draw(t, "text") + rapid.SampledFrom([]string{"", "https://a.example/", "http://"}).Draw(t, "end")
		in += strings.Repeat("x", rapid.IntRange(0, 3*longestWord).Draw(t, "long"))
		var all strings.Builder
		for _, s := range Segments(in) {
			all.WriteString(s.Text)
			if s.URL != "" {
				require.Regexp(t, "^https?://", s.URL)
			}
			for word := range strings.FieldsSeq(s.Text) {
				require.LessOrEqual(t, utf8.RuneCountInString(word), longestWord+1)
			}
		}
		if !strings.Contains(all.String(), "…") { // the text of a very long address is shortened
			require.Equal(t, in, all.String(), "not a letter is lost")
		}
	})
}

func TestNothingOverwhelmsTheBrowser(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("W", 65536)
	require.Len(t, Segments(long), 65536/longestWord+1)
	m := chat.Message{ID: "1", Type: long, Text: "x", Content: chat.Content{
		Media: []chat.Media{{Type: long, Filename: long, Caption: long, MimeType: long}}, Location: &chat.MapLocation{Name: long, Address: long},
		Cards: []chat.ContactCard{{Name: long, Org: long, Phones: []string{long}}}, Order: &chat.Order{CatalogID: long, Items: []chat.OrderItem{{ProductID: long}}},
		Referral: &chat.Referral{Headline: long, Body: long, Ref: long}, RawType: long, Notes: []chat.Fact{{Name: "n", Value: long}},
		Interactive: &chat.Interactive{Type: "nfm_reply", Title: long, Description: long},
	}}
	shown := fmt.Sprintf("%+v", *message(&m, nil, &ThreadInput{Clock: NewClock(noon, "")}))
	require.NotRegexp(t, "W{301}", shown)
	require.LessOrEqual(t, len([]rune(ContactName(&chat.Contact{Name: long}))), 301)
}

func TestLabelColours(t *testing.T) {
	t.Parallel()
	defined := []chat.LabelDefinition{{Name: "vip", Color: "violet"}, {Name: "odd", Color: `"><script>`}}
	got := Labels([]string{"vip", "odd", "a::b::c", "free"}, defined)
	require.Equal(t, Label{Name: "vip", Word: "vip", Color: "violet"}, got[0])
	require.Contains(t, Palette(), got[1].Color, "a colour that is none never becomes a class")
	require.Equal(t, "a::b", got[2].Scope)
	require.Equal(t, "c", got[2].Word)
	require.Equal(t, got[3], Labels([]string{"free"}, nil)[0], "the colour depends on the name only")
}

func TestFirstUnread(t *testing.T) {
	t.Parallel()
	messages := []chat.Message{
		{ID: "1", Direction: chat.Inbound},
		{ID: "2", Direction: chat.Outbound},
		{ID: "3", Direction: chat.Inbound, Flags: []string{chat.FlagHistory}},
		{ID: "4", Direction: chat.Inbound},
		{ID: "5", Direction: chat.Outbound},
	}
	for unread, want := range map[int64]string{-1: "", 0: "", 1: "4", 2: "1", 3: ""} {
		require.Equal(t, want, FirstUnread(messages, unread), "%d unread", unread)
	}
}

func thread(n int, step time.Duration) []chat.Message {
	var out []chat.Message
	for i := range n {
		out = append(out, chat.Message{ID: fmt.Sprint(i), MessageID: fmt.Sprint(i), Direction: chat.Inbound, Type: "text", Text: "x", Timestamp: noon.Add(time.Duration(i) * step)})
	}
	return out
}

func TestItems(t *testing.T) {
	t.Parallel()
	in := ThreadInput{
		Messages: thread(4, 10*time.Hour), Oldest: true, Newest: true, Marker: "2", Unread: 2, Contact: "Ana", Clock: NewClock(noon.AddDate(0, 0, 1), "UTC"),
		Timeline: []chat.TimelineEntry{{ID: "late", Type: "closed", At: noon.Add(50 * time.Hour)}, {ID: "first", Type: "created", At: noon.Add(-time.Second)}},
	}
	var got []string
	for _, item := range Items(&in) {
		switch {
		case item.Day != "":
			got = append(got, "day "+item.Day)
		case item.Unread != nil:
			got = append(got, item.Unread.Count+" unread")
		case item.Event != nil:
			got = append(got, "event "+item.Event.ID)
		case item.Message != nil:
			got = append(got, "message "+item.Message.ID)
		}
	}
	require.Equal(t, []string{
		"day Yesterday", "event first", "message 0", "message 1", "day Today", "2 unread", "message 2", "message 3", "day Wednesday 7 October", "event late",
	}, got)
}

func TestEventsOfOtherPagesStayThere(t *testing.T) {
	t.Parallel()
	in := ThreadInput{
		Messages: thread(2, time.Hour), Clock: NewClock(noon, "UTC"),
		Timeline: []chat.TimelineEntry{{ID: "before", At: noon.Add(-time.Hour)}, {ID: "between", At: noon.Add(time.Minute)}, {ID: "after", At: noon.Add(2 * time.Hour)}},
	}
	ids := func() (out []string) {
		for _, item := range Items(&in) {
			if item.Event != nil {
				out = append(out, item.Event.ID)
			}
		}
		return out
	}
	require.Equal(t, []string{"between"}, ids())
	in.Oldest = true
	require.Equal(t, []string{"before", "between"}, ids())
	in.Newest = true
	require.Equal(t, []string{"before", "between", "after"}, ids())
	in.Messages = nil
	require.Len(t, ids(), 3)
}

func TestGroupedMessagesShareAHeading(t *testing.T) {
	t.Parallel()
	messages := thread(4, 4*time.Minute)
	messages[2].Direction = chat.Outbound
	in := ThreadInput{Messages: messages, Clock: NewClock(noon, "UTC")}
	var grouped []bool
	for _, item := range Items(&in) {
		if item.Message != nil {
			grouped = append(grouped, item.Message.Grouped)
		}
	}
	require.Equal(t, []bool{false, true, false, false}, grouped)
}

func TestAnEditedCaptionIsShownOnce(t *testing.T) {
	t.Parallel()
	m := chat.Message{ID: "1", Type: "image", Text: "before", Content: chat.Content{Media: []chat.Media{{ID: "1", Type: "image", Caption: "before"}}}}
	shown := func() string {
		return fmt.Sprintf("%+v", message(&m, nil, &ThreadInput{Clock: NewClock(noon, "")}).Media)
	}
	require.NotContains(t, shown(), "before", "it is the text of the message")
	m.Act(chat.Act{EventID: "e", Kind: chat.KindEdit, Text: "after", At: noon})
	require.NotContains(t, shown(), "before", "and was that before the edit")
}

func TestDeletedMessageShowsNothingOfItself(t *testing.T) {
	t.Parallel()
	m := chat.Message{ID: "1", Deleted: true, Text: "secret", Content: chat.Content{Media: []chat.Media{{Filename: "secret"}}}, Edit: &chat.Edit{Original: "secret"}}
	require.NotContains(t, fmt.Sprintf("%+v", *message(&m, nil, &ThreadInput{Clock: NewClock(noon, "")})), "secret")
	answer := chat.Message{ID: "2", ReplyTo: "x"}
	m.MessageID = "x"
	require.Equal(t, "Deleted message", quote(&answer, map[string]*chat.Message{"x": &m}, &ThreadInput{}).Text)
}

func TestStatusWords(t *testing.T) {
	t.Parallel()
	of := func(status string, direction chat.Direction) *Status {
		return status1(chat.Message{Direction: direction, Status: status, Statuses: []chat.StatusMark{{Status: status, At: noon, Errors: []chat.DeliveryError{{Code: 7, Title: "Why", Detail: "Because"}}}}})
	}
	require.Nil(t, of("read", chat.Inbound))
	require.Nil(t, of("", chat.Outbound))
	require.Equal(t, "Delivered", of("delivered", chat.Outbound).Word)
	require.Equal(t, "Why. Because (7)", of("failed", chat.Outbound).Error)
	odd := of(`"><x`, chat.Outbound)
	require.Equal(t, "other", odd.Key, "a word of the platform never becomes a class")
}

func status1(m chat.Message) *Status { return status(&m, NewClock(noon, "")) }

func TestWaiting(t *testing.T) {
	t.Parallel()
	for age, level := range map[time.Duration]string{time.Minute: "calm", 20 * time.Minute: "soon", 2 * time.Hour: "long"} {
		c := chat.Conversation{Waiting: noon.Add(-age), State: chat.StateOpen}
		require.Equal(t, level, waiting(&c, NewClock(noon, "")).Level, age.String())
		c.State = chat.StateClosed
		require.Nil(t, waiting(&c, NewClock(noon, "")))
	}
}

func TestConflictInWords(t *testing.T) {
	t.Parallel()
	got := ConflictOf(&chat.ConflictError{Field: chat.FieldCountry, Theirs: "DE", By: "", At: noon.Add(-3 * time.Second), Version: 8}, "BR", NewClock(noon, ""))
	require.Equal(t, &Conflict{Theirs: "Germany", By: "somebody", Ago: "3 s ago", Version: 8, Mine: "Brazil"}, got)
}

func TestCSRFHeaderIsNeverMarkup(t *testing.T) {
	t.Parallel()
	require.Equal(t, `hx-headers:inherited='{"X-CSRF-Token":"Ab1"}'`, string(csrfHeader("Ab1")))
	for _, bad := range []string{`'><script>`, `a"b`, "a b", "é"} {
		require.Empty(t, csrfHeader(bad))
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	clock, from := NewClock(noon, "UTC"), noon.Add(-2*time.Hour)
	require.Equal(t, "Since 5 Oct, 10:00", clock.Span(from, time.Time{}))
	require.Equal(t, "5 Oct, 10:00", clock.Span(from, from.Add(30*time.Second)), "over within the minute")
	require.Equal(t, "5 Oct, 10:00 to 11:00", clock.Span(from, from.Add(time.Hour)))
	require.Equal(t, "5 Oct, 10:00 to 6 Oct, 10:00", clock.Span(from, from.Add(24*time.Hour)))
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "1 s", 59 * time.Second: "59 s", 4 * time.Minute: "4 min", 3 * time.Hour: "3 h", 72 * time.Hour: "3 d"} {
		require.Equal(t, want, NewClock(noon, "").Duration(d))
	}
	for tag, want := range map[string]string{"de": "4 Std.", "pt-BR": "4 h", "ar-EG": "٤ س", "ja": "4 時間"} {
		clock := NewClock(noon, "").For(LocaleFor(tag, ""))
		plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace
		require.Equal(t, want, plain(clock.Duration(4*time.Hour)))
		w := waiting(&chat.Conversation{Waiting: noon.Add(-4 * time.Hour), State: chat.StateOpen}, clock)
		require.Equal(t, want, plain(w.For), "a sentence writes time as the dates beside it do")
		require.Equal(t, LocaleFor(tag, "").Language(), w.Since.Lang)
		late := marks(&chat.Message{Late: 4 * time.Hour}, clock)
		require.Equal(t, "arrived "+want+" late", plain(late[0].Text))
	}
	german := NewClock(noon, "UTC").For(LocaleFor("de", ""))
	require.Equal(t, "morgen 09:00", german.Ahead(time.Date(noon.Year(), noon.Month(), noon.Day()+1, 9, 0, 0, 0, time.UTC)))
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "999+"} {
		require.Equal(t, want, NewClock(noon, "").Count(n))
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 18230: "18,230", 1234567: "1,234,567"} {
		require.Equal(t, want, LocaleFor("", "").Number(n))
	}
	for n, want := range map[int64]string{999: "999 B", 182044: "182 kB", 4182044: "4.2 MB"} {
		require.Equal(t, want, Size(n))
	}
}
