package main

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// What the documentation says must be so: these tests read it and compare.

// root is the project's folder, seen from here.
const root = "../.."

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

// docs are the pages of the documentation by name.
func docs(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{"README.md": readDoc(t, "README.md"), "deploy/README.md": readDoc(t, "deploy/README.md")}
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, path := range found {
		name := "docs/" + filepath.Base(path)
		pages[name] = readDoc(t, name)
	}
	return pages
}

// rows gives the cells of the table rows whose first cell is code of the wanted form.
func rows(text, first string) [][]string {
	var found [][]string
	for _, line := range regexp.MustCompile("(?m)^\\| `("+first+")` \\| *(.*?) *\\| *(.*?) *\\|$").FindAllStringSubmatch(text, -1) {
		found = append(found, line[1:])
	}
	return found
}

func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	want, got := map[string]string{}, map[string]string{}
	for f := range reflect.TypeFor[config]().Fields() {
		name, ok := f.Tag.Lookup("env")
		if !ok {
			continue
		}
		want[envPrefix+name] = f.Tag.Get("envDefault")
		if f.Type.Kind() == reflect.Bool && want[envPrefix+name] == "" {
			want[envPrefix+name] = "false"
		}
	}
	for _, row := range rows(readDoc(t, "README.md"), "SWITCHBOARD_[A-Z_]+") {
		got[row[0]] = strings.Trim(row[1], "`")
		require.NotEmpty(t, row[2], "%s has no meaning", row[0])
	}
	require.Equal(t, want, got, "the table of settings in README.md and the fields of config differ")
}

// settingsElsewhere are read by scripts and tests, not by the program.
func settingsElsewhere() []string {
	return []string{"SWITCHBOARD_PORT", "SWITCHBOARD_ADMIN_PORT", "SWITCHBOARD_VERSION", "SWITCHBOARD_SHARED"}
}

func TestDocsNameRealSettings(t *testing.T) {
	t.Parallel()
	known := settingsElsewhere()
	for f := range reflect.TypeFor[config]().Fields() {
		if name, ok := f.Tag.Lookup("env"); ok {
			known = append(known, envPrefix+name)
		}
	}
	for page, text := range docs(t) {
		for _, name := range regexp.MustCompile(`SWITCHBOARD_[A-Z][A-Z_]*[A-Z]`).FindAllString(text, -1) {
			if page == "deploy/README.md" && strings.HasSuffix(text[strings.Index(text, name):][:len(name)+len("…")], "…") {
				continue // a family of settings
			}
			require.Contains(t, known, name, page)
		}
	}
}

func TestReadmeNamesEveryFlagOfSimulateAndSeed(t *testing.T) {
	t.Parallel()
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"version": version})
	require.NoError(t, err)
	var want, got []string
	for _, command := range parser.Model.Children {
		if command.Name == "simulate" || command.Name == "seed" {
			for _, f := range command.Flags {
				want = append(want, "--"+f.Name)
			}
		}
	}
	for _, row := range rows(readDoc(t, "README.md"), "--[a-z-]+") {
		got = append(got, row[0])
	}
	require.ElementsMatch(t, want, got)
}

var commandLine = regexp.MustCompile(`(?m)^ *(?:docker compose exec switchboard /|\./bin/|go run \./cmd/|)switchboard((?: [a-z-][^#\n|]*)?)`)

// Every command line in a block of shell is one the program takes.
func TestDocsShowRealCommands(t *testing.T) {
	t.Parallel()
	seen := 0
	for page, text := range docs(t) {
		for _, block := range regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```").FindAllStringSubmatch(text, -1) {
			for _, line := range commandLine.FindAllStringSubmatch(block[1], -1) {
				var cli commands
				parser, err := kong.New(&cli, kong.Vars{"version": version}, kong.Writers(io.Discard, io.Discard))
				require.NoError(t, err)
				_, err = parser.Parse(strings.Fields(line[1]))
				require.NoError(t, err, "%s: switchboard%s", page, line[1])
				seen++
			}
		}
	}
	require.Greater(t, seen, 5, "the pattern finds no commands any more")
}

func TestDocsExampleChannelsFileIsRight(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindStringSubmatch(readDoc(t, "README.md"))
	require.NotNil(t, block)
	file, err := parseChannels([]byte(block[1]))
	require.NoError(t, err)
	require.NotNil(t, file.WhatsApp)
	require.NotNil(t, file.Instagram)
	require.NotNil(t, file.WebWidget)
}

// Links between pages lead somewhere, headings included, and so do paths in the text.
func TestDocsPointAtRealFiles(t *testing.T) {
	t.Parallel()
	pages := docs(t)
	for page, text := range pages {
		for _, link := range regexp.MustCompile(`(?:\]\(|src="|srcset=")([^)"\s:]*)[)"]`).FindAllStringSubmatch(text, -1) {
			file, heading, _ := strings.Cut(link[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			require.FileExists(t, filepath.Join(root, target), "%s: link %s", page, link[1])
			if heading != "" {
				require.Contains(t, anchors(pages[target]), heading, "%s: link %s", page, link[1])
			}
		}
		for _, path := range regexp.MustCompile("`((?:chat|channels|cmd|dashboard|docs|geo|ingest|scripts|static|store|stream|templates|test)/[A-Za-z0-9_./-]*)`").FindAllStringSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join(root, path[1]))
			require.NoError(t, err, "%s names a path that is not there", page)
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(text string) []string {
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(anchor, " ", "-"))
	}
	return found
}

// docs/operations.md explains every metric that a process exports, and no page names another.
func TestDocsNameRealMetrics(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	h.stored(t, h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json")), 1)
	h.stored(t, h.webhook(t, "whatsapp", []byte("no JSON")), 1) // what is exported with the first one that is put aside
	h.get(t, h.base+"/login")
	exported := map[string]bool{}
	eventually(t, "the lag metrics", 30*time.Second, func() bool {
		families, err := h.reg.Gather()
		require.NoError(t, err)
		for _, f := range families {
			exported[f.GetName()] = true
		}
		return exported["switchboard_consumer_lag_seconds"]
	})
	mongo := readDoc(t, "store/mongo/metrics.go") // another engine's are not exported here
	documented := map[string]bool{}
	for page, text := range docs(t) {
		for _, name := range regexp.MustCompile(`\bswitchboard_[a-z_]+[a-z]`).FindAllString(text, -1) {
			require.True(t, exported[name] || strings.Contains(mongo, `"`+name+`"`), "%s names %s, which no process exports", page, name)
			documented[name] = documented[name] || page == "docs/operations.md"
		}
	}
	for name := range exported {
		if strings.HasPrefix(name, "switchboard_") {
			require.True(t, documented[name], "docs/operations.md does not explain %s", name)
		}
	}
}
