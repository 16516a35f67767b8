package dashboard

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The browser walks the screens of a list. What the server can show must be in it.
func TestTheBrowserWalksEveryScreen(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../test/browser/screens.json")
	require.NoError(t, err)
	var list struct {
		Screens map[string][]string
		None    map[string]string
	}
	require.NoError(t, json.Unmarshal(content, &list))
	s := newSite(t)
	there := map[string]bool{"(no such page)": true}
	for _, r := range s.d.routes() {
		if r.method != http.MethodGet {
			continue
		}
		there[r.path] = true
		if _, none := list.None[r.path]; none {
			require.NotContains(t, list.Screens, r.path)
			continue
		}
		require.NotEmpty(t, list.Screens[r.path], "%s: add it to test/browser/screens.json, or say there why it is no screen", r.path)
	}
	for path := range list.Screens {
		require.True(t, there[path], "test/browser/screens.json: there is no route %s", path)
	}
	for path := range list.None {
		require.True(t, there[path], "test/browser/screens.json: there is no route %s", path)
	}
}
