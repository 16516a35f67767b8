package chat

import "time"

// A Session is what is known about where a conversation comes from. A field a channel cannot know stays empty.
type Session struct {
	ID        string    `json:"id,omitempty" bson:"id,omitempty"` // widget visit, hashed; empty on other channels
	IP        string    `json:"ip,omitempty" bson:"ip,omitempty"` // by policy: full, truncated to /24 or /48, or empty
	IPPolicy  string    `json:"ip_policy,omitempty" bson:"ip_policy,omitempty"`
	Geo       *Geo      `json:"geo,omitempty" bson:"geo,omitempty"`
	Device    *Device   `json:"device,omitempty" bson:"device,omitempty"`
	UserAgent string    `json:"user_agent,omitempty" bson:"user_agent,omitempty"`
	Locale    string    `json:"locale,omitempty" bson:"locale,omitempty"`
	TimeZone  string    `json:"timezone,omitempty" bson:"timezone,omitempty"` // the browser's own
	Screen    string    `json:"screen,omitempty" bson:"screen,omitempty"`
	Referrer  string    `json:"referrer,omitempty" bson:"referrer,omitempty"`
	Pages     []Page    `json:"pages,omitempty" bson:"pages,omitempty"` // at most MaxPages, newest last
	StartedAt time.Time `json:"started_at,omitzero" bson:"started_at,omitempty"`
	SeenAt    time.Time `json:"seen_at,omitzero" bson:"seen_at,omitempty"`

	// FieldAt holds when a field was said, for fields older than SeenAt, by their names in this document. Without it a late
	// event could not tell which of two values is newer.
	FieldAt map[string]time.Time `json:"field_at,omitempty" bson:"field_at,omitempty"`
}

// MaxPages bounds how many page views a session keeps.
const MaxPages = 20

// A Page is one page a visitor looked at. URLs are http(s) only, capped, without fragment and known secrets.
type Page struct {
	URL   string    `json:"url" bson:"url"`
	Title string    `json:"title,omitempty" bson:"title,omitempty"`
	At    time.Time `json:"at" bson:"at"`
}

// Geo is a place with where the knowledge comes from.
type Geo struct {
	Country     string  `json:"country,omitempty" bson:"country,omitempty"` // ISO 3166-1 alpha-2
	CountryName string  `json:"country_name,omitempty" bson:"country_name,omitempty"`
	Region      string  `json:"region,omitempty" bson:"region,omitempty"`
	City        string  `json:"city,omitempty" bson:"city,omitempty"`
	Latitude    float64 `json:"lat,omitempty" bson:"lat,omitempty"`
	Longitude   float64 `json:"lon,omitempty" bson:"lon,omitempty"`
	TimeZone    string  `json:"timezone,omitempty" bson:"timezone,omitempty"`
	Source      string  `json:"source" bson:"source"`     // ip, phone, location, profile
	Accuracy    string  `json:"accuracy" bson:"accuracy"` // exact, city, region, country, ambiguous
}

// Device is what the user agent and client hints say, best guess.
type Device struct {
	Type    string `json:"type,omitempty" bson:"type,omitempty"` // desktop, mobile, tablet, bot
	OS      string `json:"os,omitempty" bson:"os,omitempty"`
	Browser string `json:"browser,omitempty" bson:"browser,omitempty"`
	Model   string `json:"model,omitempty" bson:"model,omitempty"`
}
