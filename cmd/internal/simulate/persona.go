package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A region is where some of the invented people live. Telephone numbers come only from ranges set aside for fiction (NANP
// 555-01XX, Ofcom, ARCEP, Bundesnetzagentur, PTS and ACMA drama numbers); who gets none of them is known by a BSUID alone,
// like people with a username.
type region struct {
	country  string
	language string
	locale   string
	zone     string
	networks []string // first two octets of networks of that country, so that geo look-ups have something to find
	phones   int      // how many numbers phone can make
	phone    func(n int) string
	weight   int
}

func regions() []region {
	return []region{
		{"US", "en", "en-US", "America/New_York", []string{"73.64", "98.16", "71.192"}, 1960, func(n int) string {
			areas := []string{"202", "212", "213", "303", "305", "312", "404", "415", "503", "512", "602", "617", "619", "702", "713", "808", "816", "901", "916", "919"}
			return fmt.Sprintf("1%s55501%02d", areas[n/98], n%98+1) // not 00 and 99, which the demo's own numbers have
		}, 5},
		{"GB", "en", "en-GB", "Europe/London", []string{"81.2", "86.128", "90.192"}, 1000, func(n int) string { return fmt.Sprintf("447700900%03d", n) }, 4},
		{"FR", "fr", "fr-FR", "Europe/Paris", []string{"90.0", "82.64", "92.128"}, 10000, func(n int) string { return fmt.Sprintf("3363998%04d", n) }, 4},
		{"DE", "de", "de-DE", "Europe/Berlin", []string{"84.128", "91.0", "79.192"}, 100, func(n int) string { return fmt.Sprintf("49176040690%02d", n) }, 3},
		{"SE", "sv", "sv-SE", "Europe/Stockholm", []string{"90.224", "81.224"}, 95, func(n int) string { return fmt.Sprintf("467017406%02d", n+5) }, 1},
		{"AU", "en", "en-AU", "Australia/Sydney", []string{"1.120", "101.160"}, 8, func(n int) string {
			return "61491570" + []string{"006", "156", "157", "158", "159", "110", "313", "737"}[n]
		}, 1},
		{"BR", "pt", "pt-BR", "America/Sao_Paulo", []string{"177.0", "189.0", "187.16"}, 10, func(n int) string { return fmt.Sprintf("551190000%04d", n) }, 4},
		{"MX", "es", "es-MX", "America/Mexico_City", []string{"187.128", "189.128"}, 0, nil, 3},
		{"ES", "es", "es-ES", "Europe/Madrid", []string{"80.24", "88.0"}, 0, nil, 3},
		{"IT", "it", "it-IT", "Europe/Rome", []string{"79.0", "87.0"}, 0, nil, 2},
		{"IN", "hi", "hi-IN", "Asia/Kolkata", []string{"117.192", "59.88"}, 0, nil, 3},
		{"ID", "id", "id-ID", "Asia/Jakarta", []string{"36.64", "114.120"}, 0, nil, 3},
		{"SA", "ar", "ar-SA", "Asia/Riyadh", []string{"188.48", "51.36"}, 0, nil, 2},
		{"JP", "ja", "ja-JP", "Asia/Tokyo", []string{"126.0", "60.64"}, 0, nil, 2},
	}
}

// given and family names by language. They are common ones; nobody is meant.
func names(language string) (given, family []string) {
	pick := func(g, f string) ([]string, []string) { return strings.Split(g, ","), strings.Split(f, ",") }
	switch language {
	case "fr":
		return pick("Camille,Léa,Hugo,Inès,Louis,Manon,Noé,Élodie,Théo,Chloé", "Brun,Garnier,Lefèvre,Moreau,Petit,Roux,Fontaine,Chevalier,Blanc,Perrin")
	case "de":
		return pick("Anna,Jonas,Lena,Felix,Mia,Paul,Greta,Lukas,Marie,Emil", "Becker,Vogel,Krüger,Schäfer,Lorenz,Winter,Busch,Kaiser,Sommer,Graf")
	case "sv":
		return pick("Sven,Astrid,Elin,Nils,Maja,Oskar,Linnea,Axel", "Lind,Berg,Sandström,Nyberg,Holm,Ekman,Dahl,Åkesson")
	case "pt":
		return pick("Beatriz,Rafael,Larissa,João,Camila,Thiago,Ana,Pedro,Júlia,Caio", "Azevedo,Cardoso,Moraes,Pinto,Teixeira,Barros,Nogueira,Lopes,Dias,Rocha")
	case "es":
		return pick("Lucía,Mateo,Valeria,Diego,Sofía,Pablo,Elena,Javier,Carmen,Andrés", "Navarro,Ibáñez,Vega,Molina,Ortega,Campos,Rojas,Luna,Castaño,Serrano")
	case "it":
		return pick("Giulia,Marco,Chiara,Luca,Sara,Matteo,Elisa,Davide", "Ferri,Conti,Greco,Marini,Rizzi,Villa,Serra,Fontana")
	case "hi":
		return pick("आरव,दीया,रोहन,अनन्या,करण,मीरा,विवेक,नेहा", "शर्मा,वर्मा,गुप्ता,मेहता,जोशी,नायर,कपूर,सिन्हा")
	case "id":
		return pick("Dewi,Budi,Sari,Agus,Putri,Rizky,Wulan,Andi", "Santoso,Wijaya,Lestari,Pratama,Hidayat,Kusuma,Saputra,Maharani")
	case "ar":
		return pick("نور,ليلى,عمر,سارة,يوسف,مريم,خالد,هدى", "حداد,الخطيب,منصور,سالم,العلي,ناصر,درويش,كريم")
	case "ja":
		return pick("陽菜,蓮,葵,湊,結衣,大翔,美咲,健太", "佐藤,高橋,田中,渡辺,小林,加藤,山本,中村")
	default:
		return pick("Ada,Milo,Bea,Owen,Nora,Theo,Ivy,Felix,Ruth,Dana,Grace,Leo,Iris,Hugh,Wren,Otis", "Quill,Vance,Thornton,Marsh,Finch,Holloway,Pike,Sutton,Barlow,Hale,Winslow,Crane")
	}
}

// browsers are user agents visitors come with.
func browsers() []string {
	return []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	}
}

// A cast invents people. The same seed invents the same ones.
type cast struct {
	seed    uint64
	regions []region
	taken   map[string]int // telephone numbers handed out by country
}

func newCast(seed uint64) *cast {
	return &cast{seed: seed, regions: regions(), taken: map[string]int{}}
}

// A persona is who a person is, whatever they say.
type persona struct {
	name, username  string
	region          *region
	phone, bsuid    string // WhatsApp; phone may be empty
	igsid           string
	address, agent  string // web widget
	external, email string
}

// persona invents the n-th person. It is not safe for concurrent use.
func (c *cast) persona(n int) persona {
	r := rand.New(rand.NewPCG(c.seed, uint64(n)+1)) //nolint:gosec // invented people need no secrecy
	where := c.pick(r)
	given, family := names(where.language)
	g, f := given[r.IntN(len(given))], family[r.IntN(len(family))]
	p := persona{
		name: g + " " + f, region: where,
		username: fmt.Sprintf("%s.%s%d", where.language, []string{"blue", "quiet", "sunny", "little", "north", "paper"}[r.IntN(6)], n),
		bsuid:    fmt.Sprintf("%s.9%09d%09d", where.country, c.seed%1e9, n),
		igsid:    fmt.Sprintf("61%06d%09d", c.seed%1e6, n),
		address:  fmt.Sprintf("%s.%d.%d", where.networks[r.IntN(len(where.networks))], r.IntN(250), 1+r.IntN(250)),
		agent:    browsers()[r.IntN(len(browsers()))],
		external: fmt.Sprintf("user_%d_%d", c.seed%1e6, n),
		email:    fmt.Sprintf("person%d@example.com", n),
	}
	if where.language == "ja" {
		p.name = f + " " + g
	}
	if used := c.taken[where.country]; used < where.phones {
		p.phone = where.phone(used)
		c.taken[where.country]++
	}
	return p
}

func (c *cast) pick(r *rand.Rand) *region {
	total := 0
	for i := range c.regions {
		total += c.regions[i].weight
	}
	n := r.IntN(total)
	for i := range c.regions {
		if n -= c.regions[i].weight; n < 0 {
			return &c.regions[i]
		}
	}
	return &c.regions[0]
}
