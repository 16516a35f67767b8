package simulate

// A Persona is an invented person, for those who fill a database rather than post webhooks.
type Persona struct {
	Name, Username, Email                string
	Country, Language, Locale, Zone      string
	Phone                                string // E.164 with plus; empty for people who are known by a username
	BSUID, IGSID, External, Agent, Place string // Place is a network address of theirs
}

// People invents people: the function makes the n-th one. It must be called with 0, 1, 2 and so on, by one goroutine; then the
// same seed invents the same ones.
func People(seed uint64) func(n int) Persona {
	c := newCast(seed)
	return func(n int) Persona {
		p := c.persona(n)
		out := Persona{
			Name: p.name, Username: p.username, Email: p.email, Country: p.region.country, Language: p.region.language, Locale: p.region.locale,
			Zone: p.region.zone, BSUID: p.bsuid, IGSID: p.igsid, External: p.external, Agent: p.agent, Place: p.address,
		}
		if p.phone != "" {
			out.Phone = "+" + p.phone
		}
		return out
	}
}

// Dialogues are what people write in a language. A line that begins with "<" is the business's.
func Dialogues(language string) [][]string { return dialogues(language) }
