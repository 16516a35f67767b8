package webwidget

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"switchboard/chat"
)

// Bounds of what a visitor says about themselves, in runes.
const (
	maxPersonName = 128
	maxEmail      = 254
	maxPhone      = 32
	maxDepartment = 64
)

// A person is who an event is from, with what is proven and what is only said.
type person struct {
	visitorID  string
	externalID string // proven
	claimedID  string // external id without proof
	name       string
	email      string
	phone      string
	signed     signedClaims // what the customer's server said, if it sent a token
}

// person reads the visitor of an element. That a proof is there means that it was valid when intake took the body.
func (el *element) person() (person, error) {
	v := el.Visitor
	who := person{visitorID: v.ID, name: v.Name, email: v.Email, phone: v.Phone}
	country := ""
	if pre := el.Prechat; pre != nil {
		who.name, who.email = first(pre.Name, v.Name), first(pre.Email, v.Email)
		who.phone, country = first(pre.Phone, v.Phone), pre.PhoneCountry
	}
	who.name, who.email, who.phone = line(who.name, maxPersonName), email(who.email), phone(who.phone, country)
	switch {
	case v.JWT != "":
		claims, err := readToken(v.JWT)
		if err != nil {
			return person{}, errProof
		}
		who.externalID, who.signed = claims.Subject, claims
	case v.UserHash != "":
		if !isExternalID(v.ExternalID) {
			return person{}, errProof
		}
		who.externalID = v.ExternalID
	default:
		who.claimedID = line(v.ExternalID, maxExternalID)
	}
	return who, nil
}

// describe writes the person into an event: the proven external id is the key where there is one, and the visitor id always
// belongs to the same person. A name, e-mail or phone is a claim unless the customer's server signed it: a signed name is
// not among the claims, a signed e-mail or phone is an alias.
func (w person) describe(e *chat.Event, inbox string) {
	e.ContactKey, e.KeyType = w.visitorID, chat.IdentityVisitor
	e.Aliases = map[string]string{"visitor_id": w.visitorID}
	visitor := chat.Identity{Channel: chat.WebWidget, Scope: inbox, Kind: chat.IdentityVisitor, Value: w.visitorID}
	e.Identities = []chat.Identity{visitor}
	if w.externalID != "" {
		e.ContactKey, e.KeyType, e.Verified = w.externalID, chat.IdentityExternal, true
		e.Aliases["external_id"] = w.externalID
		external := chat.Identity{Channel: chat.WebWidget, Scope: inbox, Kind: chat.IdentityExternal, Value: w.externalID, Verified: true}
		e.Identities = []chat.Identity{external, visitor}
	}
	claims := map[string]string{"external_id": w.claimedID, "name": w.name, "email": w.email, "phone": w.phone}
	if signed := line(w.signed.Name.Value, maxPersonName); signed != "" {
		w.name, claims["name"] = signed, ""
	}
	if signed := email(w.signed.Email.Value); signed != "" {
		e.Aliases["email"], claims["email"] = signed, ""
	}
	if signed := phone(w.signed.Phone.Value, ""); signed != "" {
		e.Aliases["phone"], claims["phone"] = signed, ""
	}
	e.ContactName = w.name
	for name, value := range claims {
		if value == "" {
			delete(claims, name)
		}
	}
	if len(claims) > 0 {
		e.Claims = claims
	}
}

// notes are the answers of a pre-chat form that are not about who the person is.
func (p *prechat) notes() []chat.Fact {
	if p == nil {
		return nil
	}
	var facts []chat.Fact
	if d := line(p.Department, maxDepartment); d != "" {
		facts = append(facts, chat.Fact{Name: "department", Value: d})
	}
	if p.Consent.Value {
		facts = append(facts, chat.Fact{Name: "consent", Value: strconv.FormatBool(true)})
	}
	return facts
}

// email is what a person typed, in one spelling. It may be no address at all: it is a claim, and an agent can tell.
func email(s string) string { return strings.ToLower(line(s, maxEmail)) }

// phone is the E.164 form of what a person typed, with the country they chose, or else what they typed. Whether the number
// is assigned does not matter: it is a claim.
func phone(s, country string) string {
	s = line(s, maxPhone)
	if s == "" {
		return ""
	}
	number, err := phonenumbers.Parse(s, strings.ToUpper(line(country, 2)))
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return s
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}
