// Package static holds the dashboard's style sheets, scripts, icons and fonts, and serves them under names that carry the
// hash of their content, so that a browser may keep them for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"strings"

	"github.com/andybalholm/brotli"
)

//go:embed css js vendor icons.svg
var files embed.FS

// Prefix is the path all assets are served under.
const Prefix = "/static/"

// FS returns the files as they lie in the source tree.
func FS() fs.FS { return files }

// bundles lists what is joined into one file each, in order: a page loads one style sheet and one script. htmx and its
// extensions must be in one file with what uses them (htmx starts on a timer, not on a load event).
func bundles() map[string][]string {
	return map[string][]string{
		"app.css": {"css/fonts.css", "css/tokens.css", "css/base.css", "css/inbox.css", "css/find.css", "css/thread.css", "css/panel.css", "css/notes.css", "css/contacts.css", "css/settings.css", "css/workspace.css", "css/handling.css", "css/access.css", "css/print.css"},
		"app.js":  {"vendor/htmx.js", "js/refresh.js", "js/live.js", "js/presence.js", "js/announce.js", "js/inbox.js", "js/find.js", "js/edit.js", "js/wait.js", "js/labels.js", "js/write.js", "js/shell.js", "js/actions.js", "js/palette.js", "js/handling.js", "js/select.js", "js/contacts.js"},
	}
}

// An Asset is one file as it is served, with its compressed forms made once. A form that saves nothing is nil.
type Asset struct {
	Path   string // full URL path, with the hash of the content
	Type   string
	Plain  []byte
	Gzip   []byte
	Brotli []byte
}

// Assets finds assets by name and by URL path. It is safe for concurrent use: nothing changes after Build.
type Assets struct {
	byName map[string]*Asset
	byPath map[string]*Asset
}

// Build reads, joins, hashes and compresses the files of fsys.
func Build(fsys fs.FS) (*Assets, error) {
	a := &Assets{byName: map[string]*Asset{}, byPath: map[string]*Asset{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !servedAlone(name) {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return a.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("static: read assets: %w", err)
	}
	for name, parts := range bundles() {
		content, err := a.join(fsys, parts)
		if err != nil {
			return nil, fmt.Errorf("static: join %s: %w", name, err)
		}
		if err := a.add(name, content); err != nil {
			return nil, fmt.Errorf("static: add %s: %w", name, err)
		}
	}
	return a, nil
}

func servedAlone(name string) bool {
	switch path.Ext(name) {
	case ".woff2", ".svg", ".png":
		return true
	default:
		return false
	}
}

// cssComment is what style sheets say to those who read the source; a browser does without. No string of ours holds one.
var cssComment = regexp.MustCompile(`(?s)[ \t]*/\*.*?\*/`)

var cssURL = regexp.MustCompile(`url\("\.\./([^"]+)"\)`)

// join concatenates the parts; references to other assets get their hashed names.
func (a *Assets) join(fsys fs.FS, parts []string) ([]byte, error) {
	var out bytes.Buffer
	for _, part := range parts {
		content, err := fs.ReadFile(fsys, part)
		if err != nil {
			return nil, err
		}
		if path.Ext(part) == ".css" {
			content = cssComment.ReplaceAll(content, nil)
		}
		out.Write(cssURL.ReplaceAllFunc(content, func(match []byte) []byte {
			if asset, ok := a.byName[string(cssURL.FindSubmatch(match)[1])]; ok {
				return []byte(`url("` + asset.Path + `")`)
			}
			return match
		}))
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

func (a *Assets) add(name string, content []byte) error {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	asset := &Asset{
		Path:  Prefix + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:6]) + ext,
		Type:  contentType(ext),
		Plain: content,
	}
	if ext != ".woff2" && ext != ".png" { // these are compressed already
		if err := asset.compress(); err != nil {
			return err
		}
	}
	a.byName[name], a.byPath[asset.Path] = asset, asset
	return nil
}

func contentType(ext string) string {
	switch ext {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}

func (asset *Asset) compress() error {
	var gz, br bytes.Buffer
	zip, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	bro := brotli.NewWriterLevel(&br, 9)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{zip, bro} {
		if _, err := w.Write(asset.Plain); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if gz.Len() < len(asset.Plain) {
		asset.Gzip = gz.Bytes()
	}
	if br.Len() < len(asset.Plain) {
		asset.Brotli = br.Bytes()
	}
	return nil
}

// URL is the path of the named asset ("app.css", "icons.svg"). An unknown name is a mistake in a template and fails its
// rendering.
func (a *Assets) URL(name string) (string, error) {
	asset, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("static: no asset %q", name)
	}
	return asset.Path, nil
}

// Find returns the asset served under a URL path.
func (a *Assets) Find(urlPath string) (*Asset, bool) {
	asset, ok := a.byPath[urlPath]
	return asset, ok
}

// Encoded picks the smallest form the client accepts, and its Content-Encoding ("" for plain).
func (asset *Asset) Encoded(acceptEncoding string) (body []byte, encoding string) {
	accepts := map[string]bool{}
	for part := range strings.SplitSeq(acceptEncoding, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		accepts[strings.ToLower(strings.TrimSpace(name))] = strings.ReplaceAll(q, " ", "") != "q=0"
	}
	switch {
	case asset.Brotli != nil && accepts["br"]:
		return asset.Brotli, "br"
	case asset.Gzip != nil && accepts["gzip"]:
		return asset.Gzip, "gzip"
	default:
		return asset.Plain, ""
	}
}
