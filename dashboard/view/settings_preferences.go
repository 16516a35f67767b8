package view

import (
	"strconv"

	"switchboard/chat"
)

// A PreferencesScreen is where the workspace's preferences are kept.
type PreferencesScreen struct {
	IP       IPForm
	Closing  ClosingForm
	Transfer WaitForm
}

// A WaitForm says how long an offered conversation waits for an answer.
type WaitForm struct {
	Form
	Minutes, Seen string
	Conflict      *Conflict
	Error         string
}

// An IPForm says what is kept of visitors' addresses.
type IPForm struct {
	Form
	Choices  []PolicyChoice
	Seen     string
	Conflict *Conflict
	Error    string
}

// A PolicyChoice is one of several, with what it means.
type PolicyChoice struct {
	Value, Name, Text string
	Chosen            bool
}

// A ClosingForm says what the close dialog asks for.
type ClosingForm struct {
	Form
	Sentiment, Notes, Tag bool
	NoTags                bool
	Attributes            []string // required ones, which are asked for as well
	Seen                  string
	Conflict              *Conflict
	Error                 string
}

// PreferencesOf shows the preferences of the workspace; configured is the address policy of the process.
func PreferencesOf(s *chat.Settings, configured string, form Form) PreferencesScreen {
	screen := PreferencesScreen{
		IP: IPForm{Form: form, Seen: s.IPPolicy, Choices: []PolicyChoice{
			{Value: "", Name: "As the server is configured", Text: "Now: " + PolicyName(configured) + "."},
			{Value: "full", Name: "Full", Text: "The address as it is. Find out first whether you may."},
			{Value: "truncated", Name: "Truncated", Text: "Without its last part: 203.0.113.0 for 203.0.113.9."},
			{Value: "none", Name: "None", Text: "No address is kept. The country and city it stands for are."},
		}},
		Closing: ClosingForm{Form: form, Sentiment: s.Closing.Sentiment, Notes: s.Closing.Notes, Tag: s.Closing.Tag, NoTags: len(s.Tags) == 0, Seen: s.Closing.Seen()},
	}
	minutes := strconv.Itoa(int(s.TransferTime().Minutes()))
	screen.Transfer = WaitForm{Form: form, Minutes: minutes, Seen: minutes}
	for i := range screen.IP.Choices {
		screen.IP.Choices[i].Chosen = screen.IP.Choices[i].Value == s.IPPolicy
	}
	for _, d := range s.ConversationAttributes {
		if d.Required {
			screen.Closing.Attributes = append(screen.Closing.Attributes, d.Key)
		}
	}
	return screen
}

// PolicyName is an address policy in words.
func PolicyName(policy string) string {
	switch policy {
	case "full":
		return "full"
	case "truncated":
		return "truncated"
	case "none":
		return "none"
	default:
		return "as the server is configured"
	}
}
