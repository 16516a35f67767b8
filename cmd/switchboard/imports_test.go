package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "switchboard/"

// A rule is a row of DESIGN.md section 4: what packages below a path may import of ours, and which doors they must not use.
type rule struct {
	ours     []string // prefixes; the package's own tree is always allowed
	anything bool
}

func rules() map[string]rule {
	return map[string]rule{
		"chat":               {},
		"channels":           {ours: []string{"chat"}},
		"channels/meta":      {ours: []string{"chat", "channels"}},
		"channels/whatsapp":  {ours: []string{"chat", "channels", "channels/meta"}},
		"channels/instagram": {ours: []string{"chat", "channels", "channels/meta"}},
		"channels/webwidget": {ours: []string{"chat", "channels", "channels/meta"}},
		"geo":                {ours: []string{"chat"}},
		"ingest":             {ours: []string{"chat", "channels", "geo"}},
		"timers":             {ours: []string{"chat"}},
		"stream":             {ours: []string{"chat"}},
		"store":              {ours: []string{"chat"}},
		"dashboard":          {ours: []string{"chat", "templates", "static"}},
		"templates":          {},
		"static":             {},
		"cmd":                {anything: true},
		"test":               {}, // looks at the program from outside
	}
}

// doors are third-party modules that only one place may know.
func doors() map[string][]string {
	return map[string][]string{
		"github.com/segmentio/kafka-go":  {"stream", "cmd/bench"},
		"github.com/twmb/franz-go":       {"stream/embedded", "cmd/bench"},
		"go.mongodb.org/mongo-driver":    {"store/mongo"},
		"modernc.org/sqlite":             {"store/sqlite"},
		"github.com/gofiber/fiber":       {"ingest", "dashboard", "cmd"},
		"github.com/gofiber/template":    {"dashboard", "cmd"},
		"github.com/coreos/go-oidc":      {"dashboard/sso"},
		"golang.org/x/oauth2":            {"dashboard/sso"},
		"github.com/oschwald/maxminddb":  {"geo"},
		"github.com/nyaruka/phonenumber": {"geo", "channels/webwidget"},
		"github.com/alecthomas/kong":     {"cmd"},
		"github.com/caarlos0/env":        {"cmd"},
	}
}

// ruleOf finds the row of the longest path that holds the package.
func ruleOf(t *testing.T, path string) (string, rule) {
	t.Helper()
	all := rules()
	for at := path; at != ""; {
		if r, ok := all[at]; ok {
			return at, r
		}
		cut := strings.LastIndex(at, "/")
		if cut < 0 {
			break
		}
		at = at[:cut]
	}
	require.Fail(t, "no rule for package "+path+": a new package needs its row in DESIGN.md and here")
	return "", rule{}
}

func within(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

// The import table of DESIGN.md holds. Tests are left out: they may reach across.
func TestImports(t *testing.T) {
	t.Parallel()
	type listed struct {
		ImportPath string
		Imports    []string
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", "switchboard/...").Output()
	require.NoError(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		path, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		seen++
		tree, r := ruleOf(t, path)
		for _, imported := range p.Imports {
			checkImport(t, path, tree, r, imported)
		}
	}
	require.Greater(t, seen, 15, "go list found too few of our packages to prove anything")
}

func checkImport(t *testing.T, path, tree string, r rule, imported string) {
	t.Helper()
	if name, ours := strings.CutPrefix(imported, module); ours {
		allowed := r.anything || within(name, tree) || slices.ContainsFunc(r.ours, func(a string) bool { return name == a })
		require.True(t, allowed, "%s must not import %s", path, name)
		require.False(t, within(name, "cmd") && !within(path, "cmd"), "%s must not import %s: cmd is imported by nobody", path, name)
		return
	}
	if within(path, "chat") {
		require.NotContains(t, strings.Split(imported, "/")[0], ".", "chat imports the standard library only, not %s", imported)
	}
	for door, places := range doors() {
		if strings.HasPrefix(imported, door) {
			require.True(t, slices.ContainsFunc(places, func(p string) bool { return within(path, p) }), "%s must not import %s", path, imported)
		}
	}
}
