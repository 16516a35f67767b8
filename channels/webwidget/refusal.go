package webwidget

import "switchboard/chat"

// A refusal says why a body is not taken. Its text is fixed: it may be shown to whoever posted.
type refusal struct {
	reason string // bounded word, for quarantine and metrics
	text   string
	kind   error // sentinel of package chat
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

// Refusals are compared by identity and never changed.
var (
	errNotJSON       = &refusal{"not_json", "the body must be one JSON object in UTF-8", chat.ErrInvalid}
	errTooDeep       = &refusal{"too_deep", "the body is nested too deeply", chat.ErrInvalid}
	errTooLarge      = &refusal{"too_large", "the body is too large", chat.ErrTooLarge}
	errBadType       = &refusal{"bad_type", "a field has the wrong type", chat.ErrInvalid}
	errVersion       = &refusal{"bad_version", "this version of the widget contract is not known", chat.ErrInvalid}
	errNoEvent       = &refusal{"no_event", "event is required", chat.ErrInvalid}
	errBatchSize     = &refusal{"batch_size", "a batch holds 1 to 100 events", chat.ErrInvalid}
	errOneInbox      = &refusal{"many_inboxes", "a batch belongs to one inbox", chat.ErrInvalid}
	errOneVisitor    = &refusal{"many_visitors", "a batch belongs to one visitor", chat.ErrInvalid}
	errEventID       = &refusal{"bad_event_id", "event_id must be at most 128 printable characters", chat.ErrInvalid}
	errNoMessage     = &refusal{"no_message", "message is required", chat.ErrInvalid}
	errClientID      = &refusal{"bad_client_id", "message.client_id must be 1 to 128 printable characters", chat.ErrInvalid}
	errMessageID     = &refusal{"bad_message_id", "message.id must be 1 to 128 printable characters", chat.ErrInvalid}
	errReplyTo       = &refusal{"bad_reply_to", "message.reply_to must be at most 128 printable characters", chat.ErrInvalid}
	errBlank         = &refusal{"blank_message", "a message needs a text or an attachment", chat.ErrInvalid}
	errTextTooLong   = &refusal{"text_too_long", "message.text is longer than 10,000 characters", chat.ErrInvalid}
	errAttachments   = &refusal{"too_many_attachments", "a message holds at most 10 attachments", chat.ErrInvalid}
	errUploadID      = &refusal{"bad_upload_id", "attachments need an upload_id of 1 to 128 printable characters", chat.ErrInvalid}
	errNotIdentified = &refusal{"no_external_id", "contact.identified needs an external_id or a jwt", chat.ErrInvalid}

	errInbox     = &refusal{"unknown_inbox", "this inbox does not exist", chat.ErrForbidden}
	errOrigin    = &refusal{"origin", "this origin may not use the inbox", chat.ErrForbidden}
	errSignature = &refusal{"signature", "a request without Origin needs a valid signature", chat.ErrUnauthenticated}
	errSession   = &refusal{"session", "the visitor's session is missing or not valid", chat.ErrUnauthenticated}
	errProof     = &refusal{"identity", "the external identity is not proven", chat.ErrUnauthenticated}
	errTooMany   = &refusal{"rate", "too many requests; slow down", chat.ErrTooMany}
)
