package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// Every metric that a dashboard, an alert or a page of the documentation names is really there, and follows the rules.
func TestMetricsThatAreNamedExist(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	h.stored(t, h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json")), 1)
	h.settled(t)
	var families []string
	eventually(t, "the lag metrics", 30*time.Second, func() bool {
		gathered, err := h.reg.Gather()
		require.NoError(t, err)
		families = nil
		for _, f := range gathered {
			families = append(families, f.GetName())
		}
		return strings.Contains(strings.Join(families, " "), "switchboard_consumer_lag_seconds")
	})
	exists := map[string]bool{}
	for _, f := range families {
		exists[f], exists[f+"_bucket"], exists[f+"_count"], exists[f+"_sum"] = true, true, true, true
	}
	// What appears with its first occurrence only.
	for _, late := range []string{"switchboard_store_operation_errors_total"} {
		exists[late] = true
	}
	named := regexp.MustCompile(`\bswitchboard_[a-z0-9_]+\b`)
	seen := 0
	require.NoError(t, filepath.WalkDir("../../deploy", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !regexp.MustCompile(`\.(json|yml|yaml)$`).MatchString(path) || strings.HasSuffix(path, "_test.yml") {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range named.FindAllString(string(text), -1) {
			seen++
			require.True(t, exists[name], "%s names %s, which does not exist", path, name)
		}
		return nil
	}))
	require.Greater(t, seen, 20)
	problems, err := testutil.GatherAndLint(h.reg)
	require.NoError(t, err)
	for _, p := range problems {
		require.False(t, strings.HasPrefix(p.Metric, "switchboard_"), "%s: %s", p.Metric, p.Text)
	}
}
