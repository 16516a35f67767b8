package meta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree rebuilds what encoding/json makes of the same text.
func tree(v Value) any {
	switch v.Kind() {
	case True:
		return true
	case False:
		return false
	case Number:
		return json.Number(v.Raw())
	case String:
		return string([]rune(string(v.Word())))
	case Array:
		list := []any{}
		for item := range v.Items() {
			list = append(list, tree(item))
		}
		return list
	case Object:
		m := map[string]any{}
		for name, member := range v.Members() {
			m[tree(name).(string)] = tree(member)
		}
		return m
	default:
		return nil
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

var samples = []string{
	``, ` `, `{}`, `[]`, ` [ ] `, `{"a":1}`, `{"a":{"b":[1,2,{"c":null}]},"d":"x"}`, `[1,]`, `[,1]`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`,
	`{"a" : "\u00e4\n\"\\\/"}`, `"\ud83d\udc4d"`, `"\ud83d"`, `"\udc4d\ud83d"`, `"\u12"`, `"\x"`, "\"a\tb\"", `"abc`, `1`, `-`, `-0`, `01`, `1.`,
	`1.5e+10`, `1e`, `.5`, `+1`, `true`, `tru`, `nulll`, `[1 2]`, `{"a":1 "b":2}`, `[}`, `{]`, `[[[[]]]`, `]`, `{"a":1}{`, `{"a":1} x`,
	`{"id":1,"ID":2,"\u0069d":3}`, `{"a":1,"a":2}`, "\"\xff\xfe\"", "\xef\xbb\xbf{}", `[true,false,null]`, `{"":""}`,
}

func FuzzScan(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, text) })
}

// agree checks the scanner against encoding/json.
func agree(t *testing.T, text []byte) {
	t.Helper()
	var d Document
	ok := d.Scan(text)
	if ok != json.Valid(text) {
		if ok && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > 10000 {
			return // deeper than encoding/json goes
		}
		t.Fatalf("valid: %v, encoding/json: %v", ok, !ok)
	}
	if !ok {
		if d.Root().Kind() != Missing {
			t.Fatal("an invalid text has a root")
		}
		return
	}
	if diff := cmp.Diff(decoded(t, text), tree(d.Root())); diff != "" {
		t.Fatal(diff)
	}
}

func TestScanAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range samples {
		t.Run(s, func(t *testing.T) { agree(t, []byte(s)) })
	}
}

// A string is read eight bytes at a time: what matters may stand anywhere in them, and beside anything.
func TestWhatMattersInAStringIsFoundEverywhere(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for _, c := range []byte{0, 1, 0x1f, ' ', '!', '"', '#', '[', '\\', ']', 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff} {
				for _, beside := range []byte{'a', '!', '#', 0x80, 0xff} {
					text := bytes.Repeat([]byte{beside}, length)
					text[at] = c
					agree(t, fmt.Appendf(nil, `["%s",1]`, text))
				}
			}
		}
	}
}

func TestScanHasNoDepthLimit(t *testing.T) {
	const depth = 1 << 20
	text := []byte(`{"deep":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `,"id":"x"}`)
	var d Document
	if !d.Scan(text) || d.Root().Get("id").ID() != "x" {
		t.Fatal("a deep value hides its neighbour")
	}
	if d.Scan(text[:len(text)-20]) {
		t.Fatal("a truncated text is valid")
	}
}

func TestDocumentIsReusable(t *testing.T) {
	var d Document
	for _, id := range []string{"a", "b", "c"} {
		if !d.Scan([]byte(`{"x":[1,2,3],"id":"`+id+`"}`)) || d.Root().Get("id").ID() != id {
			t.Fatalf("%s not found", id)
		}
		d.Release()
		if d.Root().Kind() != Missing {
			t.Fatal("a released document still has a root")
		}
	}
}

func value(t *testing.T, text string) Value {
	t.Helper()
	var d Document
	if !d.Scan([]byte(text)) {
		t.Fatalf("invalid sample %q", text)
	}
	return d.Root()
}

func TestNamesAreExactAndTheLastOneCounts(t *testing.T) {
	v := value(t, `{"ID":"upper","id":"first","\u0069d":"last","Id":"mixed","nested":{"id":null}}`)
	if got := v.Get("id").ID(); got != "last" {
		t.Errorf("id: %q", got)
	}
	if !v.Get("nested", "id").Absent() || v.Get("nested", "id").Kind() != Null || v.Get("nested", "none").Kind() != Missing {
		t.Error("null and missing are both absent, and different kinds")
	}
	if v.Get("id", "deeper").Kind() != Missing {
		t.Error("a string has no members")
	}
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		`"880000000000001"`: "880000000000001", `880000000000001`: "880000000000001", `17840000000000001`: "17840000000000001",
		`" x "`: "x", `8.8e14`: "", `-5`: "", `1.0`: "", `null`: "", `true`: "", `{"id":1}`: "", `[1]`: "", `""`: "",
		`"` + strings.Repeat("9", 2000) + `"`: "", `"a\u0000b"`: "a\uFFFDb",
	} {
		if got := value(t, text).ID(); got != want {
			t.Errorf("%.40s: got %q, want %q", text, got, want)
		}
	}
	if got := value(t, `"AU.900"`).Digits(); got != "" {
		t.Errorf("the id of a user read as the number %q", got)
	}
	if got := value(t, `"+1 (202) 555-0143"`).Digits(); got != "12025550143" {
		t.Errorf("digits: %q", got)
	}
}

func TestTextIsFitToStore(t *testing.T) {
	for text, want := range map[string]string{
		`"a\u0000b"`: "a\uFFFDb", "\"a\xff\xfeb\"": "a\uFFFD\uFFFDb", `"\ud83d\udc4d"`: "👍", `"\ud83dx"`: "\uFFFDx", `12.50`: "12.50", `"\/"`: "/",
		`"\ud800\ud800\udc00"`: "\uFFFD\U00010000", `null`: "", `{}`: "", `"\b\f\n\r\t\"\\"`: "\b\f\n\r\t\"\\",
	} {
		if got := value(t, text).Text(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	fallback := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	second := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"1791190800"`: second, `1791190800`: second, `1791190800000`: second, `"1791190800000"`: second, `" 1791190800 "`: second,
		`1791190800.25`: second.Add(250 * time.Millisecond), `1.7911908e9`: second, `1.7911908e12`: second,
		`""`: fallback, `"yesterday"`: fallback, `-5`: fallback, `"-5"`: fallback, `0`: fallback, `{"a":1}`: fallback, `null`: fallback,
		`1e300`: fallback, `"NaN"`: fallback, `"Inf"`: fallback, `99999999999999999`: fallback, `253402300799999`: time.UnixMilli(253402300799999).UTC(),
	} {
		if got := value(t, text).Time(fallback); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestNumbersAndBooleans(t *testing.T) {
	if f, ok := value(t, `"53.5"`).Float(); !ok || f != 53.5 {
		t.Error("a number in a string")
	}
	for _, bad := range []string{`"NaN"`, `"Inf"`, `"north"`, `null`, `1e999`} {
		if f, ok := value(t, bad).Float(); ok {
			t.Errorf("%s is no number, got %v", bad, f)
		}
	}
	if value(t, `"131047"`).Int() != 131047 || value(t, `131047`).Int() != 131047 || value(t, `"x"`).Int() != 0 {
		t.Error("whole numbers")
	}
	for text, want := range map[string]bool{`true`: true, `"true"`: true, `1`: true, `false`: false, `"false"`: false, `null`: false, `{}`: false} {
		if value(t, text).Bool() != want {
			t.Errorf("%s is %v", text, !want)
		}
	}
}

func TestListsOfObjects(t *testing.T) {
	for text, want := range map[string][2]int{
		`[{},{}]`: {2, 0}, `{}`: {1, 0}, `null`: {0, 0}, `"x"`: {0, 1}, `17`: {0, 1}, `[17,null,"x",["y"],{}]`: {1, 3}, `[]`: {0, 0},
	} {
		v, n := value(t, text), 0
		for range v.Objects {
			n++
		}
		if got := [2]int{n, v.Strays()}; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
