package meta

import "switchboard/chat"

// A Piece is something of a body that goes to one person, or to nobody: an element, or several that stay together.
type Piece struct {
	Owner    string // the person's partition key
	Account  string
	Elements int
}

// growth bounds what cutting may make of a body: every parcel repeats the brackets around its elements.
const growth, growthFree = 4, 1 << 16

// Parcels makes one parcel for each owner, in the order of their first pieces; cut makes the body with the pieces of the
// given numbers. With one owner, or when uncut is set, or when the cut bodies would take several times the space, the body
// travels as it is in one parcel.
func Parcels(body []byte, pieces []Piece, uncut bool, cut func(numbers []int) []byte) []chat.Parcel {
	owners := owners(pieces)
	if uncut || len(owners) < 2 {
		return []chat.Parcel{whole(body, pieces, uncut)}
	}
	parcels, size := make([]chat.Parcel, 0, len(owners)), 0
	for _, numbers := range owners {
		p := parcel(pieces, numbers)
		p.Value = cut(numbers)
		if size += len(p.Value); size > growth*len(body)+growthFree {
			return []chat.Parcel{whole(body, pieces, true)}
		}
		parcels = append(parcels, p)
	}
	return parcels
}

// owners lists the numbers of each owner's pieces. One owner, nearly always, is found without a map.
func owners(pieces []Piece) [][]int {
	same := true
	for i := range pieces {
		same = same && pieces[i].Owner == pieces[0].Owner
	}
	if same {
		return nil
	}
	place, list := map[string]int{}, [][]int(nil)
	for i, p := range pieces {
		at, known := place[p.Owner]
		if !known {
			at = len(list)
			place[p.Owner], list = at, append(list, nil)
		}
		list[at] = append(list[at], i)
	}
	return list
}

func parcel(pieces []Piece, numbers []int) chat.Parcel {
	p := chat.Parcel{Account: pieces[numbers[0]].Account, Key: pieces[numbers[0]].Owner}
	for _, n := range numbers {
		p.Elements += pieces[n].Elements
	}
	return p
}

// whole is the parcel of an undivided body: its first owner's, or its account's when that is a choice among several.
func whole(body []byte, pieces []Piece, several bool) chat.Parcel {
	p := chat.Parcel{Key: UnknownKey, Value: body}
	for i, piece := range pieces {
		if i == 0 {
			p.Account, p.Key = piece.Account, piece.Owner
		}
		p.Elements += piece.Elements
	}
	if several {
		p.Key = AccountKey(p.Account)
	}
	return p
}

// UnknownKey is the partition key of what nothing is known about.
const UnknownKey = "unknown"

// AccountKey is the partition key of what concerns an account and no person.
func AccountKey(account string) string {
	if account == "" {
		return UnknownKey
	}
	return "account:" + account
}
