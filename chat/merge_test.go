package chat

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func igsid(v string) Identity { return Identity{Channel: Instagram, Kind: IdentityIGSID, Value: v} }

// direct is a message on Instagram.
func direct(id string, at int, from Identity) Event {
	e := hello(id, at, from)
	e.Channel = Instagram
	return e
}

// couple is a survivor with a merge announced, and the other.
func couple(t require.TestingT, choice MergeChoice) (a, b Contact) {
	a, b = NewContact(new(hello("a", 5, phone("+12025550143")))), NewContact(new(direct("b", 3, igsid("77"))))
	require.NoError(t, a.Set(FieldName, "Ana", 9, "Bo", minute(6)))
	require.NoError(t, b.Set(FieldName, "Anna", 9, "Bo", minute(7)))
	require.NoError(t, b.Set(FieldEmail, "anna@example.com", 0, "Bo", minute(7)))
	require.NoError(t, a.AddLabel("vip", "Bo", second(1)))
	require.NoError(t, b.AddLabel("vip", "Cy", second(2)))
	require.NoError(t, b.AddLabel("press", "Cy", second(2)))
	require.NoError(t, a.SetAttribute("size", "M", "", "Bo", second(1)))
	require.NoError(t, b.SetAttribute("size", "L", "", "Cy", second(2)))
	require.NoError(t, b.SetAttribute("shoe", "42", "", "Cy", second(2)))
	a.Version, b.Version = 4, 7
	a.Reindex()
	b.Reindex()
	a.Step = &MergeStep{Merge: "m1", Other: b.ID, Choice: choice, By: "Cy", At: minute(20)}
	b.MergeInto(a.ID, "m1")
	return a, b
}

var apart = cmp.Options{
	cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Contact{}, "Related", "Version", "Step"), cmpopts.IgnoreFields(Provenance{}, "Version"),
}

func TestMergedTakesWhatWasChosen(t *testing.T) {
	for name, c := range map[string]struct {
		choice     MergeChoice
		name, size string
	}{
		"nothing chosen":         {MergeChoice{}, "Ana", "M"},
		"the other's name":       {MergeChoice{Fields: []string{FieldName}}, "Anna", "M"},
		"the other's attribute":  {MergeChoice{Attributes: []string{"size"}}, "Ana", "L"},
		"a field nobody asks of": {MergeChoice{Fields: []string{"keys", FieldEmail}}, "Ana", "M"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := couple(t, c.choice)
			got := a.Merged(&b)
			require.Equal(t, c.name, got.Name)
			require.Equal(t, "anna@example.com", got.Email, "what only one has is kept")
			require.Equal(t, []Attribute{{"shoe", "42"}, {"size", c.size}}, got.Attributes)
			require.Equal(t, []string{"press", "vip"}, got.Labels)
			size := map[string]Mark{"M": {MarkAttribute, "size", "Bo", second(1)}, "L": {MarkAttribute, "size", "Cy", second(2)}}[c.size]
			require.Equal(t, []Mark{
				{MarkLabel, "press", "Cy", second(2)}, {MarkLabel, "vip", "Bo", second(1)}, {MarkAttribute, "shoe", "Cy", second(2)}, size,
			}, got.Marks, "who set what is still known")
			require.Equal(t, []string{igsid("77").Key(), phone("+12025550143").Key()}, got.Keys)
			require.Nil(t, got.Step)
			require.Equal(t, "Ana", a.Name, "the records themselves stay as they are")
		})
	}
}

func TestTheChosenNameStays(t *testing.T) {
	a, b := couple(t, MergeChoice{Fields: []string{FieldName}})
	got := a.Merged(&b)
	e := hello("c", 30, phone("+12025550143"))
	e.ContactName = "Profile name"
	got.Learn(&e)
	require.Equal(t, "Anna", got.Name, "no platform changes what an agent decided")
}

func TestSplitGivesBothBackWhatTheyHad(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		choice := MergeChoice{
			Fields:     rapid.SliceOfDistinct(rapid.SampledFrom(mergeFields()), rapid.ID).Draw(r, "fields"),
			Attributes: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"size", "shoe"}), rapid.ID).Draw(r, "attributes"),
			Proven:     rapid.Bool().Draw(r, "proven"),
		}
		a, b := couple(r, choice)
		m := NewMerge(&a, &b)
		merged := a.Merged(&b)
		s := m.Split(&merged, &b)
		if d := cmp.Diff(m.Before, s.Survivor, apart); d != "" {
			r.Fatalf("the survivor: %s", d)
		}
		if d := cmp.Diff(b.restored(), s.Returned, apart); d != "" {
			r.Fatalf("the other: %s", d)
		}
	})
}

func TestSplitKeepsWhatCameSince(t *testing.T) {
	a, b := couple(t, MergeChoice{Fields: []string{FieldName}})
	m := NewMerge(&a, &b)
	now := a.Merged(&b)
	require.NoError(t, now.Set(FieldName, "Anna-Maria", now.Provenance[FieldName].Version, "Di", minute(30)))
	require.NoError(t, now.SetAttribute("shoe", "43", "42", "Di", minute(30)))
	require.NoError(t, now.AddLabel("new", "Di", minute(30)))
	e := direct("c", 40, igsid("78"))
	now.Learn(&e)
	e = direct("d", 41, igsid("77"))
	now.Learn(&e)
	s := m.Split(&now, &b)
	require.Equal(t, "Anna-Maria", s.Survivor.Name, "an edit since stays")
	require.Equal(t, []string{FieldName}, s.Kept)
	require.Equal(t, []string{FieldEmail}, s.Back)
	require.Equal(t, []Attribute{{"shoe", "43"}, {"size", "M"}}, s.Survivor.Attributes)
	require.Equal(t, []string{"new", "vip"}, s.Survivor.Labels)
	require.Equal(t, []Mark{
		{MarkLabel, "new", "Di", minute(30)}, {MarkLabel, "vip", "Bo", second(1)}, {MarkAttribute, "shoe", "Di", minute(30)}, {MarkAttribute, "size", "Bo", second(1)},
	}, s.Survivor.Marks)
	require.Equal(t, "Anna", s.Returned.Name)
	require.Equal(t, []string{igsid("77").Key(), igsid("78").Key()}, s.Returned.Keys, "an identity seen since goes where its channel is")
	require.Equal(t, minute(41), s.Returned.LastSeenAt)
	require.Equal(t, []Channel{WhatsApp}, s.Survivor.Channels)
	require.Equal(t, []Channel{Instagram}, s.Returned.Channels)
}

func TestWhichConversationsGoBack(t *testing.T) {
	a, b := couple(t, MergeChoice{})
	m := NewMerge(&a, &b)
	now := a.Merged(&b)
	s := m.Split(&now, &b)
	m.Returned = &s.Returned
	for name, c := range map[string]struct {
		talk Conversation
		back bool
	}{
		"moved by the merge":            {Conversation{Moves: []Move{{Merge: "m1"}}}, true},
		"moved by another":              {Conversation{Moves: []Move{{Merge: "m2"}}, Opener: igsid("77").Key()}, false},
		"opened since by the other":     {Conversation{Opener: igsid("77").Key()}, true},
		"opened by the survivor":        {Conversation{Opener: phone("+12025550143").Key()}, false},
		"from before openers were kept": {Conversation{}, false},
	} {
		require.Equal(t, c.back, m.Owns(&c.talk), name)
	}
}

func TestAlike(t *testing.T) {
	claims := func(id, kind, value string) Contact {
		c := Contact{ID: id, Claims: []Claim{{Kind: kind, Value: value, At: minute(1)}}}
		c.Reindex()
		return c
	}
	me := known("me", phone("+12025550143"))
	me.Email = "ana@example.com"
	twin := known("twin", Identity{Channel: WebWidget, Kind: IdentityPhone, Value: "+12025550143"})
	alias := known("alias", phone("+12025550143"))
	alias.MergedInto = "x"
	said, mail, another := claims("said", "phone", "+1 (202) 555-0143"), claims("mail", "email", "Ana@Example.com"), claims("else", "email", "ben@example.com")
	dismissed := claims("dismissed", "email", "ana@example.com")
	dismissed.Dismiss("me")
	got := me.Alike([]Contact{mail, said, twin, alias, another, dismissed, me})
	require.Len(t, got, 3)
	require.Equal(t, "twin", got[0].Contact.ID)
	require.True(t, got[0].Proven)
	require.Equal(t, []string{"mail", "said"}, []string{got[1].Contact.ID, got[2].Contact.ID})
	require.False(t, got[2].Proven, "a claim proves nothing")
	require.Equal(t, "Same phone +12025550143 (here: writes from it; there: typed by the visitor)", got[2].Reason)
	require.Contains(t, me.Handles(), "+12025550143")
	require.Contains(t, said.Terms, "+12025550143", "what is looked up is what is indexed")
	me.Dismiss("said")
	me.Dismiss("said")
	require.Len(t, me.Alike([]Contact{said}), 0)
	me.Undismiss("said")
	require.Len(t, me.Alike([]Contact{said}), 1)
}
