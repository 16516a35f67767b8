package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// maxBulk is how many conversations can be changed at once.
const maxBulk = 200

// A bulkEdit changes one of many conversations. It reports what would take the change back; nothing when nothing changed.
type bulkEdit func(conversation *chat.Conversation, at time.Time) (restore url.Values, err error)

// bulk does one thing with all selected conversations.
func (d *Dashboard) bulk(c *fiber.Ctx) error {
	ids, err := d.selected(c)
	if err != nil {
		return err
	}
	what, value, _ := strings.Cut(form(c, "choice"), ":")
	label := form(c, "label")
	switch do := form(c, "do"); {
	case do == "closing":
		return d.bulkClose(c, ids)
	case do == "unlabel":
		what, value = "unlabel", label
	case do == "label", what == "" && label != "":
		what, value = "label", label
	}
	if what == "close" {
		return d.showBulkClose(c, http.StatusOK, ids, nil, nil)
	}
	edit, err := d.bulkEditOf(c, what, value)
	if err != nil {
		return err
	}
	return d.answerBulk(c, d.editAll(c, ids, edit))
}

// selected are the conversations a form names, each once.
func (d *Dashboard) selected(c *fiber.Ctx) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		if string(key) == "id" && !seen[string(value)] {
			seen[string(value)] = true
			ids = append(ids, string(value))
		}
	})
	switch {
	case len(ids) == 0:
		return nil, &worded{title: "Nothing is selected", text: "Tick the conversations first.", link: "/inbox?select=1", linkText: "To the list", cause: chat.ErrInvalid}
	case len(ids) > maxBulk:
		return nil, &worded{title: "Too many at once", text: "At most " + d.clock(c).Plural(maxBulk, "conversation") + " can be changed at once. Nothing was changed.", link: "/inbox?select=1", linkText: "To the list", cause: chat.ErrTooLarge}
	}
	return ids, nil
}

// bulkEditOf is the edit that was chosen.
func (d *Dashboard) bulkEditOf(c *fiber.Ctx, what, value string) (bulkEdit, error) {
	who := by(c)
	switch what {
	case "assignee":
		name, err := d.colleague(c, value)
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			before := conversation.Assignee
			return restoring("assignee", before, value), conversation.Assign(value, name, who, at)
		}, err
	case "department":
		name, err := d.department(c, value)
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			restore := restoring("department", conversation.Department, value)
			if restore != nil && value != "" {
				restore.Set("assignee", conversation.Assignee)
			}
			return restore, conversation.SetDepartment(value, name, who, at)
		}, err
	case "priority":
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			before := conversation.Priority
			err := conversation.SetPriority(value, who, at)
			return restoring("priority", before, conversation.Priority), err
		}, nil
	case "state":
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			if value == string(chat.StateClosed) {
				return nil, fmt.Errorf("dashboard: closing asks for more: %w", chat.ErrInvalid)
			}
			var restore url.Values
			if string(conversation.State) != value {
				restore = restoringState(conversation)
			}
			return restore, conversation.SetState(chat.State(value), who, at)
		}, nil
	case "snooze":
		until, err := view.ParseUntil(value, "", "", time.UTC)
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			restore := restoringState(conversation)
			return restore, conversation.Snooze(until, who, at)
		}, err
	case "flag":
		return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
			before := conversation.Flagged
			conversation.SetFlag(value == "yes", who, at)
			return restoring("flag", yesNo(before), yesNo(conversation.Flagged)), nil
		}, nil
	case "label", "unlabel":
		return labelEditOf(what, value, who)
	}
	return nil, &worded{title: "Nothing is chosen", text: "Choose what to do with the selected conversations.", link: "/inbox?select=1", linkText: "To the list", cause: chat.ErrInvalid}
}

// labelEditOf adds or removes a label. A label that gave way to one with its key comes back with undo.
func labelEditOf(what, raw, who string) (bulkEdit, error) {
	label, err := chat.NormalizeLabel(raw)
	if message, ok := chat.IsInput(err); ok {
		return nil, &worded{title: "This is no label", text: message, link: "/inbox?select=1", linkText: "To the list", cause: err}
	}
	return func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
		before := conversation.Labels
		change := conversation.AddLabel
		if what == "unlabel" {
			change = conversation.RemoveLabel
		}
		if err := change(label, who, at); err != nil {
			return nil, err
		}
		if strings.Join(before, ",") == strings.Join(conversation.Labels, ",") {
			return nil, nil
		}
		return url.Values{"labels": {strings.Join(before, ",")}}, nil
	}, err
}

// restoring is what takes a change back; nil when there was none.
func restoring(name, before, after string) url.Values {
	if before == after {
		return nil
	}
	return url.Values{name: {before}}
}

// restoringState is what goes back to the state a conversation has, with the time it is snoozed until.
func restoringState(conversation *chat.Conversation) url.Values {
	v := url.Values{"state": {string(conversation.State)}}
	if !conversation.SnoozedUntil.IsZero() {
		v.Set("until", conversation.SnoozedUntil.UTC().Format(time.RFC3339))
	}
	return v
}

// A bulkOutcome is what became of a change of many conversations.
type bulkOutcome struct {
	done     int
	restores []view.Attribute // fields of the form that takes everything back
	failures []bulkFailure
	changes  []chat.Change
}

type bulkFailure struct{ contact, why string }

// editAll changes one conversation after another, each with the rights of a single edit. One that cannot be changed stops no
// other.
func (d *Dashboard) editAll(c *fiber.Ctx, ids []string, edit bulkEdit) *bulkOutcome {
	out := &bulkOutcome{}
	at := d.config.Now().UTC()
	for _, id := range ids {
		var restore url.Values
		var contact string
		var after chat.Conversation
		err := d.within(c, id)
		if err == nil {
			after, err = d.Conversations.UpdateConversation(c.UserContext(), id, func(conversation *chat.Conversation) (err error) {
				contact = conversation.ContactID
				restore, err = edit(conversation, at)
				return err
			})
		}
		if err != nil {
			out.failures = append(out.failures, bulkFailure{contact: contact, why: d.whyNot(c, err)})
			continue
		}
		out.done++
		out.changes = append(out.changes, chat.Change{Conversation: id, Contact: contact, Channel: after.Channel, Account: after.Account, What: []string{"conversation"}})
		if restore != nil {
			restore.Set("id", id)
			out.restores = append(out.restores, view.Attribute{Key: "item", Value: restore.Encode()})
		}
	}
	d.changedAll(c, out.changes)
	return out
}

// changedAll tells everybody about many edits at once.
func (d *Dashboard) changedAll(c *fiber.Ctx, changes []chat.Change) {
	if len(changes) == 0 {
		return
	}
	for i := range changes {
		changes[i].By, changes[i].StoredAt = signedIn(c).user.ID, d.config.Now().UTC()
	}
	if err := d.Changes.Publish(c.UserContext(), changes); err != nil {
		d.log.Warn("edits were stored but not announced", "request_id", requestID(c), "err", err)
	}
}

// whyNot says in a few words why one of many could not be changed.
func (d *Dashboard) whyNot(c *fiber.Ctx, err error) string {
	if message, ok := chat.IsInput(err); ok {
		return strings.TrimSuffix(message, ".")
	}
	conflict, isConflict := errors.AsType[*chat.ConflictError](err)
	switch {
	case isConflict && conflict.Field == "state":
		return conflict.By + " had closed it already"
	case errors.Is(err, chat.ErrConflict):
		return "this person has another open conversation"
	case errors.Is(err, chat.ErrNotFound):
		return "it is not there any more"
	}
	d.log.Error("one of many edits failed", "request_id", requestID(c), "err", err)
	return "it could not be stored"
}

// answerBulk says how many were changed and what could not be, and why.
func (d *Dashboard) answerBulk(c *fiber.Ctx, out *bulkOutcome) error {
	result := view.BulkResult{Done: out.done, BackURL: localPath(form(c, "return"), "/inbox"), Clock: d.clock(c)}
	ids := make([]string, 0, len(out.failures))
	for _, f := range out.failures {
		ids = append(ids, f.contact)
	}
	people, err := d.Contacts.ContactsByID(c.UserContext(), ids)
	if err != nil {
		return fmt.Errorf("dashboard: read contacts of a list: %w", err)
	}
	for _, f := range out.failures {
		person, ok := people[f.contact]
		name := "A conversation"
		if ok {
			name = view.ContactName(&person)
		}
		result.Failed = append(result.Failed, view.BulkFailure{Name: name, Why: f.why})
	}
	var back *undo
	if len(out.restores) > 0 {
		back = undoTo(c, "/inbox/bulk/restore", append(out.restores, view.Attribute{Key: "return", Value: result.BackURL})...)
	}
	if fragment(c) {
		return d.answer(c, http.StatusOK, part{"oob/toast", toast{Text: result.Text(), Undo: back}})
	}
	page := d.frame(c, "Done", "inbox")
	page.Body = bulkPage{Result: result, Undo: back}
	return d.render(c, http.StatusOK, "pages/bulk", page)
}

// bulkPage is the answer to a browser without JavaScript.
type bulkPage struct {
	Result view.BulkResult
	Undo   *undo
}

// selecting is the address of a list in select mode.
func selecting(v url.Values) url.Values {
	v.Set("select", "1")
	return v
}
