package chat

import (
	"slices"
	"time"
)

// PageSize is how many messages the newest page may hold before its older ones move to a page of their own. Each new message
// has the newest page written anew, so it is small: with 60 a message took two thirds more of the processor and twice the memory.
const PageSize = 20

// limits says when pages turn. Bytes are counted roughly (Message.weight).
type limits struct {
	page  int // messages on the newest page
	keep  int // messages that stay when it turns
	bytes int // the newest page turns early above this, when something worth a page would move
	hard  int // the newest page turns above this however few messages stay, and no older page passes it
}

func pageLimits() limits {
	return limits{page: PageSize, keep: PageSize / 2, bytes: 1 << 20, hard: 4 << 20}
}

// Overfull reports whether the newest page has grown past its bounds and Turn would move messages. Nobody may change the
// messages of an overfull conversation before it is turned: then what Turn moves follows from the document alone, and turning
// can be done by anybody and twice.
func (c *Conversation) Overfull() bool { return turnAt(c.Messages, pageLimits()) > 0 }

// Turn moves the older messages off an overfull newest page and returns them as pages, to be written before the conversation:
// a crash in between leaves pages that do not count, because their From is not before the stored PageFrom.
//
// What it returns, ids included, follows from the messages alone, so whoever turns the same conversation again gets the same
// pages. The first page begins before everything.
func (c *Conversation) Turn() []MessagePage { return c.turn(pageLimits()) }

func (c *Conversation) turn(l limits) []MessagePage {
	cut := turnAt(c.Messages, l)
	if cut == 0 {
		return nil
	}
	var from Place
	if c.PageFrom != nil {
		from = *c.PageFrom
	}
	pages := cutPages(c.ID, from, c.Messages[:cut], l)
	c.Messages = slices.Clone(c.Messages[cut:])
	first := c.Messages[0].Place()
	c.PageFrom = &first
	return pages
}

// turnAt is how many of the oldest messages should move; 0 when the page is not full.
func turnAt(list []Message, l limits) int {
	size := weigh(list)
	full := len(list) > l.page || size > l.bytes && len(list) >= l.keep+l.keep/2
	if !full && size <= l.hard {
		return 0
	}
	cut := max(0, len(list)-l.keep)
	rest := weigh(list[cut:])
	for rest > l.hard/2 && cut < len(list)-1 {
		rest -= list[cut].weight()
		cut++
	}
	return boundary(list, cut, cut-l.keep/2)
}

// boundary moves a cut down to where the time changes, so that messages of one second stay together; not below lowest.
func boundary(list []Message, cut, lowest int) int {
	for i := cut; i > max(0, lowest); i-- {
		if !list[i-1].Timestamp.Equal(list[i].Timestamp) {
			return i
		}
	}
	return cut
}

// Weight is about how many bytes the conversation takes as a document.
func (c *Conversation) Weight() int { return 2000 + weigh(c.Messages) }

func weigh(list []Message) int {
	n := 0
	for i := range list {
		n += list[i].weight()
	}
	return n
}

// cutPages makes pages that are not overfull. The first begins at from, the others at their first message.
func cutPages(conversation string, from Place, list []Message, l limits) []MessagePage {
	var pages []MessagePage
	for len(list) > 0 {
		n, weight := 1, list[0].weight()
		for n < len(list) && n < l.page && weight+list[n].weight() <= l.hard/2 {
			weight += list[n].weight()
			n++
		}
		if n < len(list) {
			n = boundary(list, n, n-n/4)
		}
		pages = append(pages, newPage(conversation, from, list[:n]))
		if list = list[n:]; len(list) > 0 {
			from = list[0].Place()
		}
	}
	return pages
}

func newPage(conversation string, from Place, list []Message) MessagePage {
	return MessagePage{
		ID:             EventID("page", conversation, from.At.UTC().Format(time.RFC3339Nano), from.ID),
		ConversationID: conversation,
		From:           from,
		FromAt:         from.At,
		Messages:       slices.Clone(list),
	}
}

// Overfull reports whether late messages filled the page past twice PageSize (or its bytes) and Split would cut it. The rule
// of Conversation.Overfull holds for it too.
func (p *MessagePage) Overfull() bool { return p.overfull(pageLimits()) }

func (p *MessagePage) overfull(l limits) bool {
	return len(p.Messages) > 2*l.page || len(p.Messages) > 1 && weigh(p.Messages) > l.hard
}

// Split cuts an overfull page. p keeps the oldest part and its From; the rest is returned as new pages, to be written before
// p: a crash in between leaves copies, which Display joins. Like Turn it gives the same pages for the same messages.
func (p *MessagePage) Split() []MessagePage { return p.split(pageLimits()) }

func (p *MessagePage) split(l limits) []MessagePage {
	if !p.overfull(l) {
		return nil
	}
	parts := cutPages(p.ConversationID, p.From, p.Messages, l)
	p.Messages = parts[0].Messages
	return parts[1:]
}

// Before is the part of the page's messages before the next page's From. What lies beyond are copies a crash left behind.
func (p *MessagePage) Before(next Place) []Message {
	n, _ := slices.BinarySearchFunc(p.Messages, next, func(m Message, at Place) int { return m.Place().Compare(at) })
	return p.Messages[:n]
}

// Display is the conversation's messages in the order an agent sees them: those of the given pages (sorted by From, any
// number of them) and of the newest page, each once. Pages that do not count (see MessagePage) are left out; copies that a
// crash left on two pages are joined.
func Display(pages []MessagePage, c *Conversation) []Message {
	var list []Message
	at := map[string]int{}
	show := func(messages []Message) {
		for i := range messages {
			m := &messages[i]
			if j, ok := at[m.ID]; ok {
				list[j] = list[j].clone()
				list[j].join(m)
				continue
			}
			at[m.ID] = len(list)
			list = append(list, *m)
		}
	}
	for i := range pages {
		if c.counts(&pages[i]) {
			show(pages[i].Messages)
		}
	}
	show(c.Messages)
	slices.SortStableFunc(list, compareMessages)
	markLate(list)
	return list
}

// counts reports whether a page belongs to the conversation as it is stored.
func (c *Conversation) counts(p *MessagePage) bool {
	return c.PageFrom != nil && p.From.Compare(*c.PageFrom) < 0
}

// clone copies what acts change in place.
func (m *Message) clone() Message {
	n := *m
	n.Statuses, n.Reactions = slices.Clone(m.Statuses), slices.Clone(m.Reactions)
	return n
}

// markLate marks every message that arrived after one with a greater place.
func markLate(list []Message) {
	if len(list) == 0 {
		return
	}
	earliest := list[len(list)-1].ReceivedAt
	for i := len(list) - 2; i >= 0; i-- {
		m := &list[i]
		if earliest.Before(m.ReceivedAt) {
			m.markLate()
		} else {
			earliest = m.ReceivedAt
		}
	}
}
