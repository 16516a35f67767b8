package view

import (
	"net/url"
	"slices"

	"switchboard/chat"
)

// Comments is what colleagues say to each other about a conversation that is under way.
type Comments struct {
	Closed bool // then there are none, and none can be written
	Form   CommentForm
	List   CommentList
}

// A CommentForm is where a comment is written. Text is what was typed when it was refused.
type CommentForm struct {
	AddURL, CSRF, Return string
	Conversation         string // id
	Text, Error          string
	Fresh                bool // the answer to a comment that was added: the draft is done with
	People               []Taggable
}

// A Taggable is a colleague who is online and can be called in.
type Taggable struct {
	ID, Name string
	Avatar   Avatar
	Chosen   bool
}

// A CommentList is comments, newest first.
type CommentList struct {
	Items []CommentItem
	Stretch
}

// A CommentItem is one comment.
type CommentItem struct {
	ID     string
	Author string
	Avatar Avatar
	At     Moment
	Text   []Segment
	Tagged []string
}

// CommentListOf shows comments.
func CommentListOf(list []chat.Comment, clock Clock) CommentList {
	var out CommentList
	for i := range list {
		c := &list[i]
		item := CommentItem{ID: c.ID, Author: line(c.AuthorName), Avatar: AvatarOf(c.AuthorID, c.AuthorName), At: clock.Moment(c.CreatedAt), Text: Segments(c.Text)}
		for _, t := range c.Tagged {
			item.Tagged = append(item.Tagged, line(t.Name))
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// CommentsURL is the address of a conversation's comments.
func CommentsURL(conversation string) string {
	return "/inbox/" + url.PathEscape(conversation) + "/comments"
}

// CanBeTagged lists who is online besides the viewer.
func CanBeTagged(users []chat.User, online []string, viewer string, chosen []string) []Taggable {
	var out []Taggable
	for i := range users {
		u := &users[i]
		if u.ID == viewer || !u.DisabledAt.IsZero() || !slices.Contains(online, u.ID) {
			continue
		}
		name := UserName(u)
		out = append(out, Taggable{ID: u.ID, Name: name, Avatar: AvatarOf(u.ID, name), Chosen: slices.Contains(chosen, u.ID)})
	}
	return out
}
