package view

import (
	"net/url"

	"switchboard/chat"
)

// A Found is a person or a conversation that the palette offers.
type Found struct {
	ID     string // unique among what is offered
	Name   string
	Kind   string
	URL    string
	Avatar Avatar
}

// FoundOf lists people with the newest of their conversations first. The conversations are those of these people.
func FoundOf(people []chat.Contact, conversations []chat.Conversation) []Found {
	var out []Found
	for i := range people {
		p := &people[i]
		name := ContactName(p)
		for j := range conversations {
			c := &conversations[j]
			if c.ContactID != p.ID {
				continue
			}
			channel := ChannelOf(c.Channel)
			out = append(out, Found{
				ID: "d" + c.ID, Name: name, Kind: channel.Name + ", " + string(c.State), URL: "/inbox/" + url.PathEscape(c.ID),
				Avatar: avatar(p.ID, name, &channel),
			})
			break
		}
		out = append(out, Found{ID: "c" + p.ID, Name: name, Kind: "Contact", URL: ContactURL(p.ID), Avatar: avatar(p.ID, name, nil)})
	}
	return out
}
