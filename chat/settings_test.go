package chat

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	editedAt = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	anEditor = Editor{Name: "Ada", At: editedAt}
)

func TestLabelSettings(t *testing.T) {
	t.Parallel()
	var s Settings
	require.NoError(t, s.DefineLabel(" VIP ", "violet", anEditor))
	require.NoError(t, s.DefineLabel("priority::high", "red", anEditor))
	require.Equal(t, []LabelDefinition{{"priority::high", "red"}, {"vip", "violet"}}, s.Labels)
	require.ErrorIs(t, s.DefineLabel("Vip", "red", anEditor), ErrInvalid, "twice")
	require.ErrorIs(t, s.DefineLabel("new", "", anEditor), ErrInvalid, "no colour")

	seen := s.Labels[1].Seen()
	require.NoError(t, s.ChangeLabel("vip", "vip", "pink", seen, anEditor))
	require.Empty(t, s.LabelJobs, "a colour needs no work on documents")
	var conflict *ConflictError
	require.ErrorAs(t, s.ChangeLabel("vip", "vip", "blue", seen, Editor{"Ben", editedAt}), &conflict)
	require.Equal(t, ConflictError{Field: "label", Theirs: "vip, pink", By: "Ada", At: editedAt}, *conflict)

	seen = s.Labels[1].Seen()
	require.ErrorIs(t, s.ChangeLabel("vip", "priority::vip", "pink", seen, anEditor), ErrInvalid, "into a group")
	require.ErrorIs(t, s.ChangeLabel("vip", "priority::high", "pink", seen, anEditor), ErrInvalid, "onto another")
	require.NoError(t, s.ChangeLabel("vip", "key account", "pink", seen, anEditor))
	require.Equal(t, []LabelJob{{"vip", "key account"}}, s.LabelJobs)
	seen = s.Labels[0].Seen()
	require.Equal(t, "key account", s.Labels[0].Name)
	require.ErrorIs(t, s.ChangeLabel("key account", "vip", "pink", seen, anEditor), ErrInvalid, "not while the first rename is under way")
	s.FinishLabelJob(s.LabelJobs[0])
	s.FinishLabelJob(LabelJob{"vip", "key account"})
	require.Empty(t, s.LabelJobs)

	require.ErrorIs(t, s.DropLabel("key account", "old", true, anEditor), ErrConflict)
	require.NoError(t, s.DropLabel("key account", seen, true, anEditor))
	require.NoError(t, s.DropLabel("key account", seen, true, anEditor), "gone already")
	require.Equal(t, []LabelJob{{From: "key account"}}, s.LabelJobs)
	require.NoError(t, s.DropLabel("priority::high", s.Labels[0].Seen(), false, anEditor))
	require.Len(t, s.LabelJobs, 1, "documents keep it")
}

func TestLabelJob(t *testing.T) {
	t.Parallel()
	list, changed := LabelJob{"vip", "key account"}.Relabel([]string{"a", "vip"})
	require.True(t, changed)
	require.Equal(t, []string{"a", "key account"}, list)
	list, changed = LabelJob{From: "a"}.Relabel(list)
	require.True(t, changed)
	require.Equal(t, []string{"key account"}, list)
	_, changed = LabelJob{From: "a"}.Relabel(list)
	require.False(t, changed)
}

func TestTags(t *testing.T) {
	t.Parallel()
	var s Settings
	for _, tag := range []string{"refund", "Émigré", "delivery", "Zoo"} {
		require.NoError(t, s.AddTag(tag, anEditor))
	}
	require.Equal(t, []string{"delivery", "Émigré", "refund", "Zoo"}, s.Tags, "alphabetical as people sort")
	require.ErrorIs(t, s.AddTag("REFUND", anEditor), ErrInvalid)
	require.ErrorIs(t, s.AddTag(" ", anEditor), ErrInvalid)
	s.RemoveTag("refund", anEditor)
	s.RemoveTag("refund", anEditor)
	require.Equal(t, []string{"delivery", "Émigré", "Zoo"}, s.Tags)
}

func TestAttributeSettings(t *testing.T) {
	t.Parallel()
	var s Settings
	require.NoError(t, s.DefineAttribute(ContactScope, AttributeDefinition{Key: "tier", Kind: AttributeList, Options: []string{"gold"}}, anEditor))
	require.NoError(t, s.DefineAttribute(ContactScope, AttributeDefinition{Key: "number", Kind: AttributeNumber}, anEditor))
	require.ErrorIs(t, s.DefineAttribute(ContactScope, AttributeDefinition{Key: "TIER", Kind: AttributeText}, anEditor), ErrInvalid)
	require.NoError(t, s.DefineAttribute(ConversationScope, AttributeDefinition{Key: "tier", Kind: AttributeText}, anEditor), "the other scope has names of its own")
	require.ErrorIs(t, s.DefineAttribute("planet", AttributeDefinition{Key: "x", Kind: AttributeText}, anEditor), ErrInvalid)

	seen := s.ContactAttributes[0].Seen()
	require.NoError(t, s.ChangeAttribute(ContactScope, AttributeDefinition{Key: "tier", Kind: AttributeList, Options: []string{"gold", "silver"}, Required: true}, seen, anEditor))
	var conflict *ConflictError
	require.ErrorAs(t, s.ChangeAttribute(ContactScope, AttributeDefinition{Key: "tier", Kind: AttributeText}, seen, Editor{"Ben", editedAt}), &conflict)
	require.Equal(t, "List, required, gold / silver", conflict.Theirs)
	require.Equal(t, "Ada", conflict.By)

	require.NoError(t, s.MoveAttribute(ContactScope, "number", true, anEditor))
	require.Equal(t, "number", s.ContactAttributes[0].Key)
	require.NoError(t, s.MoveAttribute(ContactScope, "number", true, anEditor), "it is first already")
	require.Equal(t, "number", s.ContactAttributes[0].Key)
	require.ErrorIs(t, s.DropAttribute(ContactScope, "tier", seen, anEditor), ErrConflict)
	require.NoError(t, s.DropAttribute(ContactScope, "tier", s.ContactAttributes[1].Seen(), anEditor))
	require.Len(t, s.ContactAttributes, 1)
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	var s Settings
	require.NoError(t, s.SetIPPolicy("none", "", anEditor))
	require.NoError(t, s.SetIPPolicy("none", "", anEditor), "what is asked for stands there already")
	var conflict *ConflictError
	require.ErrorAs(t, s.SetIPPolicy("full", "", Editor{"Ben", editedAt}), &conflict)
	require.Equal(t, "none", conflict.Theirs)
	require.ErrorIs(t, s.SetIPPolicy("some", "none", anEditor), ErrInvalid)

	nothing := ClosingRules{}.Seen()
	require.ErrorIs(t, s.SetClosing(ClosingRules{Tag: true}, nothing, anEditor), ErrInvalid, "no tags to choose from")
	require.NoError(t, s.AddTag("refund", anEditor))
	require.NoError(t, s.SetClosing(ClosingRules{Tag: true, Sentiment: true}, nothing, anEditor))
	require.ErrorAs(t, s.SetClosing(ClosingRules{Notes: true}, nothing, Editor{"Ben", editedAt}), &conflict)
	require.Equal(t, "sentiment, tag required", conflict.Theirs)

	require.Equal(t, 15*time.Minute, s.TransferTime())
	for _, minutes := range []int{-1, 0, 1441} {
		require.ErrorIs(t, s.SetTransferMinutes(minutes, 15, anEditor), ErrInvalid)
	}
	require.NoError(t, s.SetTransferMinutes(15, 0, anEditor), "what is asked for holds already")
	require.NoError(t, s.SetTransferMinutes(1, 15, anEditor))
	require.Equal(t, time.Minute, s.TransferTime())
	require.ErrorAs(t, s.SetTransferMinutes(60, 15, Editor{"Ben", editedAt}), &conflict)
	require.Equal(t, "1 min", conflict.Theirs)
}

func TestLastEditsAreBounded(t *testing.T) {
	t.Parallel()
	var s Settings
	for i := range 2 * maxSettingEdits {
		s.done(EventID("x", string(rune(i))), anEditor)
	}
	s.done("tags", anEditor)
	s.done("tags", Editor{"Ben", editedAt})
	require.Len(t, s.Edits, maxSettingEdits)
	require.Equal(t, SettingEdit{"tags", "Ben", editedAt}, s.Edits[maxSettingEdits-1])
	var conflict *ConflictError
	require.True(t, errors.As(s.conflict("never", "x", ""), &conflict))
	require.Empty(t, conflict.By)
}
