package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// What is done with a conversation as a whole: its state, who has it, its priority and its mark. What asks for more than one
// press stands in handling_snooze.go, handling_transfer.go and handling_close.go; many at once in bulk.go.

func (d *Dashboard) handlingRoutes() []route {
	return []route{
		{post, "/inbox/bulk", agent, d.bulk},
		{post, "/inbox/bulk/restore", agent, d.bulkRestore},
		{get, "/inbox/:conversation/snooze", agent, d.snoozeForm},
		{post, "/inbox/:conversation/snooze", agent, d.snooze},
		{get, "/inbox/:conversation/assign", agent, d.assignForm},
		{get, "/inbox/:conversation/transfer", agent, d.transferForm},
		{post, "/inbox/:conversation/transfer", agent, d.offerTransfer},
		{post, "/inbox/:conversation/transfer/accept", agent, d.acceptTransfer},
		{post, "/inbox/:conversation/transfer/decline", agent, d.declineTransfer},
		{post, "/inbox/:conversation/transfer/withdraw", agent, d.withdrawTransfer},
		{get, "/inbox/:conversation/close", agent, d.closeForm},
		{get, "/inbox/:conversation/close/news", agent, d.closeNews},
		{post, "/inbox/:conversation/close", agent, d.closeConversation},
		{post, "/inbox/:conversation/state", agent, d.setState},
		{post, "/inbox/:conversation/assignee", agent, d.setAssignee},
		{post, "/inbox/:conversation/department", agent, d.setDepartment},
		{post, "/inbox/:conversation/priority", agent, d.setPriority},
		{post, "/inbox/:conversation/flag", agent, d.setFlag},
	}
}

// handled answers an action that was done: the thread's head as it is now, the panel's selects, and a toast.
func (d *Dashboard) handled(c *fiber.Ctx, conversation *chat.Conversation, said toast) error {
	if !fragment(c) {
		return back(c, deskPath(c))
	}
	parts, err := d.headParts(c, conversation)
	if err != nil {
		return err
	}
	return d.answer(c, http.StatusOK, append(parts, part{"oob/toast", said})...)
}

// headParts are the parts of an open conversation's page that show how it is handled.
func (d *Dashboard) headParts(c *fiber.Ctx, conversation *chat.Conversation) ([]part, error) {
	contact, err := d.Contacts.Contact(c.UserContext(), conversation.ContactID)
	if err != nil {
		return nil, fmt.Errorf("dashboard: read contact: %w", err)
	}
	controls, err := d.controls(c, conversation)
	if err != nil {
		return nil, err
	}
	parts := []part{{"oob/thread_head", d.threadOf(c, conversation, &contact, currentQuery(c))}}
	for _, control := range controls {
		parts = append(parts, part{"oob/control", control})
	}
	return parts, nil
}

// controls are the panel's selects.
func (d *Dashboard) controls(c *fiber.Ctx, conversation *chat.Conversation) ([]view.Control, error) {
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: list users: %w", err)
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	return view.Controls(conversation, users, settings.Departments, d.form(c, deskPath(c)), d.clock(c)), nil
}

// changeOf makes an edit and keeps what the conversation was before it.
func (d *Dashboard) changeOf(c *fiber.Ctx, edit func(conversation *chat.Conversation, at time.Time) error) (before, after chat.Conversation, err error) {
	after, err = d.editConversation(c, func(conversation *chat.Conversation, at time.Time) error {
		before = *conversation
		return edit(conversation, at)
	})
	return before, after, err
}

// setState opens, parks, snoozes or closes with one press. Closing keeps what was said at an earlier close, and where the
// workspace wants more to be said the close form asks for it.
func (d *Dashboard) setState(c *fiber.Ctx) error {
	state := chat.State(form(c, "value"))
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		if err := seenBefore(c, conversation, "state"); err != nil {
			return err
		}
		if state != chat.StateClosed || conversation.State == state {
			return conversation.SetState(state, by(c), at)
		}
		entry := view.CloseEntryOf(conversation)
		return conversation.Close(&chat.ClosingRequest{Closing: entry.Closing(), Messages: conversation.InboundCount}, &settings, by(c), at)
	})
	if wrong, ok := errors.AsType[chat.InputErrors](err); ok {
		return d.refuseClose(c, &settings, nil, wrong)
	}
	if err != nil {
		return d.refuseHandling(c, err)
	}
	said := toast{Text: "State is now " + view.ConversationState(&conversation, d.clock(c)).Name}
	if before.State != conversation.State {
		said.Undo = undoState(c, &before)
	}
	return d.handled(c, &conversation, said)
}

// seenBefore refuses to overwrite what a colleague chose since the caller's page was made. Forms that say what they saw are
// compared; others mean what they say.
func seenBefore(c *fiber.Ctx, conversation *chat.Conversation, field string) error {
	if !c.Context().PostArgs().Has("was") {
		return nil
	}
	return conversation.Unchanged(field, form(c, "was"), form(c, "value"))
}

// refuseHandling shows what a colleague chose meanwhile, in the page as it is now.
func (d *Dashboard) refuseHandling(c *fiber.Ctx, cause error) error {
	conflict, ok := errors.AsType[*chat.ConflictError](cause)
	if !ok {
		return d.refuseReopen(c, cause)
	}
	refusal := &worded{title: "Changed meanwhile", text: view.ChangedMeanwhile(conflict, d.clock(c)), cause: cause}
	return d.refuseWithHead(c, refusal)
}

// refuseWithHead answers a refusal with the conversation as it is now.
func (d *Dashboard) refuseWithHead(c *fiber.Ctx, refusal *worded) error {
	if !fragment(c) {
		refusal.link, refusal.linkText = deskPath(c), "Back to the conversation"
		return refusal
	}
	conversation, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	parts, err := d.headParts(c, &conversation)
	if err != nil {
		return err
	}
	return d.answer(c, http.StatusConflict, append(parts, part{"oob/failure", refusal.shown(http.StatusConflict, requestID(c))})...)
}

// undoState goes back to the state a conversation had, with the time it was snoozed until.
func undoState(c *fiber.Ctx, before *chat.Conversation) *undo {
	if before.State != chat.StateSnoozed {
		return undoTo(c, deskPath(c)+"/state", view.Attribute{Key: "value", Value: string(before.State)})
	}
	until := view.UntilReply
	if !before.SnoozedUntil.IsZero() {
		until = before.SnoozedUntil.UTC().Format(time.RFC3339)
	}
	return undoTo(c, deskPath(c)+"/snooze", view.Attribute{Key: "until", Value: until})
}

// refuseReopen says why a conversation cannot be opened again: only one of a person can be under way on one channel.
func (d *Dashboard) refuseReopen(c *fiber.Ctx, cause error) error {
	if !errors.Is(cause, chat.ErrConflict) {
		return cause
	}
	text := "This person has another open conversation on this channel, and there can be only one. Go on there, or close it first."
	refusal := &worded{title: "It cannot be opened again", text: text, cause: cause}
	closed, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	others, err := d.conversationsOf(c, []string{closed.ContactID}, chat.PageRequest{Limit: headConversations})
	if err != nil {
		return err
	}
	for i := range others.Items {
		if o := &others.Items[i]; o.State != chat.StateClosed && o.Channel == closed.Channel && o.Account == closed.Account && o.GroupID == closed.GroupID {
			refusal.link, refusal.linkText = view.ConversationURL(o.ID), "Open that one"
		}
	}
	return refusal
}

func (d *Dashboard) setFlag(c *fiber.Ctx) error {
	on := form(c, "value") == "yes"
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		conversation.SetFlag(on, by(c), at)
		return nil
	})
	if err != nil {
		return err
	}
	said := toast{Text: "Flag removed"}
	if on {
		said.Text = "Flagged"
	}
	if before.Flagged != conversation.Flagged {
		said.Undo = undoTo(c, deskPath(c)+"/flag", view.Attribute{Key: "value", Value: yesNo(before.Flagged)})
	}
	return d.handled(c, &conversation, said)
}

func yesNo(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

func (d *Dashboard) setPriority(c *fiber.Ctx) error {
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		if err := seenBefore(c, conversation, "priority"); err != nil {
			return err
		}
		return conversation.SetPriority(form(c, "value"), by(c), at)
	})
	if err != nil {
		return d.refuseHandling(c, err)
	}
	said := toast{Text: "Priority is now " + view.PriorityWord(conversation.Priority)}
	if before.Priority != conversation.Priority {
		said.Undo = undoTo(c, deskPath(c)+"/priority", view.Attribute{Key: "value", Value: before.Priority}, view.Attribute{Key: "was", Value: conversation.Priority})
	}
	return d.handled(c, &conversation, said)
}

// setAssignee gives the conversation to a colleague, or to nobody.
func (d *Dashboard) setAssignee(c *fiber.Ctx) error {
	name, err := d.colleague(c, form(c, "value"))
	if err != nil {
		return err
	}
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		if err := seenBefore(c, conversation, "assignee"); err != nil {
			return err
		}
		return conversation.Assign(form(c, "value"), name, by(c), at)
	})
	if err != nil {
		return d.refuseHandling(c, err)
	}
	said := toast{Text: "Assigned to " + name}
	switch conversation.Assignee {
	case "":
		said.Text = "Unassigned"
	case signedIn(c).user.ID:
		said.Text = "Assigned to you"
	}
	if before.Assignee != conversation.Assignee {
		said.Undo = undoTo(c, deskPath(c)+"/assignee", view.Attribute{Key: "value", Value: before.Assignee}, view.Attribute{Key: "was", Value: conversation.Assignee})
	}
	return d.handled(c, &conversation, said)
}

// colleague is the name of a user who can be given work; empty for nobody.
func (d *Dashboard) colleague(c *fiber.Ctx, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	user, err := d.Users.User(c.UserContext(), id)
	if err != nil {
		return "", fmt.Errorf("dashboard: read assignee: %w", err)
	}
	if !user.DisabledAt.IsZero() {
		return "", fmt.Errorf("dashboard: assignee is disabled: %w", chat.ErrInvalid)
	}
	return view.UserName(&user), nil
}

// setDepartment moves the conversation to a department, where nobody has it yet, or out of all.
func (d *Dashboard) setDepartment(c *fiber.Ctx) error {
	name, err := d.department(c, form(c, "value"))
	if err != nil {
		return err
	}
	assignee := form(c, "assignee") // who had it, when a move is undone
	assigneeName, err := d.colleague(c, assignee)
	if err != nil {
		return err
	}
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		if err := seenBefore(c, conversation, "department"); err != nil {
			return err
		}
		if err := conversation.SetDepartment(form(c, "value"), name, by(c), at); err != nil || assignee == "" {
			return err
		}
		return conversation.Assign(assignee, assigneeName, by(c), at)
	})
	if err != nil {
		return d.refuseHandling(c, err)
	}
	said := toast{Text: "Moved to " + name}
	if conversation.Department == "" {
		said.Text = "In no department"
	}
	if !scope(c).Admits(&conversation) { // it went where the agent may not look
		return d.leave(c, said.Text+". You no longer see it.")
	}
	if before.Department != conversation.Department {
		said.Undo = undoTo(c, deskPath(c)+"/department", view.Attribute{Key: "value", Value: before.Department}, view.Attribute{Key: "assignee", Value: before.Assignee}, view.Attribute{Key: "was", Value: conversation.Department})
	}
	return d.handled(c, &conversation, said)
}

// department is the name of a department that exists; empty for none.
func (d *Dashboard) department(c *fiber.Ctx, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return "", fmt.Errorf("dashboard: read settings: %w", err)
	}
	for _, department := range settings.Departments {
		if department.ID == id {
			return department.Name, nil
		}
	}
	return "", fmt.Errorf("dashboard: department: %w", chat.ErrInvalid)
}

// leave takes the agent from a conversation they do not see any more to the list.
func (d *Dashboard) leave(c *fiber.Ctx, text string) error {
	if !fragment(c) {
		return c.Redirect("/inbox", http.StatusSeeOther)
	}
	c.Set("HX-Push-Url", "/inbox")
	return d.answer(c, http.StatusOK, part{"oob/desk_left", param(c, "conversation")}, part{"oob/toast", toast{Text: text}})
}
