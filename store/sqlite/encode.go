package sqlite

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchboard/chat"
)

// timeLayout has a fixed width, so that times sort as text. encoding/json's own layout does not.
const timeLayout = "2006-01-02T15:04:05.000Z"

var timeType = reflect.TypeFor[time.Time]()

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// An encoder writes documents as compact JSON that encoding/json reads back: its tags (omitempty, omitzero) are honoured,
// times have a fixed width, map keys are sorted. It remembers types; the zero value is ready and safe for concurrent use.
type encoder struct {
	known sync.Map // reflect.Type -> appender
}

type appender func(b []byte, v reflect.Value) []byte

// encode returns the document, a pointer to a struct that document.Types has inspected.
func (e *encoder) encode(doc any) ([]byte, error) {
	v := reflect.ValueOf(doc).Elem()
	run, err := e.appender(v.Type())
	if err != nil {
		return nil, err
	}
	return run(make([]byte, 0, 1024), v), nil
}

func (e *encoder) appender(typ reflect.Type) (appender, error) {
	if run, ok := e.known.Load(typ); ok {
		return run.(appender), nil
	}
	run, err := e.build(typ)
	if err != nil {
		return nil, err
	}
	e.known.Store(typ, run)
	return run, nil
}

func (e *encoder) build(typ reflect.Type) (appender, error) {
	switch typ.Kind() {
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }, nil
	case reflect.Float32, reflect.Float64:
		bits := typ.Bits()
		return func(b []byte, v reflect.Value) []byte { return appendFloat(b, v.Float(), bits) }, nil
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendString(b, v.String()) }, nil
	case reflect.Struct:
		return e.structAppender(typ)
	case reflect.Pointer:
		return e.pointerAppender(typ)
	case reflect.Slice:
		return e.sliceAppender(typ)
	case reflect.Map:
		return e.mapAppender(typ)
	default:
		return nil, fmt.Errorf("sqlite: type %s cannot be stored: %w", typ, chat.ErrInvalid)
	}
}

type field struct {
	number int
	prefix string // "name":
	skip   func(reflect.Value) bool
	run    appender
}

func (e *encoder) structAppender(typ reflect.Type) (appender, error) {
	if typ == timeType {
		return appendTime, nil
	}
	var fields []field
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		run, err := e.appender(f.Type)
		if err != nil {
			return nil, err
		}
		prefix := string(append(appendString(nil, name), ':'))
		fields = append(fields, field{i, prefix, skipper(f.Type, strings.Split(options, ",")), run})
	}
	return func(b []byte, v reflect.Value) []byte { return appendFields(b, fields, v) }, nil
}

func appendFields(b []byte, fields []field, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range fields {
		f := &fields[i]
		value := v.Field(f.number)
		if f.skip != nil && f.skip(value) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = f.run(append(b, f.prefix...), value)
	}
	return append(b, '}')
}

// skipper tells when a tag leaves a field out, as encoding/json does; nil when never.
func skipper(typ reflect.Type, options []string) func(reflect.Value) bool {
	if slices.Contains(options, "omitzero") {
		if typ == timeType {
			return zeroTime
		}
		return reflect.Value.IsZero
	}
	if !slices.Contains(options, "omitempty") {
		return nil
	}
	switch typ.Kind() {
	case reflect.Slice, reflect.Map:
		return func(v reflect.Value) bool { return v.Len() == 0 }
	case reflect.Struct:
		return nil
	default:
		return reflect.Value.IsZero
	}
}

func zeroTime(v reflect.Value) bool {
	at, ok := reflect.TypeAssert[time.Time](v)
	return ok && at.IsZero()
}

func (e *encoder) pointerAppender(typ reflect.Type) (appender, error) {
	run, err := e.appender(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(b []byte, v reflect.Value) []byte {
		if v.IsNil() {
			return append(b, "null"...)
		}
		return run(b, v.Elem())
	}, nil
}

func (e *encoder) sliceAppender(typ reflect.Type) (appender, error) {
	if typ.Elem().Kind() == reflect.Uint8 {
		return appendBytes, nil
	}
	run, err := e.appender(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(b []byte, v reflect.Value) []byte {
		if v.IsNil() {
			return append(b, "null"...)
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = run(b, v.Index(i))
		}
		return append(b, ']')
	}, nil
}

func (e *encoder) mapAppender(typ reflect.Type) (appender, error) {
	run, err := e.appender(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(b []byte, v reflect.Value) []byte {
		if v.IsNil() {
			return append(b, "null"...)
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = run(append(appendString(b, k.String()), ':'), v.MapIndex(k))
		}
		return append(b, '}')
	}, nil
}

func appendTime(b []byte, v reflect.Value) []byte {
	at, ok := reflect.TypeAssert[time.Time](v)
	if !ok {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = at.UTC().AppendFormat(b, timeLayout)
	return append(b, '"')
}

func appendBytes(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, v.Bytes())
	return append(b, '"')
}

func appendFloat(b []byte, f float64, bits int) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e' // JSON readers take long digit strings badly
	}
	return strconv.AppendFloat(b, f, format, -1, bits)
}

const hex = "0123456789abcdef"

// appendString quotes valid UTF-8 as JSON. Only what JSON demands is escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
