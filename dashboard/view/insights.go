package view

import "switchboard/chat"

// An InsightGroup is what was found out about a person under one heading.
type InsightGroup struct {
	Name  string
	Lines []InsightLine
}

// An InsightLine is one finding and where it comes from.
type InsightLine struct {
	Text        string
	EvidenceURL string // empty when it is not known
}

// insights groups what was found out; nothing when there is nothing.
func insights(list []chat.Insight) []InsightGroup {
	groups := []struct{ kind, name string }{
		{chat.InsightPreference, "Preferences"},
		{chat.InsightTopic, "Topics"},
		{chat.InsightPurchase, "Purchase patterns"},
		{chat.InsightCharacteristic, "Characteristics"},
	}
	var out []InsightGroup
	for _, g := range groups {
		group := InsightGroup{Name: g.name}
		for _, i := range list {
			if i.Kind != g.kind {
				continue
			}
			l := InsightLine{Text: line(i.Text)}
			if i.ConversationID != "" {
				l.EvidenceURL = HistoryURL(i.ConversationID)
				if i.MessageID != "" {
					l.EvidenceURL += "#m-" + i.MessageID
				}
			}
			group.Lines = append(group.Lines, l)
		}
		if len(group.Lines) > 0 {
			out = append(out, group)
		}
	}
	return out
}
