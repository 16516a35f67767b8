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
	labels := labelsOf(t, h)
	// What appears with its first occurrence only.
	for _, late := range []string{"switchboard_store_operation_errors_total"} {
		exists[late] = true
	}
	named := regexp.MustCompile(`\bswitchboard_[a-z0-9_]+\b`)
	seen, selected := 0, 0
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
		for _, selector := range regexp.MustCompile(`\b(switchboard_[a-z0-9_]+)\{([^}]*)\}`).FindAllStringSubmatch(string(text), -1) {
			for _, label := range regexp.MustCompile(`(\w+)[=!]~?\\?"`).FindAllStringSubmatch(selector[2], -1) {
				selected++
				require.Contains(t, labels[selector[1]], label[1], "%s chooses by a label that %s does not have: it would be empty for ever", path, selector[1])
			}
		}
		return nil
	}))
	require.Greater(t, seen, 20)
	require.Greater(t, selected, 50)
	problems, err := testutil.GatherAndLint(h.reg)
	require.NoError(t, err)
	for _, p := range problems {
		require.False(t, strings.HasPrefix(p.Metric, "switchboard_"), "%s: %s", p.Metric, p.Text)
	}
}

// labelsOf gives the labels of every sample by the name it is asked for with, and those that Prometheus adds.
func labelsOf(t *testing.T, h *house) map[string][]string {
	t.Helper()
	gathered, err := h.reg.Gather()
	require.NoError(t, err)
	labels := map[string][]string{}
	for _, f := range gathered {
		names := []string{"job", "instance", "le"}
		for _, l := range f.GetMetric()[0].GetLabel() {
			names = append(names, l.GetName())
		}
		for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
			labels[f.GetName()+suffix] = names
		}
	}
	return labels
}

// Whoever is woken by an alert finds what to do at the address it carries.
func TestAlertsLeadToTheirRunbook(t *testing.T) {
	t.Parallel()
	rules, runbook := readDoc(t, "deploy/prometheus/alerts.yml"), readDoc(t, "deploy/README.md")
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	require.NotEmpty(t, alerts)
	for _, alert := range alerts {
		require.Contains(t, rules, "runbook_url: deploy/README.md#"+strings.ToLower(alert[1])+"\n")
		require.Contains(t, runbook, "### "+alert[1]+"\n")
	}
}
