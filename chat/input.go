package chat

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// An InputError says what is wrong with one value, in words for the person who typed it. It unwraps to ErrInvalid.
type InputError struct {
	Field   string
	Message string
}

func (e *InputError) Error() string { return e.Field + ": " + e.Message }

func (e *InputError) Unwrap() error { return ErrInvalid }

func invalid(field, message string) error { return &InputError{Field: field, Message: message} }

// InputErrors are several things that are wrong at once. It unwraps to each of them.
type InputErrors []*InputError

func (e InputErrors) Error() string {
	parts := make([]string, len(e))
	for i, one := range e {
		parts[i] = one.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives each error.
func (e InputErrors) Unwrap() []error {
	list := make([]error, len(e))
	for i, one := range e {
		list[i] = one
	}
	return list
}

// A ConflictError says that somebody else set a value after the editor read it. It unwraps to ErrConflict. Theirs is for the
// editor's eyes only: Error does not show it.
type ConflictError struct {
	Field   string
	Theirs  string
	By      string
	At      time.Time
	Version int64 // what the editor has now seen: passing it as seen keeps the editor's own value
}

func (e *ConflictError) Error() string { return fmt.Sprintf("%s: changed by a colleague", e.Field) }

func (e *ConflictError) Unwrap() error { return ErrConflict }

var (
	_ error = (*InputError)(nil)
	_ error = (*ConflictError)(nil)
)

// clean makes text from outside safe to keep in one line: valid UTF-8 without control characters, trimmed.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r):
			return -1
		default:
			return r
		}
	}, s))
}

// cleanLines is clean for text of several lines.
func cleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(strings.Map(func(r rune) rune {
			if r == utf8.RuneError || unicode.IsControl(r) && r != '\t' {
				return -1
			}
			return r
		}, l), unicode.IsSpace)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// IsInput reports whether err is about what somebody typed and gives the words to show them.
func IsInput(err error) (message string, ok bool) {
	e, ok := errors.AsType[*InputError](err)
	if !ok {
		return "", false
	}
	return e.Message, true
}
