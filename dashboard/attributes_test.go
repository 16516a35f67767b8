package dashboard

import (
	"net/http"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// definitions is one attribute of every kind, some of them hostile.
func definitions() []chat.AttributeDefinition {
	return []chat.AttributeDefinition{
		{Key: "tier", Kind: chat.AttributeList, Options: []string{"Gold", "Silver", hostileText}},
		{Key: "birthday", Kind: chat.AttributeDate, Required: true},
		{Key: "seats", Kind: chat.AttributeNumber},
		{Key: "newsletter", Kind: chat.AttributeYesNo},
		{Key: "CRM", Kind: chat.AttributeLink},
		{Key: "customer number", Kind: chat.AttributeText, Pattern: "K-[0-9]{4}", Hint: "K- and four digits."},
		{Key: hostileText[:60], Kind: chat.AttributeText, Hint: hostileText, Required: true},
	}
}

func TestTypedAttributesAreEditedInTheRightInput(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{"contact": "/contacts/" + anaID, "conversation": "/inbox/" + talkID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.store.settings.ContactAttributes, s.store.settings.ConversationAttributes = definitions(), definitions()
			page := s.get(base + "?tab=conversation")
			s.lint(base, page, true)
			kinds := map[string]string{}
			for _, form := range find(t, page.body, "class", "attribute") {
				key := attr(within(form, "key"), "value")
				input := within(form, "value")
				kinds[key] = input.Data + " " + attr(input, "type")
			}
			require.Equal(t, "select ", kinds["tier"])
			require.Equal(t, "input date", kinds["birthday"])
			require.Equal(t, "input number", kinds["seats"])
			require.Equal(t, "select ", kinds["newsletter"])
			require.Equal(t, "input url", kinds["CRM"])
			require.Equal(t, "input text", kinds["customer number"])
			missing := text(find(t, page.body, "class", "attributes__missing")[0])
			require.Contains(t, missing, "Required and still empty: birthday")

			set := func(key, value, was string) answer {
				return s.htmx(base+"/attributes", "key", key, "value", value, "was", was)
			}
			require.Equal(t, http.StatusOK, set("birthday", "1990-02-28", "").StatusCode)
			require.Equal(t, http.StatusUnprocessableEntity, set("birthday", "1990-02-31", "1990-02-28").StatusCode)
			got := set("CRM", "javascript:alert(1)", "")
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
			require.Contains(t, got.body, "CRM is a web address that begins with https:// or http://.")
			require.Contains(t, got.body, `value="javascript:alert(1)"`, "what was typed is still there")
			require.Equal(t, http.StatusOK, set("CRM", "https://crm.example/42", "").StatusCode)
			require.Len(t, find(t, s.get(base+"?tab=conversation").body, "aria-label", "Open the link of CRM"), 1)

			saved := set("tier", "silver", s.was(name, "tier"))
			require.Contains(t, saved.body, "Attribute saved")
			require.Equal(t, "Silver", s.was(name, "tier"))
			page = s.get(base + "?tab=conversation")
			for _, key := range []string{"tier", "CRM"} {
				input := within(s.attribute(page, key), "value")
				from := find(t, page.body, "id", attr(input, "aria-describedby"))
				require.Len(t, from, 1, "who set it stands beside the value")
				require.Regexp(t, `^Set by Ada Admin, \S`, text(from[0]))
			}
			require.Empty(t, attr(within(s.attribute(page, "newsletter"), "value"), "aria-describedby"), "nobody set it")
			cleared := set("tier", "", "Silver")
			require.Contains(t, cleared.body, "Attribute removed")
			undo := find(t, cleared.body, "data-undo", "")[0]
			require.Equal(t, base+"/attributes", attr(undo, "action"))
			require.Equal(t, http.StatusOK, set("tier", "Silver", "").StatusCode, "what undo sends")

			refused := s.post(base+"/attributes", "key", "customer number", "value", "12", "was", s.was(name, "customer number"))
			require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
			s.lint("refused", refused, true)
			require.Contains(t, refused.body, "customer number does not look as it should. K- and four digits.")
		})
	}
}

// attribute is the form of one attribute.
func (s *site) attribute(page answer, key string) *html.Node {
	s.t.Helper()
	for _, form := range find(s.t, page.body, "class", "attribute") {
		if attr(within(form, "key"), "value") == key {
			return form
		}
	}
	require.Fail(s.t, "no attribute "+key)
	return nil
}

// was is the stored value of an attribute of Ana or her conversation.
func (s *site) was(of, key string) string {
	list := s.store.contacts[anaID].Attributes
	if of == "conversation" {
		list = s.store.conversations[talkID].Attributes
	}
	for _, a := range list {
		if a.Key == key {
			return a.Value
		}
	}
	return ""
}

func TestAValueThatDoesNotFitItsNewDefinitionIsNotLost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.settings.ContactAttributes = []chat.AttributeDefinition{{Key: "tier", Kind: chat.AttributeNumber}}
	page := s.get("/contacts/" + anaID)
	require.Contains(t, page.body, "tier is a number, such as 42 or -3.5.")
	for _, form := range find(t, page.body, "class", "attribute") {
		if attr(within(form, "key"), "value") == "tier" {
			require.Equal(t, "text", attr(within(form, "value"), "type"), "an input for numbers could not show it")
			require.Equal(t, "gold", attr(within(form, "value"), "value"))
		}
	}
}

// within is the first element of that name inside a form.
func within(form *html.Node, name string) *html.Node {
	for n := range form.Descendants() {
		if attr(n, "name") == name {
			return n
		}
	}
	return form
}
