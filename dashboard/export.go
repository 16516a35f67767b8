package dashboard

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Archive reads everything that is kept about a person, a page at a time.
type Archive interface {
	PersonContacts(ctx context.Context, contactID string) ([]chat.Contact, error)
	PersonRecords(ctx context.Context, contactID string, visit func(kind string, doc any) error) error
	MessagesOldest(ctx context.Context, conversationID string, p chat.PageRequest) (chat.List[chat.Message], error)
}

const (
	exportFor  = 15 * time.Minute // how long an export may take
	exportPage = 200              // messages in memory at a time
)

// exportPerson streams one person's data as a ZIP archive.
func (d *Dashboard) exportPerson(c *fiber.Ctx) error {
	contacts, err := d.Archive.PersonContacts(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read what is exported: %w", err)
	}
	contact := contacts[0]
	at := d.config.Now().UTC()
	d.audit(c, chat.AuditExport, contact.ID, "one person, as an archive")
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="person-`+view.FileWord(contact.ID)+"-"+at.Format("2006-01-02")+`.zip"`)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set("X-Accel-Buffering", "no")
	id := requestID(c)
	// The writer runs after this handler has returned: it must not touch c, and the request's deadline is over.
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		ctx, cancel := context.WithTimeout(context.Background(), exportFor)
		defer cancel()
		x := &export{d: d, zip: zip.NewWriter(w), at: at, clock: view.NewClock(at, "UTC"), contacts: contacts, names: map[string]bool{}}
		if err := x.run(ctx); err != nil {
			d.log.Error("an export is incomplete", "request_id", id, "err", err)
		}
	})
	return nil
}

// An export is an archive being written.
type export struct {
	d        *Dashboard
	zip      *zip.Writer
	at       time.Time
	clock    view.Clock
	contacts []chat.Contact
	names    map[string]bool // of files, so that none is written twice
	index    view.ArchiveIndex
	list     *listFile // the list of records that is open
}

// A listFile is a JSON array being written.
type listFile struct {
	kind string
	w    io.Writer
	n    int
}

// run writes the archive. When something fails on the way, the archive says that it is not complete, and ends properly.
func (x *export) run(ctx context.Context) error {
	failed := x.write(ctx)
	if failed != nil {
		w, err := x.file("INCOMPLETE.txt")
		if err != nil {
			return failed // nobody is there to read it
		}
		if _, err := io.WriteString(w, "This export stopped before everything was written. Please export again.\n"); err != nil {
			return failed
		}
	}
	if err := x.zip.Close(); failed == nil && err != nil {
		return fmt.Errorf("dashboard: end the archive: %w", err)
	}
	return failed
}

func (x *export) write(ctx context.Context) error {
	for i := range x.contacts {
		name := "contact.json"
		if i > 0 {
			name = "merged/" + view.FileWord(x.contacts[i].ID) + ".json"
		}
		if err := x.json(name, &x.contacts[i]); err != nil {
			return err
		}
	}
	err := x.d.Archive.PersonRecords(ctx, x.contacts[0].ID, func(kind string, doc any) error {
		if talk, ok := doc.(*chat.Conversation); ok {
			return x.conversation(ctx, talk)
		}
		return x.record(kind, doc)
	})
	if err != nil {
		return fmt.Errorf("dashboard: export records: %w", err)
	}
	if err := x.endList(); err != nil {
		return err
	}
	w, err := x.file("README.md")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, x.index.Text(&x.contacts[0], x.at))
	return err
}

// file begins a file of the archive. A name that is taken gets a number.
func (x *export) file(name string) (io.Writer, error) {
	for n := 2; x.names[name]; n++ {
		name = fmt.Sprintf("%d-%s", n, name)
	}
	x.names[name] = true
	w, err := x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.at})
	if err != nil {
		return nil, fmt.Errorf("dashboard: write the archive: %w", err)
	}
	return w, nil
}

func (x *export) json(name string, doc any) error {
	w, err := x.file(name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

// record adds a document to the list of its kind. Records come kind by kind.
func (x *export) record(kind string, doc any) error {
	if x.list == nil || x.list.kind != kind {
		if err := x.endList(); err != nil {
			return err
		}
		w, err := x.file(view.FileWord(kind) + ".json")
		if err != nil {
			return err
		}
		x.list = &listFile{kind: kind, w: w}
	}
	return x.list.add(doc)
}

func (l *listFile) add(doc any) error {
	raw, err := json.MarshalIndent(doc, "  ", "  ")
	if err != nil {
		return fmt.Errorf("dashboard: encode %s: %w", l.kind, err)
	}
	before := ",\n  "
	if l.n == 0 {
		before = "[\n  "
	}
	l.n++
	_, err = l.w.Write(append([]byte(before), raw...))
	return err
}

func (l *listFile) end() error {
	text := "\n]\n"
	if l.n == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(l.w, text)
	return err
}

func (x *export) endList() error {
	if x.list == nil {
		return nil
	}
	x.index.Add(view.FileWord(x.list.kind)+".json", x.list.kind, x.list.n)
	err := x.list.end()
	x.list = nil
	return err
}

// conversation writes one conversation: the document, its messages, and a page to read.
func (x *export) conversation(ctx context.Context, c *chat.Conversation) error {
	if err := x.endList(); err != nil {
		return err
	}
	folder := view.ConversationFolder(c)
	head := *c
	head.Messages = nil // they have a file of their own
	if err := x.json(folder+"/conversation.json", &head); err != nil {
		return err
	}
	w, err := x.file(folder + "/messages.json")
	if err != nil {
		return err
	}
	list := &listFile{kind: "messages", w: w}
	err = x.eachPage(ctx, c.ID, func(messages []chat.Message) error {
		for i := range messages {
			if err := list.add(&messages[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := list.end(); err != nil {
		return err
	}
	x.index.Add(folder+"/", "messages", list.n)
	return x.readable(ctx, folder, c)
}

// readable writes a conversation as a page that needs nothing else: no scripts, no pictures from elsewhere.
func (x *export) readable(ctx context.Context, folder string, c *chat.Conversation) error {
	w, err := x.file(folder + "/conversation.html")
	if err != nil {
		return err
	}
	account := x.d.config.AccountName(c.Channel, c.Account)
	if err := x.d.engine.Render(w, "partials/archive_head", view.ArchiveHeadOf(c, &x.contacts[0], account, x.clock)); err != nil {
		return fmt.Errorf("dashboard: render the archive: %w", err)
	}
	err = x.eachPage(ctx, c.ID, func(messages []chat.Message) error {
		if err := x.d.engine.Render(w, "partials/archive_messages", view.ArchiveLines(messages, &x.contacts[0], account, x.clock)); err != nil {
			return fmt.Errorf("dashboard: render the archive: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := x.d.engine.Render(w, "partials/archive_end", view.ArchiveEvents(c, x.clock)); err != nil {
		return fmt.Errorf("dashboard: render the archive: %w", err)
	}
	return nil
}

// eachPage hands out the messages of a conversation, oldest first.
func (x *export) eachPage(ctx context.Context, conversation string, visit func([]chat.Message) error) error {
	page := chat.PageRequest{Limit: exportPage}
	for {
		list, err := x.d.Archive.MessagesOldest(ctx, conversation, page)
		if err != nil {
			return fmt.Errorf("dashboard: read messages: %w", err)
		}
		if err := visit(list.Items); err != nil {
			return err
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			return nil
		}
	}
}
