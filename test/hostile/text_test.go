package hostile

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

func textAttacks() []attack {
	return []attack{{"stored scripts", storedScripts}, {"live updates tell ids only", liveUpdates}}
}

// scripts are texts that would run, or make an element or attribute of their own, where somebody forgot to escape them. Each
// makes <xss-probe> or an attribute xssprobe, so that a page can be searched for what came out of data.
func scripts() []string {
	return []string{
		`<script>alert(1)</script><xss-probe>`, `"><xss-probe onclick=alert(1)>`, `'><xss-probe onclick=alert(1)>`, `" xssprobe onmouseover="alert(1)`, `' xssprobe onmouseover='alert(1)`, "` xssprobe onmouseover=`alert(1)",
		`</title><xss-probe></title>`, `</textarea><xss-probe>`, `</bdi></p></div></article><xss-probe>`, `<img src=x xssprobe onerror=alert(1)>`, `<svg><xss-probe onload=alert(1)>`, `<!--><xss-probe>-->`, `]]><xss-probe>`,
		`javascript:alert(1)//<xss-probe>`, "java\tscript:alert(1)//<xss-probe>", ` JaVaScRiPt:alert(1)//<xss-probe>`, `data:text/html,<xss-probe>`, `vbscript:x//<xss-probe>`, `//evil.example/<xss-probe>`, `https://ok.example/"xssprobe="1`,
		`https://ok.example/'><xss-probe>`, `<a href="javascript:alert(1)" xssprobe>x</a>`, `<base href=//evil.example xssprobe>`, `<meta http-equiv=refresh content=0;url=//evil.example xssprobe>`, `<form action=//evil.example xssprobe>`,
		`{{.CSRF}}<xss-probe>`, `{{template "layouts/open" .}}<xss-probe>`, `&lt;xss-probe&gt;<xss-probe>`, `\u003cxss-probe\u003e<xss-probe>`, "<xss-probe\x00>", `<xss-probe/hx-get=/logout/hx-trigger=load>`, `{"X-CSRF-Token":"x"}' xssprobe='`,
	}
}

// everywhere is one text in every place of every channel where a stranger can write one: bodies with their headers by channel.
func (s *server) everywhere(t *testing.T, n int, text string) []string {
	t.Helper()
	q, now := quoted(text), time.Now().Unix()
	wa := fmt.Sprintf("1202555%04d", 1000+n)
	message := func(kind, content string) string {
		return fmt.Sprintf(`{"from":"%s","id":"wamid.%s","timestamp":"%d","type":"%s","%s":%s,"context":{"from":%s,"id":%s}}`, wa, rand.Text(), now, kind, kind, content, q, q)
	}
	body := whatsapp(wa, q, strings.Join([]string{
		message("text", `{"body":`+q+`}`),
		message("image", `{"id":`+q+`,"caption":`+q+`,"mime_type":`+q+`,"url":`+q+`}`),
		message("document", `{"id":"1","filename":`+q+`,"caption":`+q+`,"mime_type":"text/html","url":`+q+`}`),
		message("location", `{"latitude":1,"longitude":2,"name":`+q+`,"address":`+q+`,"url":`+q+`}`),
		message("contacts", `[{"name":{"formatted_name":`+q+`},"phones":[{"phone":`+q+`}],"emails":[{"email":`+q+`}],"org":{"company":`+q+`},"urls":[{"url":`+q+`}]}]`),
		message("interactive", `{"type":"nfm_reply","nfm_reply":{"name":`+q+`,"body":`+q+`,"response_json":`+quoted(`{`+q+`:`+q+`}`)+`}}`),
		message("interactive", `{"type":"list_reply","list_reply":{"id":`+q+`,"title":`+q+`,"description":`+q+`}}`),
		message("order", `{"catalog_id":`+q+`,"text":`+q+`,"product_items":[{"product_retailer_id":`+q+`,"quantity":1,"item_price":1,"currency":`+q+`}]}`),
		message("button", `{"text":`+q+`,"payload":`+q+`}`),
		message("reaction", `{"message_id":"wamid.x","emoji":`+q+`}`),
		fmt.Sprintf(`{"from":"%s","id":"wamid.%s","timestamp":"%d","type":%s,"text":{"body":%s},"referral":{"source_url":%s,"source_type":%s,"headline":%s,"body":%s,"image_url":%s,"ctwa_clid":%s},"errors":[{"code":1,"title":%s,"message":%s}]}`,
			wa, rand.Text(), now, q, q, q, q, q, q, q, q, q, q),
		fmt.Sprintf(`{"from":"%s","id":"wamid.%s","timestamp":"%d","type":"text","text":{"body":%s},"referral":{"source_url":%s,"source_type":"ad","headline":%s,"body":%s}}`, wa, rand.Text(), now, q, q, q, q),
	}, ","))
	ids := []string{s.accepted(t, "whatsapp", body, signed(body)...)}
	igsid := fmt.Sprintf("61000000000%05d", 10_000+n)
	for _, event := range []string{
		`"message":{"mid":"` + rand.Text() + `","text":` + q + `,"reply_to":{"story":{"id":` + q + `,"url":` + q + `}},"attachments":[{"type":"image","payload":{"url":` + q + `,"title":` + q + `}},{"type":` + q + `,"payload":{"url":` + q + `,"title":` + q + `}},{"type":"share","payload":{"url":` + q + `,"title":` + q + `}}]}`,
		`"message":{"mid":"` + rand.Text() + `","text":` + q + `,"quick_reply":{"payload":` + q + `},"referral":{"ref":` + q + `,"source":"ADS","ads_context_data":{"ad_title":` + q + `,"photo_url":` + q + `}}}`,
		`"postback":{"mid":"` + rand.Text() + `","title":` + q + `,"payload":` + q + `}`,
		`"referral":{"ref":` + q + `,"source":` + q + `,"type":` + q + `}`,
	} {
		body := instagram(igsid, event)
		ids = append(ids, s.accepted(t, "instagram", body, signed(body)...))
	}
	v := s.visitor(t)
	widget := fmt.Sprintf(`{"v":1,"inbox_id":"%s","event":"message.created","visitor":{"id":"%s","session_id":"%s","name":%s,"email":%s,"phone":%s},"message":{"client_id":"c","type":%s,"text":%s,`+
		`"attachments":[{"upload_id":"u","mime_type":"text/html","name":%s}]},"page":{"url":%s,"title":%s,"referrer":%s},"client":{"user_agent":%s,"locale":%s,"timezone":%s,"screen":%s},"csat":{"comment":%s},"prechat":{"department":%s}}`,
		widgetInbox, v.ID, v.Session, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q)
	agent := strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, text)
	ids = append(ids, s.accepted(t, "webwidget", widget, fromShop("User-Agent", agent, "Sec-CH-UA-Platform", agent, "Sec-CH-UA", agent, "Sec-CH-UA-Model", agent)...))
	visit := fmt.Sprintf(`{"v":1,"inbox_id":"%s","event":"page.viewed","visitor":{"id":"%s","session_id":"%s"},"page":{"url":%s,"title":%s,"referrer":%s}}`, widgetInbox, v.ID, v.Session, quoted("https://shop.example/?q="+text), q, q)
	return append(ids, s.accepted(t, "webwidget", visit, fromShop()...))
}

func storedScripts(t *testing.T, s *server) {
	session := s.signIn(t)
	get := func(path string, headers ...string) reply {
		return s.send(t, http.MethodGet, path, nil, append(headers, "Cookie", session.cookie)...)
	}
	contacts, conversations := map[string]bool{}, map[string]bool{}
	var requests []string
	for n, text := range scripts() {
		requests = append(requests, s.everywhere(t, n, text)...)
	}
	for _, id := range requests {
		for _, e := range s.verdicts(t, id) {
			if e.ContactID != "" && e.ConversationID != "" {
				contacts[e.ContactID], conversations[e.ConversationID] = true, true
			}
		}
	}
	require.GreaterOrEqual(t, len(conversations), 3*len(scripts()), "each text came through each channel")
	shown := 0
	look := func(path string, headers ...string) {
		r := get(path, headers...)
		require.Equal(t, http.StatusOK, r.status, path)
		shown += mustBeHarmless(t, path, r.body)
		if len(headers) == 0 {
			mustBeSecured(t, r, path)
			require.Contains(t, r.header.Get("Cache-Control"), "no-store", path)
		}
	}
	htmx := []string{"HX-Request", "true"}
	for id := range conversations {
		c := "/inbox/" + id
		look(c + "?tab=contact")
		look(c+"?tab=conversation", htmx...)
		look(c+"/messages", htmx...)
		look(c+"/panel?tab=conversation", htmx...)
	}
	for id := range contacts {
		look("/contacts/" + id + "?edit=name")
		look("/contacts/"+id+"/fields/name?edit=1", htmx...)
	}
	for _, text := range scripts() {
		q := url.QueryEscape(text)
		for _, path := range []string{"/inbox?q=" + q, "/contacts?q=" + q, "/inbox?label=" + q + "&channel=" + q + "&sort=" + q, "/contacts?label=" + q + "&country=" + q, "/login?next=" + q} {
			if strings.HasPrefix(path, "/login") {
				mustBeHarmless(t, path, s.send(t, http.MethodGet, path, nil).body)
				continue
			}
			look(path)
			look(path, htmx...)
		}
	}
	require.Greater(t, shown, 10*len(scripts()), "the texts must have been shown, or this test has looked at nothing")
	s.agentScripts(t, session, contacts, conversations)
}

// agentScripts: what an agent types is no more trusted than what a customer writes.
func (s *server) agentScripts(t *testing.T, session login, contacts, conversations map[string]bool) {
	t.Helper()
	var contact, conversation string
	for contact = range contacts {
		break
	}
	for conversation = range conversations {
		break
	}
	for _, text := range scripts() {
		for _, path := range changes(conversation, contact)[1:] {
			form := url.Values{"csrf": {session.csrf}, "value": {text}, "seen": {"0"}, "label": {text[:min(len(text), 40)]}, "key": {text[:min(len(text), 40)]}, "tab": {text}, "was": {text}, "return": {text}}.Encode()
			for _, htmx := range []string{"", "true"} {
				r := s.send(t, http.MethodPost, path, strings.NewReader(form), "Content-Type", formType, "Cookie", session.cookie, "HX-Request", htmx, "HX-Current-URL", text2url(text))
				require.Less(t, r.status, 500, "%s: %s", path, r.body)
				mustBeHarmless(t, path, r.body)
				require.NotContains(t, r.header.Get("HX-Redirect")+r.header.Get("HX-Replace-Url")+r.header.Get("HX-Push-Url"), "evil")
				if location := r.header.Get("Location"); location != "" {
					mustStayHere(t, location, text)
				}
			}
		}
	}
	for _, path := range []string{"/contacts/" + contact, "/inbox/" + conversation + "?tab=conversation", "/inbox", "/contacts"} {
		r := s.send(t, http.MethodGet, path, nil, "Cookie", session.cookie)
		require.Equal(t, http.StatusOK, r.status)
		mustBeHarmless(t, path, r.body)
	}
}

// text2url is a text as a header value.
func text2url(text string) string { return "https://evil.example/" + url.PathEscape(text) }

// mustBeHarmless parses a page or fragment and finds nothing in it that runs, loads or leads where data says. It gives how often
// a text of scripts was shown as text.
func mustBeHarmless(t *testing.T, name, page string) (shown int) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err, name)
	for node := range root.Descendants() {
		switch node.Type {
		case html.TextNode:
			if strings.Contains(node.Data, "xss-probe") || strings.Contains(node.Data, "xssprobe") {
				shown++
			}
		case html.ElementNode:
			mustBeOurs(t, name, node)
		case html.CommentNode:
			require.NotContains(t, node.Data, "xss", name)
		}
	}
	return shown
}

func mustBeOurs(t *testing.T, name string, node *html.Node) {
	t.Helper()
	switch node.Data {
	case "xss-probe", "iframe", "frame", "object", "embed", "base", "style", "img", "image", "video", "audio", "applet", "template", "math", "foreignobject", "animate", "set":
		t.Fatalf("%s: <%s> came out of data", name, node.Data)
	case "script":
		require.Nil(t, node.FirstChild, "%s: inline script", name)
	}
	for _, a := range node.Attr {
		where := fmt.Sprintf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
		require.NotContains(t, a.Key, "xss", where)
		require.False(t, strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || a.Key == "style" || a.Key == "srcdoc", where)
		switch a.Key {
		case "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-delete", "hx-patch", "sse-connect", "data-live", "poster", "background", "ping":
			require.True(t, strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") && !strings.HasPrefix(a.Val, "/\\"), where)
		case "href", "xlink:href":
			mustBeALink(t, where, node, a.Val)
		case "http-equiv":
			require.NotEqual(t, "refresh", strings.ToLower(a.Val), where)
		}
	}
}

func mustBeALink(t *testing.T, where string, node *html.Node, address string) {
	t.Helper()
	switch {
	case strings.HasPrefix(address, "#"), strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && !strings.HasPrefix(address, "/\\"):
	case node.Data == "link" && strings.HasPrefix(address, "data:image/svg+xml,"):
	case strings.HasPrefix(address, "?"):
	default:
		require.Equal(t, "a", node.Data, where)
		u, err := url.Parse(address)
		require.NoError(t, err, where)
		require.Contains(t, []string{"https", "http", "mailto", "tel"}, u.Scheme, where)
		rel := ""
		for _, a := range node.Attr {
			if a.Key == "rel" {
				rel = a.Val
			}
		}
		require.Contains(t, rel, "noopener", where)
		require.Contains(t, rel, "noreferrer", where)
	}
}

// liveUpdates: the stream every agent listens to carries nothing that somebody wrote.
func liveUpdates(t *testing.T, s *server) {
	session := s.signIn(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/events", nil)
	require.NoError(t, err)
	req.Header.Set("Cookie", session.cookie)
	res, err := s.http.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }() // cut by the test
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Contains(t, res.Header.Get("Cache-Control"), "no-store")
	lines := bufio.NewScanner(res.Body)
	require.True(t, lines.Scan())
	const text = "live-update-secret-text"
	s.mustStaySecret(text, "12025550140", "Live Lee")
	body := whatsappText("12025550140", "wamid."+rand.Text(), "Live Lee", text)
	got := s.verdicts(t, s.accepted(t, "whatsapp", body, signed(body)...))
	for lines.Scan() {
		line := lines.Text()
		require.NotContains(t, line, text)
		require.NotContains(t, line, "Live Lee")
		require.NotContains(t, line, "12025550140")
		if strings.Contains(line, got[0].ConversationID) || strings.Contains(line, "resync") {
			return
		}
	}
	require.Fail(t, "the change was not announced", "%v", lines.Err())
}
