package chat

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A SearchQuery asks for messages or notes by their words: every word must occur, and the last may be the beginning of a
// longer one. Newest first.
type SearchQuery struct {
	Scope Scope // who asks; zero: everything
	Text  string
	PageRequest
}

// A Hit is a message that was found. It says what the message says now.
type Hit struct {
	MessageID    string // id of the message in its conversation
	Direction    Direction
	Text         string
	At           time.Time
	Conversation Conversation // without its messages
}

// Matches are the conversations an inbox search is about: those of people found by name or number, and those with a message
// that was found. Messages holds the newest message found of each of the latter.
type Matches struct {
	Conversations []string
	Messages      map[string]Hit
}

// A Piece is a stretch of text that was found or stands around it.
type Piece struct {
	Text string
	Hit  bool
}

// Snippet cuts about length runes out of a text around the first word of a search that occurs in it, with the words marked.
// Without any it is the beginning of the text.
func Snippet(text, search string, length int) []Piece {
	text = clean(text)
	pieces := marked(text, search)
	before := 0
	for _, p := range pieces {
		if p.Hit {
			break
		}
		before += utf8.RuneCountInString(p.Text)
	}
	start := 0
	if total := utf8.RuneCountInString(text); before < total && before > length/3 {
		start = max(0, min(before-length/4, total-length))
	}
	return window(pieces, start, length)
}

// window keeps the runes from start on, with an ellipsis where something is left out.
func window(pieces []Piece, start, length int) []Piece {
	var out []Piece
	if start > 0 {
		out = append(out, Piece{Text: "…"})
	}
	for _, p := range pieces {
		runes := []rune(p.Text)
		if skip := min(start, len(runes)); skip > 0 {
			runes, start = runes[skip:], start-skip
		}
		if len(runes) == 0 {
			continue
		}
		if len(runes) > length {
			out = append(out, Piece{Text: string(runes[:length]), Hit: p.Hit}, Piece{Text: "…"})
			return out
		}
		length -= len(runes)
		out = append(out, Piece{Text: string(runes), Hit: p.Hit})
	}
	return out
}

// marked splits a text into the words that were searched for and what stands between them.
func marked(text, search string) []Piece {
	words := wordsOf(search)
	if len(words) == 0 {
		return []Piece{{Text: text}}
	}
	var out []Piece
	plain := 0
	for from := 0; from < len(text); {
		r, size := utf8.DecodeRuneInString(text[from:])
		if !wordRune(r) {
			from += size
			continue
		}
		to := from + size
		for to < len(text) && !ideograph(r) {
			next, width := utf8.DecodeRuneInString(text[to:])
			if !wordRune(next) || ideograph(next) {
				break
			}
			to += width
		}
		if found(fold(text[from:to]), words) {
			if plain < from {
				out = append(out, Piece{Text: text[plain:from]})
			}
			out = append(out, Piece{Text: text[from:to], Hit: true})
			plain = to
		}
		from = to
	}
	if plain < len(text) {
		out = append(out, Piece{Text: text[plain:]})
	}
	return out
}

// wordsOf are the words of a search. The last one ends with a star when it may go on.
func wordsOf(search string) []string {
	var words []string
	open := false
	for part := range strings.FieldsFuncSeq(fold(search), func(r rune) bool { return !wordRune(r) }) {
		from := 0
		for i, r := range part {
			if ideograph(r) {
				if from < i {
					words = append(words, part[from:i])
				}
				words = append(words, string(r))
				from = i + utf8.RuneLen(r)
			}
		}
		if from < len(part) {
			words = append(words, part[from:])
		}
		open = from < len(part)
	}
	last, _ := utf8.DecodeLastRuneInString(search)
	if n := len(words); n > 0 && open && wordRune(last) && utf8.RuneCountInString(words[n-1]) > 1 {
		words[n-1] += "*"
	}
	return words
}

func found(word string, words []string) bool {
	for _, w := range words {
		if begin, open := strings.CutSuffix(w, "*"); word == w || open && strings.HasPrefix(word, begin) {
			return true
		}
	}
	return false
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

func ideograph(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }
