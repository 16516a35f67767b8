package chat

// An Outcome is what applying a batch of events did.
type Outcome struct {
	Entries []Entry // one for each event, in the events' order, with its verdict
	Changes []Change
	Created map[Channel]int // contacts made
}
