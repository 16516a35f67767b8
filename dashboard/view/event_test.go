package view

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// Whatever package chat puts on a timeline has words of its own here.
func TestEveryTimelineEntryHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../chat/*.go")
	require.NoError(t, err)
	recorded := map[string]bool{}
	says := regexp.MustCompile(`(?:\.note\(|TimelineEntry\{.*Type: )"([a-z_]+)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, found := range says.FindAllStringSubmatch(string(source), -1) {
			recorded[found[1]] = true
		}
	}
	require.Greater(t, len(recorded), 20)
	words := eventWords()
	for kind := range recorded {
		if kind != "state" {
			require.Contains(t, words, kind)
		}
	}
}

func TestEventWords(t *testing.T) {
	t.Parallel()
	clock := NewClock(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC), "Europe/Berlin")
	for _, c := range []struct{ kind, text, want string }{
		{"state", "open", "Opened"},
		{"state", "closed", "State changed: closed"},
		{"state", "<b>", "State changed: <b>"},
		{"labelled", "vip", "Label added: vip"},
		{"snoozed", "", "Snoozed"},
		{"snoozed", "2026-10-06T08:00:00Z", "Snoozed until 6 Oct, 10:00"},
		{"never_heard_of", "x", "Never heard of: x"},
		{"", "", "Something happened"},
	} {
		e := event(&chat.TimelineEntry{ID: "1", Type: c.kind, Text: c.text, By: "Ada", At: clock.Now}, clock)
		require.Equal(t, c.want, e.Text)
		require.NotEmpty(t, e.Icon)
	}
}

func TestAverageMood(t *testing.T) {
	clock := NewClock(time.Now(), "").For(LocaleFor("ar-EG", ""))
	t.Parallel()
	talk := func(sentiment, closing string) chat.Conversation {
		c := chat.Conversation{Sentiment: sentiment}
		if closing != "" {
			c.Closing = &chat.Closing{Sentiment: closing}
		}
		return c
	}
	require.Nil(t, AverageMood([]chat.Conversation{talk("", ""), talk("nonsense", "")}, clock), "no mood is known")
	for want, list := range map[string][]chat.Conversation{
		"Positive": {talk("positive", ""), talk("positive", ""), talk("negative", "")},
		"Neutral":  {talk("positive", ""), talk("negative", ""), talk("", "")},
		"Negative": {talk("positive", "negative"), talk("neutral", "")}, // what the agent said counts before what was computed
	} {
		require.Equal(t, want, AverageMood(list, clock).Word)
	}
	require.Equal(t, "٢ conversations", AverageMood([]chat.Conversation{talk("positive", ""), talk("", ""), talk("neutral", "")}, clock).Of)
}
