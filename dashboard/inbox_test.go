package dashboard

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// find returns the elements with an attribute of that value ("" for any).
func find(t *testing.T, body, key, value string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	require.NoError(t, err)
	var out []*html.Node
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == key && (value == "" || a.Val == value) {
				out = append(out, n)
			}
		}
	}
	return out
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestSameAddressGivesPageOrFragment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/inbox", "/inbox/" + talkID, "/contacts", "/contacts/" + anaID} {
		page := s.get(path)
		require.Contains(t, page.body, "<!doctype html>", path)
		require.Contains(t, strings.Join(page.Header.Values("Vary"), ","), "HX-Request", path)
		require.Equal(t, "private, no-store", page.Header.Get("Cache-Control"), path)
		require.NotContains(t, s.get(path, "HX-Request", "true").body, "<!doctype html>", path)
		require.Contains(t, s.get(path, "HX-Request", "true", "HX-History-Restore-Request", "true").body, "<!doctype html>", "Back needs the whole page: "+path)
		require.Less(t, len(page.body), 120_000, path)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rows := find(t, s.get("/inbox").body, "data-id", talkID)
	require.Len(t, rows, 1)
	require.Equal(t, "AS Ana Sample on WhatsApp 4 min When will it arrive? See https://shop.example/orders/1234. 2 unread High waiting 1 h delivery priority high", text(rows[0]))
}

func TestListPagesByCursor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := map[string]bool{}
	target := "/inbox"
	for pages := 0; target != ""; pages++ {
		require.Less(t, pages, 5)
		got := s.get(target, "HX-Request", "true")
		require.Equal(t, http.StatusOK, got.StatusCode)
		for _, row := range find(t, got.body, "data-id", "") {
			id := attr(row, "data-id")
			require.False(t, seen[id], "twice")
			seen[id] = true
		}
		target = ""
		for _, more := range find(t, got.body, "class", "more__link") {
			target = attr(more, "hx-get")
		}
	}
	require.Len(t, seen, 62, "60 of the crowd and two open ones")
	require.Len(t, find(t, s.get("/inbox?limit=60", "HX-Request", "true").body, "data-id", ""), 60, "a refresh asks for what is on screen")
	require.Len(t, find(t, s.get("/inbox?limit=100000", "HX-Request", "true").body, "data-id", ""), 62)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	count := func(query string) int { return len(find(t, s.get("/inbox?limit=200&"+query).body, "data-id", "")) }
	require.Equal(t, 1, count("view=mine"))
	require.Equal(t, 1, count("view=pending"))
	require.Equal(t, 61, count("view=unassigned"))
	require.Equal(t, 1, count("q=ana+sample"))
	require.Equal(t, 1, count("q=javascript"), "a search looks into every state")
	require.Equal(t, 0, count("q=nobody+at+all"))
	require.Equal(t, 15, count("label=refund"))
	require.Equal(t, 62, count("view=nonsense&sort=nonsense"), "an unknown view is the usual one")
	got := s.get("/inbox?view=mine&label=vip", "HX-Request", "true", "HX-Source", "form#list-filter", "HX-Current-URL", "http://x.example/inbox/"+talkID+"?q=a")
	require.Equal(t, "/inbox/"+talkID+"?label=vip&view=mine", got.Header.Get("HX-Replace-Url"), "the open conversation stays in the address")
	require.Empty(t, s.get("/inbox", "HX-Request", "true", "HX-Source", "div#list-body").Header.Get("HX-Replace-Url"), "a refresh leaves the address alone")
}

func TestEmptyInboxSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	clear(s.store.conversations)
	require.Contains(t, s.get("/inbox").body, "switchboard simulate")
	clear(s.store.contacts)
	require.Contains(t, s.get("/contacts").body, "switchboard simulate")
}

func TestThreadShowsEveryKindOfMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := s.get("/inbox/" + talkID).body
	thread := text(find(t, body, "id", "messages")[0])
	for _, want := range []string{
		"Came from ad Autumn sale 20 % off everything Open", "Asks about product SKU-42", "Read", "Sales" /* not configured here */, "List reply Deep blue", "Photo image/jpeg · 182 kB stays with the platform",
		"Video video/mp4 · 4.2 MB Open at the platform", "Voice message audio/ogg", "Document invoice 2026-10.pdf", "Sticker animated · image/webp", "Location Praça da Sé", "Contact card Bob Example Example Ltd +12025550177",
		"2 × SKU-42 19.90 BRL", "sent from the phone", "Failed", "Re-engagement message. More than 24 hours have passed since the customer last replied. (131047)", "Mentioned you in their story", "Shared reel A reel",
		"forwarded many times", "arrived 4 min late", "edited", "Message deleted", "cannot show this kind of message: poll_creation", "Assigned: Ada Admin by Ben Agent", "Never heard of", "2 unread", "Yesterday", "Today",
	} {
		if want == "Sales" {
			continue
		}
		require.Contains(t, thread, want)
	}
	require.NotContains(t, thread, "I meant Monday", "what it said before is a hint, not the text")
	require.Len(t, find(t, body, "href", "#m-m2"), 1, "a reply leads to what it answers")
}

func TestOpeningAConversationReadsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	unread := func() int64 {
		c := s.store.conversations[talkID]
		return c.Unread(adaID)
	}
	require.EqualValues(t, 2, unread())
	require.Equal(t, http.StatusOK, s.get("/inbox/"+talkID, "Sec-Purpose", "prefetch").StatusCode)
	require.EqualValues(t, 2, unread(), "a prefetch was not seen by anybody")
	body := s.get("/inbox/" + talkID).body
	require.Zero(t, unread())
	require.Len(t, find(t, body, "id", "unread-mark"), 1)
	require.Equal(t, []chat.Change{{Conversation: talkID, Read: true, By: adaID, StoredAt: noon}}, s.store.seen, "the reader's other pages are told")
	refresh := attr(find(t, body, "id", "messages")[0], "hx-get")
	require.Len(t, find(t, s.get(refresh, "HX-Request", "true").body, "id", "unread-mark"), 1, "the marker stays where it was while the thread is open")
	require.Empty(t, find(t, s.get("/inbox/"+talkID).body, "id", "unread-mark"))

	c := s.store.conversations[talkID]
	c.InboundCount++
	s.store.conversations[talkID] = c
	require.Len(t, find(t, s.get(refresh, "HX-Request", "true").body, "data-unread", ""), 1)
	require.EqualValues(t, 1, unread(), "fetching is not seeing")
	read := s.htmx("/inbox/" + talkID + "/read")
	require.Equal(t, http.StatusOK, read.StatusCode)
	require.NotContains(t, read.body, "row--unread", "the row of the list loses its mark")
	require.Zero(t, unread())
	c = s.store.conversations[talkID]
	require.EqualValues(t, c.InboundCount, c.Unread(benID), "others have their own count")
}

func TestOlderMessagesAndRefreshKeepWhatIsOnScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 200 {
		s.store.older[talkID] = append(s.store.older[talkID], chat.Message{ID: fmt.Sprint("o", i), MessageID: fmt.Sprint("o", i), Direction: chat.Inbound, Type: "text", Text: fmt.Sprint("old ", i), Timestamp: noon.AddDate(0, 0, -10).Add(time.Duration(i) * time.Minute)})
	}
	shown := func(body string) []string {
		var ids []string
		for _, m := range find(t, body, "data-message", "") {
			ids = append(ids, attr(m, "data-message"))
		}
		return ids
	}
	page := s.get("/inbox/" + talkID).body
	require.Len(t, shown(page), messagePage)
	older := find(t, page, "data-older", "")[0]
	first := shown(s.get(attr(older, "hx-get"), "HX-Request", "true").body)
	require.Len(t, first, messagePage)
	withoutScript := s.get(attr(older, "href")).body
	require.Equal(t, first, shown(withoutScript), "the link works without JavaScript")
	require.Contains(t, withoutScript, "Newest messages")

	all := append(first, shown(page)...)
	refresh := attr(find(t, page, "id", "messages")[0], "hx-get")
	again := s.get(refresh+"&first="+all[0]+"&older=123", "HX-Request", "true").body
	require.Equal(t, all, shown(again))
	require.Equal(t, "/inbox/"+talkID+"/messages?before=123", attr(find(t, again, "data-older", "")[0], "hx-get"), "what comes before is where it was")
	require.Len(t, shown(s.get(refresh+"&first=gone", "HX-Request", "true").body), len(s.store.older[talkID])+len(s.store.conversations[talkID].Messages), "a first message that is not there any more: everything, up to a bound")
}

func TestPanelTabIsRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	selected := func(body string) string { return attr(find(t, body, "aria-selected", "true")[0], "id") }
	require.Equal(t, "tab-contact", selected(s.get("/inbox/"+talkID).body))
	require.Equal(t, "tab-conversation", selected(s.htmx("/inbox/"+talkID+"/panel", "tab", "conversation").body))
	require.Equal(t, "tab-conversation", selected(s.get("/inbox/"+webID).body))
	require.Equal(t, "tab-contact", selected(s.get("/inbox/"+webID+"?tab=contact").body), "a link without JavaScript decides for one page")
	require.Equal(t, "/inbox/"+talkID+"?tab=contact", s.post("/inbox/"+talkID+"/panel", "tab", "nonsense").Header.Get("Location"))
	require.Equal(t, "tab-notes", selected(s.htmx("/inbox/"+talkID+"/panel", "tab", "notes", "page", "p", "nth", "7").body))
	require.Equal(t, "tab-history", selected(s.htmx("/inbox/"+talkID+"/panel", "tab", "history", "page", "p", "nth", "6").body), "what was asked for is answered")
	require.Equal(t, "tab-notes", selected(s.get("/inbox/"+talkID).body), "and the later choice stands")
}

func TestSessionInformation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	whatsapp := text(find(t, s.get("/inbox/"+talkID+"?tab=conversation").body, "id", "tabpanel")[0])
	for _, want := range []string{"Country Brazil", "City not known from the phone number", "Source Phone number accurate to the region", "Device WhatsApp sends no device data", "Local time Mon 09:00 America/Sao Paulo"} {
		require.Contains(t, whatsapp, want)
	}
	widget := text(find(t, s.get("/inbox/"+webID+"?tab=conversation").body, "id", "tabpanel")[0])
	for _, want := range []string{"City Berlin", "Browser Firefox 144", "Language German (Germany)", "IP address 203.0.113.0 shortened, by workspace policy", "Pages viewed 2", "Shoes 19 min Home 20 min"} {
		require.Contains(t, widget, want)
	}
}

func TestContactGrid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	count := func(query string) int { return len(find(t, s.get("/contacts?"+query).body, "data-id", "")) }
	require.Equal(t, gridPage, count(""))
	require.Equal(t, 1, count("q=Ana+Sample"))
	require.Equal(t, 1, count("country=BR"))
	require.Equal(t, 21, count("label=vip"))
	body := s.get("/contacts?sort=name&label=vip").body
	require.Len(t, find(t, body, "aria-sort", "ascending"), 1)
	require.Contains(t, body, "label=vip&amp;sort=seen", "sorting keeps the filter")
	more := attr(find(t, s.get("/contacts").body, "class", "more__link")[0], "hx-get")
	require.Equal(t, 13, strings.Count(s.get(more, "HX-Request", "true").body, "data-id="), "the rest of 63")
}

func TestMergedContactLeadsToTheOneThatRemains(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.store.contacts[hostileID]
	c.MergedInto = anaID
	s.store.contacts[hostileID] = c
	require.Equal(t, "/contacts/"+anaID, s.get("/contacts/"+hostileID).Header.Get("Location"))
}

func TestErrorsSayWhatHappenedAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get("/inbox/nowhere")
	require.Equal(t, http.StatusNotFound, got.StatusCode)
	require.Contains(t, got.body, "Not found")
	require.NotEmpty(t, got.Header.Get("X-Request-Id"))
	require.Contains(t, got.body, got.Header.Get("X-Request-Id"))
	require.Equal(t, http.StatusNotFound, s.get("/no/such/page").StatusCode)
	require.Equal(t, http.StatusNotFound, s.get("/INBOX").StatusCode)
	require.Equal(t, http.StatusNotFound, s.get("/static/css/tokens.css").StatusCode, "only hashed names are served")

	for cause, status := range map[error]int{chat.ErrUnavailable: 503, errors.New("dial tcp 10.0.0.7: secret detail"): 500} {
		s.store.fail = cause
		page := s.get("/inbox")
		require.Equal(t, status, page.StatusCode)
		require.NotContains(t, page.body, "secret detail")
		toast := s.get("/inbox", "HX-Request", "true")
		require.Equal(t, status, toast.StatusCode)
		require.Contains(t, toast.body, `id="toasts" hx-swap-oob="beforeend"`)
		require.Equal(t, status, s.get("/events", "Accept", "text/event-stream").StatusCode)
	}
}

func TestAPIErrorsAreJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get("/api/v1/nothing")
	require.Equal(t, http.StatusNotFound, got.StatusCode)
	require.JSONEq(t, `{"error":"Not found","request_id":"`+got.Header.Get("X-Request-Id")+`"}`, got.body)
}

func TestEventsReachTheBrowserAndEndWithTheHub(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(listener) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/events", http.NoBody)
	require.NoError(t, err)
	r.AddCookie(&http.Cookie{Name: "switchboard", Value: s.cookie})
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	require.Equal(t, "no", response.Header.Get("X-Accel-Buffering"))
	lines := bufio.NewScanner(response.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		return ""
	}
	require.Equal(t, "hello", next("event: "))
	s.hub.Publish([]chat.Change{{Conversation: talkID, What: []string{"message"}}})
	require.Equal(t, "change", next("event: "))
	require.Contains(t, next("data: "), talkID)
	s.hub.Close()
	require.Empty(t, next("event: "), "the stream ends")
	require.NoError(t, s.app.Shutdown())
	require.NoError(t, <-served)
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.cookie = ""
	for _, name := range []string{"app.css", "app.js", "icons.svg"} {
		path, err := s.d.assets.URL(name)
		require.NoError(t, err)
		got := s.get(path, "Accept-Encoding", "gzip, br")
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Equal(t, "br", got.Header.Get("Content-Encoding"))
		require.Equal(t, "public, max-age=31536000, immutable", got.Header.Get("Cache-Control"))
		require.Equal(t, "gzip", s.get(path, "Accept-Encoding", "gzip, br;q=0").Header.Get("Content-Encoding"))
		require.Empty(t, s.get(path).Header.Get("Content-Encoding"))
	}
}
