package dashboard

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Comments keeps what colleagues say to each other about a conversation until it closes.
type Comments interface {
	Comments(ctx context.Context, conversationID string, page chat.PageRequest) (chat.List[chat.Comment], error)
	AddComment(ctx context.Context, c chat.Comment) (chat.Conversation, error)
}

func (d *Dashboard) commentRoutes() []route {
	return []route{
		{get, "/inbox/:conversation/comments", agent, d.commentPeople},
		{post, "/inbox/:conversation/comments", agent, d.addComment},
	}
}

// commentsOf makes the tab of comments.
func (d *Dashboard) commentsOf(c *fiber.Ctx, a *about, conversation *chat.Conversation) (*view.Comments, error) {
	if conversation.State == chat.StateClosed {
		return &view.Comments{Closed: true}, nil
	}
	commentForm, err := d.commentForm(c, a, nil)
	if err != nil {
		return nil, err
	}
	list, err := d.commentList(c, a)
	return &view.Comments{Form: commentForm, List: list}, err
}

// commentForm lists who can be called in: everybody who is online.
func (d *Dashboard) commentForm(c *fiber.Ctx, a *about, chosen []string) (view.CommentForm, error) {
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return view.CommentForm{}, fmt.Errorf("dashboard: list users: %w", err)
	}
	return view.CommentForm{
		AddURL: view.CommentsURL(a.conversation), CSRF: a.form.CSRF, Return: a.form.Return, Conversation: a.conversation,
		People: view.CanBeTagged(users, d.Hub.Online(), signedIn(c).user.ID, chosen),
	}, nil
}

// commentPeople is the list of who can be called in, alone: it is fetched again when somebody comes or goes.
func (d *Dashboard) commentPeople(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect(deskPath(c)+"?tab=comments", http.StatusSeeOther)
	}
	form, err := d.commentForm(c, &about{conversation: param(c, "conversation")}, nil)
	if err != nil {
		return err
	}
	return d.render(c, http.StatusOK, "partials/comment_people", form)
}

func (d *Dashboard) commentList(c *fiber.Ctx, a *about) (view.CommentList, error) {
	found, err := d.Comments.Comments(c.UserContext(), a.conversation, a.request(c))
	if err != nil {
		return view.CommentList{}, fmt.Errorf("dashboard: list comments: %w", err)
	}
	list := view.CommentListOf(found.Items, d.clock(c))
	list.Stretch = a.stretch(c, found.Next, nil, view.Empty{
		Icon: "at-sign", Title: "No comments",
		Text: "Ask a colleague for help while the conversation is under way. The customer never sees comments, and they are gone when it closes.",
	})
	return list, nil
}

func (d *Dashboard) addComment(c *fiber.Ctx) error {
	ctx, id := c.UserContext(), param(c, "conversation")
	conversation, err := d.Conversations.Conversation(ctx, id)
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(ctx, conversation.ContactID)
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	a := d.aboutPage(c, &contact, id, "comments")
	tagged, err := d.tagged(c)
	if err != nil {
		return err
	}
	comment, err := chat.NewComment(rand.Text(), id, form(c, "text"), tagged, author(c), d.config.Now())
	if err == nil {
		_, err = d.Comments.AddComment(ctx, comment)
	}
	if err != nil {
		return d.refuseComment(c, a, err)
	}
	change := chat.Change{Conversation: id, Contact: contact.ID, Channel: conversation.Channel, Account: conversation.Account, What: []string{"comment"}}
	for _, t := range comment.Tagged {
		change.For = append(change.For, t.ID)
	}
	d.changed(c, change)
	if !fragment(c) {
		return back(c, a.form.Return)
	}
	return d.answerComment(c, a, comment.Tagged)
}

// tagged are the colleagues a form calls in. Somebody who has just gone offline is told when they are back.
func (d *Dashboard) tagged(c *fiber.Ctx) ([]chat.Tagged, error) {
	var out []chat.Tagged
	for _, raw := range c.Request().PostArgs().PeekMulti("tag") {
		user, err := d.Users.User(c.UserContext(), string(raw))
		if err != nil {
			return nil, fmt.Errorf("dashboard: read tagged colleague: %w", err)
		}
		if !user.DisabledAt.IsZero() {
			return nil, fmt.Errorf("dashboard: tagged colleague is disabled: %w", chat.ErrInvalid)
		}
		out = append(out, chat.Tagged{ID: user.ID, Name: view.UserName(&user)})
	}
	return out, nil
}

func (d *Dashboard) answerComment(c *fiber.Ctx, a *about, tagged []chat.Tagged) error {
	list, err := d.commentList(c, a)
	if err != nil {
		return err
	}
	fresh, err := d.commentForm(c, a, nil)
	if err != nil {
		return err
	}
	fresh.Fresh = true
	said := toast{Text: "Comment added"}
	switch len(tagged) {
	case 0:
	case 1:
		said.Text = "Comment added, and " + tagged[0].Name + " was told"
	default:
		said.Text = "Comment added, and " + d.clock(c).Plural(len(tagged), "colleague") + " were told"
	}
	return d.answer(c, http.StatusOK, part{"oob/comment_list", list}, part{"oob/comment_form", fresh}, part{"oob/toast", said})
}

// refuseComment shows the form again with what was typed and what is wrong with it.
func (d *Dashboard) refuseComment(c *fiber.Ctx, a *about, cause error) error {
	message, ok := chat.IsInput(cause)
	if !ok {
		return fmt.Errorf("dashboard: add comment: %w", cause)
	}
	var chosen []string
	for _, raw := range c.Request().PostArgs().PeekMulti("tag") {
		chosen = append(chosen, string(raw))
	}
	refused, err := d.commentForm(c, a, chosen)
	if err != nil {
		return err
	}
	refused.Text, refused.Error = form(c, "text"), message
	if fragment(c) {
		return d.answer(c, http.StatusUnprocessableEntity, part{"oob/comment_form", refused})
	}
	return d.showRefusedTab(c, a, func(p *view.Panel) { p.Comments.Form = refused })
}
