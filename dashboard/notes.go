package dashboard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Notes keeps notes about people.
type Notes interface {
	Notes(ctx context.Context, contactIDs []string, page chat.PageRequest) (chat.List[chat.Note], error)
	AddNote(ctx context.Context, n chat.Note) error
	UpdateNote(ctx context.Context, id string, edit func(*chat.Note) error) (chat.Note, error)
}

func (d *Dashboard) noteRoutes() []route {
	return []route{
		{post, "/contacts/:contact/notes", agent, d.addNote},
		{post, "/contacts/:contact/notes/:note/delete", agent, d.deleteNote},
		{post, "/contacts/:contact/notes/:note/restore", agent, d.restoreNote},
	}
}

// notesOf makes the tab of notes.
func (d *Dashboard) notesOf(c *fiber.Ctx, a *about) (*view.Notes, error) {
	list, err := d.noteList(c, a)
	return &view.Notes{Form: noteForm(a), List: list}, err
}

func noteForm(a *about) view.NoteForm {
	return view.NoteForm{
		AddURL: view.NotesURL(a.contact.ID), CSRF: a.form.CSRF, Return: a.form.Return, Contact: a.contact.ID, Conversation: a.conversation,
	}
}

func (d *Dashboard) noteList(c *fiber.Ctx, a *about) (view.NoteList, error) {
	found, err := d.Notes.Notes(c.UserContext(), a.ids(), a.request(c))
	if err != nil {
		return view.NoteList{}, fmt.Errorf("dashboard: list notes: %w", err)
	}
	list := view.NoteListOf(&view.NotesInput{
		Notes: found.Items, Contact: a.contact.ID, Conversation: a.conversation, Viewer: signedIn(c).user.ID, Form: a.form, Day: query(c, "day"), Clock: d.clock(c),
	})
	list.Stretch = a.stretch(c, found.Next, url.Values{"day": {list.LastDay}}, view.Empty{
		Icon: "sticky-note", Title: "No notes yet", Text: "Write down what colleagues should know about this person. Notes stay when conversations close.",
	})
	return list, nil
}

func (d *Dashboard) addNote(c *fiber.Ctx) error {
	a, err := d.noteTarget(c)
	if err != nil {
		return err
	}
	n, err := chat.NewNote(rand.Text(), a.contact.ID, a.conversation, form(c, "text"), form(c, "ticket"), author(c), d.config.Now())
	if err != nil {
		return d.refuseNote(c, a, err)
	}
	if err := d.Notes.AddNote(c.UserContext(), n); err != nil {
		return fmt.Errorf("dashboard: add note: %w", err)
	}
	d.changed(c, chat.Change{Contact: a.contact.ID, What: []string{"note"}})
	fresh := noteForm(a)
	fresh.Fresh = true
	return d.answerNotes(c, a, toast{Text: "Note added"}, part{"oob/note_form", fresh})
}

func (d *Dashboard) deleteNote(c *fiber.Ctx) error {
	user, at := signedIn(c).user.ID, d.config.Now()
	return d.editNote(c, "Note deleted", "restore", func(n *chat.Note) error { return n.Delete(user, at) })
}

func (d *Dashboard) restoreNote(c *fiber.Ctx) error {
	user := signedIn(c).user.ID
	return d.editNote(c, "Note is back", "", func(n *chat.Note) error { return n.Restore(user) })
}

// editNote changes a note of this person; undo names the address that takes it back.
func (d *Dashboard) editNote(c *fiber.Ctx, said, undo string, edit func(*chat.Note) error) error {
	a, err := d.noteTarget(c)
	if err != nil {
		return err
	}
	id, ids := param(c, "note"), a.ids()
	_, err = d.Notes.UpdateNote(c.UserContext(), id, func(n *chat.Note) error {
		if !slices.Contains(ids, n.ContactID) {
			return fmt.Errorf("dashboard: note of somebody else: %w", chat.ErrNotFound)
		}
		return edit(n)
	})
	if err != nil {
		return fmt.Errorf("dashboard: edit note: %w", err)
	}
	d.changed(c, chat.Change{Contact: a.contact.ID, What: []string{"note"}})
	t := toast{Text: said}
	if undo != "" {
		t.Undo = undoTo(c, view.NotesURL(a.contact.ID)+"/"+url.PathEscape(id)+"/"+undo, view.Attribute{Key: "conversation", Value: a.conversation})
	}
	return d.answerNotes(c, a, t)
}

// noteTarget reads whose note it is, and from which page.
func (d *Dashboard) noteTarget(c *fiber.Ctx) (*about, error) {
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return nil, fmt.Errorf("dashboard: read contact: %w", err)
	}
	a := d.aboutPage(c, &contact, "", "notes")
	id := form(c, "conversation")
	if id == "" {
		return a, nil
	}
	if err := d.within(c, id); err != nil {
		return nil, err
	}
	conversation, err := d.Conversations.Conversation(c.UserContext(), id)
	if err != nil {
		return nil, fmt.Errorf("dashboard: read conversation of a note: %w", err)
	}
	if !slices.Contains(a.ids(), conversation.ContactID) {
		return nil, fmt.Errorf("dashboard: note in a conversation of somebody else: %w", chat.ErrNotFound)
	}
	return d.aboutPage(c, &contact, id, "notes"), nil
}

func (d *Dashboard) answerNotes(c *fiber.Ctx, a *about, said toast, more ...part) error {
	if !fragment(c) {
		return back(c, a.form.Return)
	}
	list, err := d.noteList(c, a)
	if err != nil {
		return err
	}
	parts := append([]part{{"oob/note_list", list}}, more...)
	return d.answer(c, http.StatusOK, append(parts, part{"oob/toast", said})...)
}

// refuseNote shows the form again with what was typed and what is wrong with it.
func (d *Dashboard) refuseNote(c *fiber.Ctx, a *about, cause error) error {
	input, ok := errors.AsType[*chat.InputError](cause)
	if !ok {
		return cause
	}
	refused := noteForm(a)
	refused.Text, refused.Ticket, refused.Error, refused.ErrorIn = form(c, "text"), form(c, "ticket"), input.Message, input.Field
	if fragment(c) {
		return d.answer(c, http.StatusUnprocessableEntity, part{"oob/note_form", refused})
	}
	if a.conversation == "" {
		c.Request().URI().QueryArgs().Set("tab", "notes")
		return d.profilePage(c, http.StatusUnprocessableEntity, a.contact, func(body *contactBody) { body.Notes.Form = refused })
	}
	return d.showRefusedTab(c, a, func(p *view.Panel) { p.Notes.Form = refused })
}

// showRefusedTab is the page of a conversation with what was refused in its panel, for browsers without JavaScript.
func (d *Dashboard) showRefusedTab(c *fiber.Ctx, a *about, amend func(*view.Panel)) error {
	page, q := d.frame(c, "", "inbox"), inboxQueryOf(nil)
	c.Request().URI().QueryArgs().Set("tab", a.tab)
	desk, err := d.desk(c, a.conversation, q, amend)
	if err != nil {
		return err
	}
	return d.showInbox(c, http.StatusUnprocessableEntity, page, q, desk)
}

// author is the caller as the author of something internal.
func author(c *fiber.Ctx) chat.Author { return chat.Author{ID: signedIn(c).user.ID, Name: by(c)} }
