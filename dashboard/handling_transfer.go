package dashboard

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

func (d *Dashboard) transferForm(c *fiber.Ctx) error {
	return d.showTransfer(c, http.StatusOK, nil)
}

// showTransfer shows the form with what was entered and what was wrong with it.
func (d *Dashboard) showTransfer(c *fiber.Ctx, status int, wrong error) error {
	conversation, f, err := d.handlingForm(c, "Transfer", "forward")
	if err != nil {
		return err
	}
	users, departments, err := d.colleagues(c)
	if err != nil {
		return err
	}
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	f.Transfer = view.TransferFormOf(&conversation, users, departments, signedIn(c).user.ID, form(c, "to"), form(c, "note"))
	f.Transfer.Wait = d.clock(c).Duration(settings.TransferTime())
	if e, ok := errors.AsType[*chat.InputError](wrong); ok && e.Field == "note" {
		f.Transfer.NoteError = e.Message
	} else if ok {
		f.Transfer.Error = e.Message
	}
	return d.showHandling(c, status, f)
}

// offerTransfer offers the conversation to a colleague or a department.
func (d *Dashboard) offerTransfer(c *fiber.Ctx) error {
	offer, err := d.offerOf(c)
	if err != nil {
		return err
	}
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	_, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Offer(offer, settings.TransferTime(), at)
	})
	if _, ok := chat.IsInput(err); ok {
		return d.showTransfer(c, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return d.refuseTransfer(c, err)
	}
	d.tellOffered(c, &conversation)
	said := toast{Text: "Offered to " + conversation.Transfer.ToName, Undo: undoTo(c, deskPath(c)+"/transfer/withdraw")}
	return d.handled(c, &conversation, said)
}

// tellOffered tells everybody who may accept. The offer stands whatever becomes of this: it is on their lists as well.
func (d *Dashboard) tellOffered(c *fiber.Ctx, conversation *chat.Conversation) {
	users, err := d.Users.Users(c.UserContext())
	told := conversation.Offers(users)
	if err == nil {
		err = d.Notices.Notify(c.UserContext(), told)
	}
	if err != nil {
		d.log.Warn("an offer was stored but nobody was told", "request_id", requestID(c), "err", err)
		return
	}
	change := chat.Change{Conversation: conversation.ID, Contact: conversation.ContactID, Channel: conversation.Channel, Account: conversation.Account, What: []string{"conversation"}}
	for i := range told {
		change.For = append(change.For, told[i].UserID)
	}
	d.changed(c, change)
}

// offerOf reads to whom the caller offers; an empty choice is left for the rules to refuse.
func (d *Dashboard) offerOf(c *fiber.Ctx) (chat.Transfer, error) {
	offer := chat.Transfer{From: signedIn(c).user.ID, FromName: by(c), Note: form(c, "note")}
	to := form(c, "to")
	var err error
	if id, ok := strings.CutPrefix(to, view.ToDepartment); ok {
		offer.Department = id
		offer.ToName, err = d.department(c, id)
	} else if id, ok := strings.CutPrefix(to, view.ToUser); ok {
		offer.To = id
		offer.ToName, err = d.colleague(c, id)
	}
	return offer, err
}

func (d *Dashboard) acceptTransfer(c *fiber.Ctx) error {
	return d.answerTransfer(c, "It is yours now", func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Accept(&signedIn(c).user, by(c), at)
	})
}

func (d *Dashboard) declineTransfer(c *fiber.Ctx) error {
	return d.answerTransfer(c, "Declined, it went back", func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Decline(&signedIn(c).user, by(c), form(c, "reason"), at)
	})
}

func (d *Dashboard) withdrawTransfer(c *fiber.Ctx) error {
	return d.answerTransfer(c, "Offer withdrawn", func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Withdraw(signedIn(c).user.ID, by(c), at)
	})
}

func (d *Dashboard) answerTransfer(c *fiber.Ctx, done string, edit func(*chat.Conversation, time.Time) error) error {
	_, conversation, err := d.changeOf(c, edit)
	if err != nil {
		return d.refuseTransfer(c, err)
	}
	if !scope(c).Admits(&conversation) {
		return d.leave(c, done)
	}
	return d.handled(c, &conversation, toast{Text: done})
}

// refuseTransfer says what somebody else has made of the offer, and shows the conversation as it is now.
func (d *Dashboard) refuseTransfer(c *fiber.Ctx, cause error) error {
	if message, ok := chat.IsInput(cause); ok {
		return &worded{title: "That cannot be done", text: message, cause: cause}
	}
	conflict, ok := errors.AsType[*chat.ConflictError](cause)
	if !ok {
		return cause
	}
	return d.refuseWithHead(c, &worded{title: "Somebody was faster", text: view.OfferEnded(conflict, d.clock(c)), cause: cause})
}
