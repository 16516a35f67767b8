package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what Search can find of one document: hostile text must not grow an index without limit.
const (
	MaxWords   = 10_000
	maxWordLen = 64
)

// Words returns the distinct words of texts as Search compares them: runs of letters, digits and marks in lower case,
// without accents; each Chinese or Japanese character is a word. Both engines index exactly these, so they find the same.
func Words(texts ...string) []string {
	w := words{seen: map[string]bool{}}
	for _, text := range texts {
		for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return !letter(r) }) {
			w.split(fold(part))
			if len(w.list) >= MaxWords {
				return w.list
			}
		}
	}
	return w.list
}

// maxQueryWords bounds how many words of a query count: nobody types more, and each costs a walk of the index.
const maxQueryWords = 16

// QueryWords splits the text of a query into words that must occur whole, and one that may be the beginning of a longer one:
// the last, if the text ends with it and it has at least two letters. With one letter nearly every document would match.
func QueryWords(text string, prefix bool) (whole []string, begin string) {
	text = strings.ToValidUTF8(text, " ")
	whole = Words(text)
	whole = whole[:min(len(whole), maxQueryWords)]
	if !prefix {
		return whole, ""
	}
	end := strings.LastIndexFunc(text, func(r rune) bool { return !letter(r) })
	_, size := utf8.DecodeRuneInString(text[max(end, 0):])
	if end < 0 {
		end, size = 0, 0
	}
	last := Words(text[end+size:])
	if len(last) == 0 || utf8.RuneCountInString(last[len(last)-1]) < 2 {
		return whole, ""
	}
	begin = last[len(last)-1]
	return slices.DeleteFunc(whole, func(w string) bool { return w == begin }), begin
}

type words struct {
	list []string
	seen map[string]bool
}

func (w *words) split(s string) {
	start := -1
	for i, r := range s {
		switch {
		case r >= utf8.RuneSelf && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			w.add(s, start, i)
			w.add(s, i, i+utf8.RuneLen(r))
			start = -1
		case letter(r):
			if start < 0 {
				start = i
			}
		default:
			w.add(s, start, i)
			start = -1
		}
	}
	w.add(s, start, len(s))
}

func (w *words) add(s string, from, to int) {
	if from < 0 || len(w.list) >= MaxWords {
		return
	}
	word := s[from:to]
	if len(word) > maxWordLen {
		word = strings.ToValidUTF8(word[:maxWordLen], "")
	}
	if !w.seen[word] {
		w.seen[word] = true
		w.list = append(w.list, word)
	}
}

func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// fold lower-cases and drops accents. Marks that are part of a script's spelling (Indic vowels) stay.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(s)
	}
	s = strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F || r >= 0x64B && r <= 0x65F || r == 0x670 {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(s)))
	return norm.NFC.String(strings.ToLower(s))
}
