package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

func built(t *testing.T) *Assets {
	t.Helper()
	assets, err := Build(FS())
	require.NoError(t, err)
	return assets
}

func TestAssetsHaveNamesOfTheirContent(t *testing.T) {
	t.Parallel()
	assets := built(t)
	for _, name := range []string{"app.css", "app.js", "icons.svg", "vendor/inter/inter-latin.woff2"} {
		path, err := assets.URL(name)
		require.NoError(t, err)
		require.Regexp(t, `^/static/[a-z./-]+-[0-9a-f]{12}\.[a-z0-9]+$`, path)
		asset, ok := assets.Find(path)
		require.True(t, ok)
		require.NotEmpty(t, asset.Plain)
		require.NotEmpty(t, asset.Type)
	}
	_, err := assets.URL("nothing.css")
	require.ErrorContains(t, err, "nothing.css")
	for _, path := range []string{"/static/app.css", "/static/css/tokens.css", "/static/../static.go", ""} {
		_, ok := assets.Find(path)
		require.False(t, ok, path)
	}
}

func TestBundlesHoldEverythingAndReferToHashedNames(t *testing.T) {
	t.Parallel()
	assets := built(t)
	css := string(assets.byName["app.css"].Plain)
	font, err := assets.URL("vendor/inter/inter-latin.woff2")
	require.NoError(t, err)
	require.Contains(t, css, `url("`+font+`")`)
	require.NotContains(t, css, `url("../`, "every reference was found")
	require.NotContains(t, css, "http://")
	require.NotContains(t, css, "https://")
	require.NotContains(t, css, "*/", "comments stay at home")
	require.Regexp(t, `\.filters__clear \{ visibility: hidden; \}\n`, css, "and take nothing with them")
	js := string(assets.byName["app.js"].Plain)
	require.Contains(t, js, "htmx.org 4")
	require.Contains(t, js, "EventSource")
	for name, parts := range bundles() {
		require.NotEmpty(t, parts, name)
	}
}

func TestCompressedFormsHoldTheSame(t *testing.T) {
	t.Parallel()
	asset := built(t).byName["app.css"]
	body, encoding := asset.Encoded("gzip, deflate, br")
	require.Equal(t, "br", encoding)
	plain, err := io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
	require.NoError(t, err)
	require.Equal(t, asset.Plain, plain)
	body, encoding = asset.Encoded("br;q=0, gzip;q=0.5")
	require.Equal(t, "gzip", encoding)
	r, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	plain, err = io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, asset.Plain, plain)
	for _, accept := range []string{"", "identity", "gzip;q=0"} {
		_, encoding = asset.Encoded(accept)
		require.Empty(t, encoding, accept)
	}
	require.Less(t, len(asset.Brotli), 16*1024, "the style sheet on the wire")
}

func TestBuildSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Build(fstest.MapFS{"icons.svg": {Data: []byte("<svg/>")}})
	require.Error(t, err)
	require.True(t, strings.HasPrefix(err.Error(), "static: join app."), err.Error())
}

// A class belongs to one style sheet: two that know nothing of each other and use one name change each other's screens.
func TestAClassIsStyledInOneFile(t *testing.T) {
	rule := regexp.MustCompile(`(?m)^  \.([a-z][\w-]*) \{`) // outside of media queries
	home := map[string]string{}
	files, err := fs.Glob(FS(), "css/*.css")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := fs.ReadFile(FS(), file)
		require.NoError(t, err)
		for _, m := range rule.FindAllStringSubmatch(string(text), -1) {
			if there, taken := home[m[1]]; taken {
				require.Equal(t, there, file, "class %s", m[1])
			}
			home[m[1]] = file
		}
	}
	require.Greater(t, len(home), 100)
}
