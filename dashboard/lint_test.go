package dashboard

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchboard/templates"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// screens is every kind of page and fragment, over ordinary and hostile data.
func screens() []string {
	pages := []string{
		"/login", "/inbox", "/inbox?view=closed", "/inbox?q=nobody", "/inbox?view=mine&channel=whatsapp&label=delivery&sort=waiting", "/contacts",
		"/contacts?q=nobody", "/contacts?sort=name&country=DE", "/contacts?attribute=tier%3Dgold&seen=7", "/nowhere", "/settings/account", "/settings/users", "/settings/users/new", "/settings/users/edit/" + benID, "/settings/departments", "/settings/audit", "/settings/audit?what=export",
		"/search", "/search?q=javascript", "/search?q=sample", "/search?q=a&in=people",
		"/inbox/" + talkID + "?at=m2", "/inbox?state=any&assigned=nobody&label=a&label=%22%3E%3Cb%3E&priority=low&flagged=1&offered=1&department=x&q=%22%3Cscript%3E",
		"/notifications", "/history/" + talkID, "/history/" + hostileTalkID, "/history/" + oldTalkID,
	}
	for _, id := range []string{talkID, webID, hostileTalkID} {
		for _, tab := range []string{"contact", "conversation", "notes", "history", "comments", "escalations"} {
			pages = append(pages, "/inbox/"+id+"?tab="+tab)
		}
	}
	pages = append(pages, "/contacts/"+anaID+"/merge", "/contacts/"+anaID+"/merge?q=a", "/contacts/"+anaID+"/merge?with="+hostileID, "/contacts/"+hostileID+"/merge?with="+anaID+"&keep="+anaID)
	for _, id := range []string{anaID, hostileID} {
		pages = append(pages, "/contacts/"+id, "/contacts/"+id+"?tab=notes", "/contacts/"+id+"?tab=notes&older=20", "/contacts/"+id+"?tab=escalations")
		for _, f := range []string{"name", "email", "country", "language", "agent_instructions", "labels"} {
			pages = append(pages, "/contacts/"+id+"?edit="+f)
		}
	}
	return pages
}

func fragments() []string {
	return []string{
		"/inbox", "/inbox?after=40", "/inbox?q=javascript", "/search?q=javascript", "/search?q=javascript&in=messages", "/views", "/find?q=ana", "/find?q=script", "/presence?open=" + talkID + "&ids=" + talkID + "," + webID, "/inbox/" + talkID, "/inbox/" + hostileTalkID + "/messages", "/inbox/" + talkID + "/messages?before=10",
		"/inbox/" + talkID + "/panel?tab=contact", "/inbox/" + hostileTalkID + "/panel?tab=conversation", "/contacts", "/contacts?after=50",
		"/inbox/" + talkID + "/panel?tab=notes", "/inbox/" + talkID + "/panel?tab=notes&older=20", "/contacts/" + hostileID + "?tab=notes&older=20",
		"/contacts/" + anaID + "?tab=escalations", "/inbox/" + talkID + "/comments", "/notifications/badge?known=0", "/notifications",
		"/contacts/" + anaID, "/contacts/" + hostileID + "/fields/name", "/contacts/" + hostileID + "/labels", "/inbox/" + hostileTalkID + "/labels", "/contacts/" + hostileID + "/fields/location?edit=1",
	}
}

func TestEveryScreenKeepsTheRulesOfTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	for _, path := range screens() {
		if path == "/login" {
			s.cookie = ""
		}
		s.lint(path, s.get(path), true)
		s.cookie = "cookie-of-ada"
	}
	for _, path := range fragments() {
		got := s.get(path, "HX-Request", "true")
		require.Equal(t, http.StatusOK, got.StatusCode, path)
		s.lint("fragment "+path, got, false)
	}
	field := "/contacts/" + anaID + "/fields/"
	for name, got := range map[string]answer{
		"saved":              s.htmx(field+"name", "value", hostileText, "seen", "1"),
		"conflict":           s.htmx(field+"email", "value", "a@example.com", "seen", "0"),
		"refused":            s.htmx(field+"phone", "value", hostileText, "seen", "0"),
		"label":              s.htmx("/contacts/"+anaID+"/labels", "label", `"><script>`),
		"label refused":      s.htmx("/contacts/"+anaID+"/labels", "new", "a,b", "do", "add"),
		"attribute":          s.htmx("/inbox/"+talkID+"/attributes", "key", `"><b>`, "value", hostileText),
		"attribute conflict": s.htmx("/inbox/"+talkID+"/attributes", "key", "order", "value", "x", "was", "never"),
		"control":            s.htmx("/inbox/"+talkID+"/priority", "value", "low"),
		"note":               s.htmx("/contacts/"+anaID+"/notes", "text", hostileText, "ticket", "https://jira.example/browse/OPS-1", "conversation", talkID),
		"note refused":       s.htmx("/contacts/"+anaID+"/notes", "text", strings.Repeat("x", 2001), "ticket", hostileText),
		"comment":            s.htmx("/inbox/"+talkID+"/comments", "text", hostileText, "tag", benID),
		"comment refused":    s.htmx("/inbox/"+talkID+"/comments", "text", ""),
		"page: note":         s.post("/contacts/"+anaID+"/notes", "text", strings.Repeat("x", 2001), "ticket", hostileText),
		"page: comment":      s.post("/inbox/"+talkID+"/comments", "text", ""),
		"failure":            s.htmx("/inbox/nowhere/priority", "value", "low"),
		"user refused":       s.htmx("/settings/users/new", "email", "x", "name", hostileText, "role", "agent"),
		"user created":       s.htmx("/settings/users/new", "email", "new@example.com", "name", hostileText, "role", "agent"),
		"department":         s.htmx("/settings/departments", "name", hostileText[:40]),
		"department refused": s.htmx("/settings/departments", "name", ""),
		"page: password":     s.post("/settings/account/password", "current", "x"),
		"page: user":         s.post("/settings/users/edit/"+benID, "name", "", "role", "agent"),
		"page: conflict":     s.post(field+"email", "value", "a@example.com", "seen", "0"),
		"page: attribute":    s.post("/inbox/"+talkID+"/attributes", "key", "order", "value", "x", "was", "never"),
	} {
		s.lint(name, got, strings.HasPrefix(name, "page"))
	}
}

// lint parses an answer and checks STYLE 3.4.
func (s *site) lint(name string, got answer, page bool) {
	s.t.Helper()
	if page {
		require.Equal(s.t, policy, got.Header.Get("Content-Security-Policy"), name)
	}
	root, err := html.Parse(strings.NewReader(got.body))
	require.NoError(s.t, err, name)
	ids := map[string]bool{}
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		s.lintElement(name, node)
		for _, a := range node.Attr {
			s.lintAttribute(name, node, a)
			if a.Key == "id" {
				require.False(s.t, ids[a.Val], "%s: id %q twice", name, a.Val)
				require.NotContains(s.t, a.Val, " ", name)
				ids[a.Val] = true
			}
		}
	}
	for node := range root.Descendants() { // what refers to something on the page must find it
		for _, a := range node.Attr {
			if page && (a.Key == "aria-labelledby" || a.Key == "aria-describedby" || a.Key == "aria-controls" || a.Key == "for" || a.Key == "list" || a.Key == "form") {
				for id := range strings.FieldsSeq(a.Val) {
					require.True(s.t, ids[id], "%s: <%s %s=%q> points at nothing", name, node.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func (s *site) lintElement(name string, node *html.Node) {
	s.t.Helper()
	switch node.Data {
	case "script":
		require.Contains(s.t, attr(node, "src"), "/static/app-", "%s: a script of somebody else", name)
		require.Nil(s.t, node.FirstChild, "%s: inline script", name)
	case "style", "iframe", "object", "embed", "base", "img", "video", "audio", "image":
		s.t.Fatalf("%s: <%s> must not appear", name, node.Data)
	case "a":
		require.NotEmpty(s.t, attr(node, "href"), "%s: a link that leads nowhere", name)
		if attr(node, "target") == "_blank" {
			require.Equal(s.t, "noopener noreferrer", attr(node, "rel"), name)
		}
	}
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (s *site) lintAttribute(name string, node *html.Node, a html.Attribute) {
	s.t.Helper()
	where := name + ": <" + node.Data + " " + a.Key + "=" + a.Val[:min(len(a.Val), 80)] + ">"
	switch {
	case strings.HasPrefix(a.Key, "on"), a.Key == "style", strings.HasPrefix(a.Key, "hx-on"), a.Key == "srcdoc", strings.HasPrefix(a.Key, "sse-"):
		s.t.Fatalf("%s: forbidden attribute", where)
	case a.Key == "hx-vals":
		require.NotContains(s.t, a.Val, "js:", where)
	case a.Key == "hx-trigger":
		require.NotContains(s.t, a.Val, "[", "%s: filters are evaluated as code", where)
	case a.Key == "hx-get":
		s.routed(where, http.MethodGet, a.Val)
	case a.Key == "hx-post":
		s.routed(where, http.MethodPost, a.Val)
	case a.Key == "action":
		method := http.MethodGet
		if strings.EqualFold(attr(node, "method"), "post") {
			method = http.MethodPost
		}
		s.routed(where, method, a.Val)
	case a.Key == "href" || a.Key == "src" || a.Key == "data-href":
		u, err := url.Parse(a.Val)
		require.NoError(s.t, err, where)
		switch {
		case strings.HasPrefix(a.Val, "/"):
			s.routed(where, http.MethodGet, a.Val)
		case strings.HasPrefix(a.Val, "#"):
		case node.Data == "link":
			require.True(s.t, strings.HasPrefix(a.Val, "data:image/svg+xml,"), where)
		default:
			require.Contains(s.t, []string{"http", "https"}, u.Scheme, where)
			require.Equal(s.t, "_blank", attr(node, "target"), where)
		}
	}
}

// routed checks that an address of ours belongs to a route.
func (s *site) routed(where, method, target string) {
	s.t.Helper()
	u, err := url.Parse(target)
	require.NoError(s.t, err, where)
	path := strings.Split(u.Path, "/")
	found := slices.ContainsFunc(s.d.routes(), func(r route) bool {
		pattern := strings.Split(r.path, "/")
		if r.method != method || (len(pattern) != len(path) && pattern[len(pattern)-1] != "*") {
			return false
		}
		for i, p := range pattern {
			if p == "*" {
				break
			}
			if p != path[i] && (!strings.HasPrefix(p, ":") || path[i] == "") {
				return false
			}
		}
		return true
	})
	require.True(s.t, found, "%s: no route %s %s", where, method, u.Path)
}

// Every template is used, and every name in Go or in a template exists.
func TestNoTemplateIsMissingOrForgotten(t *testing.T) {
	t.Parallel()
	used, there := map[string]bool{}, map[string]bool{}
	name := regexp.MustCompile(`"((?:pages|partials|oob|layouts)/[a-z_]+)"`)
	collect := func(content []byte) {
		for _, m := range name.FindAllSubmatch(content, -1) {
			used[string(m[1])] = true
		}
	}
	require.NoError(t, fs.WalkDir(templates.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(templates.FS(), path)
		there[strings.TrimSuffix(path, ".html")] = true
		collect(content)
		require.NotContains(t, string(content), "{{define", "%s: all files share one namespace", path)
		return err
	}))
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		collect(content)
	}
	require.Equal(t, there, used)
}
