package dashboard

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const (
	contactPage  = 500
	contactsTime = 10 * time.Minute
)

// byteOrderMark makes spreadsheets read the file as UTF-8.
const byteOrderMark = "\uFEFF"

// exportContacts streams the filtered contacts as CSV, in the columns the user sees. One page is in memory at a time.
func (d *Dashboard) exportContacts(c *fiber.Ctx) error {
	values := gridValues(func(name string) string { return query(c, name) })
	q := contactQuery(values, d.config.Now().UTC())
	q.Limit = contactPage
	if q.Sort == chat.ContactsBySeen { // people move in that order while it is read
		q.Sort = chat.ContactsByCreated
	}
	first, err := d.Contacts.Contacts(c.UserContext(), q)
	if err != nil {
		return fmt.Errorf("dashboard: export contacts: %w", err)
	}
	columns := view.GridColumns(signedIn(c).user.ContactColumns)
	clock, id := d.clock(c), requestID(c)
	detail := "all contacts"
	if filtered(values) {
		detail = "filtered contacts"
	}
	d.audit(c, chat.AuditExport, "contacts", detail)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="contacts-`+d.config.Now().UTC().Format("2006-01-02")+`.csv"`)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		ctx, cancel := context.WithTimeout(context.Background(), contactsTime) // the request's own ends with its handler
		defer cancel()
		if err := d.writeContacts(ctx, w, q, first, columns, clock); err != nil {
			d.log.Warn("an export broke off", "request_id", id, "err", err)
		}
	})
	return nil
}

// writeContacts writes the first page and every further one.
func (d *Dashboard) writeContacts(ctx context.Context, w *bufio.Writer, q chat.ContactQuery, page chat.List[chat.Contact], columns view.Columns, clock view.Clock) error {
	if _, err := w.WriteString(byteOrderMark); err != nil {
		return fmt.Errorf("dashboard: write export: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(view.CSVHead(columns)); err != nil {
		return fmt.Errorf("dashboard: write export: %w", err)
	}
	for {
		for i := range page.Items {
			if err := out.Write(view.CSVRow(&page.Items[i], columns, clock)); err != nil {
				return fmt.Errorf("dashboard: write export: %w", err)
			}
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return fmt.Errorf("dashboard: write export: %w", err)
		}
		if err := w.Flush(); err != nil { // the caller has gone
			return fmt.Errorf("dashboard: write export: %w", err)
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
		var err error
		if page, err = d.Contacts.Contacts(ctx, q); err != nil {
			return fmt.Errorf("dashboard: export contacts: %w", err)
		}
	}
}
