// Package chat is Switchboard's vocabulary and its rules: people, conversations, messages, and how what a platform says
// changes them. Everything here is pure and knows no database, broker or web framework; it imports the standard library only.
package chat

// Channel names the platform a message travels on.
type Channel string

// The channels Switchboard speaks. The words are stable: they appear in URLs, topics, documents and metric labels.
const (
	WhatsApp  Channel = "whatsapp"
	Instagram Channel = "instagram"
	WebWidget Channel = "webwidget"
)

// Direction tells who wrote a message.
type Direction string

// Inbound is written by the customer, Outbound by the business, whatever tool it used.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)
