package view

import (
	"strings"
	"time"

	"switchboard/chat"
)

// A PasswordForm changes a password.
type PasswordForm struct {
	Form
	Email   string // for password managers
	Once    bool   // the present one was made for the user
	None    bool   // the user comes in by single sign-on only
	Refusal Refusal
}

// Sessions is where a user is signed in.
type Sessions struct {
	Form
	Rows   []SessionRow
	Others int
}

// A SessionRow is one signed-in browser.
type SessionRow struct {
	Form
	ID, Device, Icon string
	Created, Seen    Stamp
	Current          bool
}

// SessionsInput is what a list of sessions is made from.
type SessionsInput struct {
	Logins  []chat.Login
	Current string        // id of the login that asks
	Idle    time.Duration // how long a login lasts after it was used
	Device  func(userAgent string) chat.Device
	Form    Form
	Clock   Clock
}

// SessionsOf makes the list, the present one first.
func SessionsOf(in *SessionsInput) Sessions {
	out := Sessions{Form: in.Form}
	for _, present := range []bool{true, false} {
		for i := range in.Logins {
			l := &in.Logins[i]
			if (l.ID == in.Current) != present {
				continue
			}
			device := in.Device(l.UserAgent)
			row := SessionRow{
				Form: in.Form, ID: l.ID, Device: deviceName(&device), Icon: deviceIcon(device.Type), Created: in.Clock.Stamp(l.CreatedAt),
				Seen: in.Clock.Stamp(l.ExpiresAt.Add(-in.Idle)), Current: present,
			}
			if !present {
				out.Others++
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

func deviceName(d *chat.Device) string {
	var parts []string
	for _, p := range []string{d.Browser, d.Model, d.OS} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return "Unknown browser"
	}
	return strings.Join(parts, ", ")
}

func deviceIcon(kind string) string {
	switch kind {
	case "mobile":
		return "smartphone"
	case "tablet":
		return "tablet"
	default:
		return "monitor"
	}
}
